"""How a list is drawn: its columns, densities and order, all of them in the address."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client

from batches.models import AlarmKind, SeenBatch
from batches.sandbox import Sandbox
from batches.services.forecast.reasons import Reason
from batches.services.keys.types import KeyHandle
from batches.templatetags import rows
from batches.templatetags.addresses import dom_id
from tests.support.clock import NOON
from tests.support.known import alarmed, estimated, noted
from tests.support.pages import (
    add,
    hidden_fields,
    hrefs_of,
    list_address,
    poll_list,
    swapped_ids,
    text_of,
)

pytestmark = pytest.mark.usefixtures("clock")

COUNTS = {"pending": 10, "completed": 30}
USUAL = "Name Status Progress Errors Speed Done (estimate) Due Priority Age"


def heads(page: Any) -> str:
    table = re.sub(r"<svg.*?</svg>", "", page.content.decode(), flags=re.S)
    cells = re.findall(r"<th .*?>(.*?)</th>", table, flags=re.S)
    # the first one has no words, only a box
    return " ".join(" ".join(re.sub(r"<[^>]*>", " ", cell).split()) for cell in cells[1:])


@pytest.fixture
def litter(key: KeyHandle, as_alice: Client, refonte: Sandbox) -> KeyHandle:
    """The key of three batches that were seen."""
    add(refonte, "kitten-1", "kitten-2")
    add(refonte, "puppy-1", project="dogs", status="staging", counts={"pending": 40})
    as_alice.get(list_address(key))
    return key


# Columns


@pytest.mark.parametrize(
    ("columns", "shown"),
    [
        ("", USUAL),
        ("due,progress", "Name Status Due Progress"),
        ("owner,age", "Name Status Owner Age"),
        ("age,age,shoes", "Name Status Age"),
    ],
)
def test_columns_stand_in_the_order_of_the_address(
    litter: KeyHandle, as_alice: Client, columns: str, shown: str
):
    query = f"columns={columns}" if columns else ""
    page = as_alice.get(list_address(litter, query))

    assert heads(page) == shown
    assert ("Ignored unknown columns: shoes ." in text_of(page)) == ("shoes" in columns)


def test_the_usual_columns_are_left_out_of_the_address(litter: KeyHandle, as_alice: Client):
    usual = "columns=progress&columns=errors&columns=speed&columns=estimate&columns=due"
    answer = as_alice.get(list_address(litter, f"{usual}&columns=priority&columns=age"))
    assert answer["Location"] == f"/batches/?key={litter.ref}"

    answer = as_alice.get(list_address(litter, "status=staging&columns=due&columns=age"))
    address = f"/batches/?status=staging&columns=due%2Cage&key={litter.ref}"
    assert answer["Location"] == address

    page = as_alice.get(address)
    assert 'value="due" checked' in " ".join(page.content.decode().split())
    # every link of the list goes on with them
    assert all("columns=due%2Cage" in link for link in hrefs_of(page, "tab"))


def test_a_column_moves_to_the_left_by_a_link(litter: KeyHandle, as_alice: Client):
    page = as_alice.get(list_address(litter, "columns=due,age"))

    [moved] = re.findall(r'href="([^"]*)"\s+aria-label="Age: further left"', page.content.decode())

    assert heads(as_alice.get(moved.replace("&amp;", "&"))) == "Name Status Age Due"
    assert "Due: further left" not in page.content.decode()


def test_a_poll_brings_the_columns_of_its_page(
    litter: KeyHandle, as_alice: Client, refonte: Sandbox, clock: time_machine.Traveller
):
    page = as_alice.get(list_address(litter, "columns=due,age"))
    noted(litter, "kitten-2", due_at=NOON + timedelta(hours=2))

    answer = poll_list(as_alice, page)

    assert swapped_ids(answer) == {
        f"{dom_id('kitten-2')}-{name}" for name in ("stamp", "status", "due")
    }
    assert "today 14:00" in text_of(answer)
    assert hidden_fields(answer, "row")


# What stands in the cells


def test_cells_say_what_is_known_in_words(litter: KeyHandle, alice: User, as_alice: Client):
    estimated(litter, "kitten-1", hours=(2.5, 3), speed=44, spark=[1, 2, 3])
    estimated(litter, "kitten-2", reason=Reason.GROWING, speed=0.5)
    noted(litter, "kitten-1", due_at=NOON + timedelta(hours=6), owner=alice)
    columns = "speed,estimate,due,owner"
    page = as_alice.get(list_address(litter, f"columns={columns}"))

    text = text_of(page)

    assert "In progress 44 /h an hour today 14:30 – 15:00 today 18:00 alice" in text
    assert "In progress 0.5 /h an hour no estimate yet still growing – none set here" in text
    assert page.content.decode().count("<polyline") == 1


def test_alarms_are_states_of_rows(litter: KeyHandle, as_alice: Client):
    since = NOON - timedelta(hours=5, minutes=50)
    alarmed(litter, "kitten-1", AlarmKind.STALLED, since=since)
    estimated(litter, "kitten-1", reason=Reason.QUIET, speed=0)
    alarmed(litter, "kitten-2", AlarmKind.ERRORS, facts={"errors": 3, "tasks": 9, "usual": 0})
    alarmed(litter, "kitten-2", AlarmKind.AT_RISK, facts={"due": 0})
    noted(litter, "kitten-2", due_at=NOON + timedelta(days=1, hours=8))
    alarmed(litter, "puppy-1", AlarmKind.STAGING, since=NOON - timedelta(hours=40))
    page = as_alice.get(list_address(litter))

    text = text_of(page)

    assert "Stalled since 06:10" in text
    assert "Tue 20:00 at risk" in text
    assert "Staging for 40 h" in text
    assert "bar--bad" in page.content.decode()
    assert "Needs attention 3" in text


def test_dismissed_alarms_are_no_states(litter: KeyHandle, as_alice: Client):
    alarmed(litter, "kitten-1", AlarmKind.STALLED, dismissed_at=NOON)

    text = text_of(as_alice.get(list_address(litter)))

    assert "Stalled" not in text
    assert "Needs attention 0" in text


# Attention and order


def test_the_tab_leads_to_what_needs_attention(
    litter: KeyHandle, as_alice: Client, refonte: Sandbox
):
    alarmed(litter, "kitten-2", AlarmKind.STALLED)
    tab = next(
        link for link in hrefs_of(as_alice.get(list_address(litter)), "tab") if "att" in link
    )
    refonte.forget_calls()

    page = as_alice.get(tab)

    text = text_of(page)
    assert "kitten-2" in text
    assert "kitten-1" not in text
    assert "What this console found. Refonte has no such list." in text
    assert "40 tasks · 30 done · 0 errors · 10 left · counts of 1 of 1 batch known" in text
    assert re.findall('Remove filter (.*?)"', page.text) == ["Attention: any reason"]
    assert not refonte.calls
    answer = poll_list(as_alice, page)
    assert answer.status_code == 204
    assert not refonte.calls


def test_where_nothing_needs_attention_the_page_says_so_and_looks_again(
    litter: KeyHandle, as_alice: Client
):
    page = as_alice.get(list_address(litter, "attention=any"))
    assert "Nothing needs attention" in text_of(page)
    assert poll_list(as_alice, page).status_code == 204

    alarmed(litter, "kitten-2", AlarmKind.STALLED)

    answer = poll_list(as_alice, page)
    assert "rows" in swapped_ids(answer)
    assert "kitten-2" in text_of(answer)


@pytest.mark.parametrize(
    ("query", "head", "direction", "leads_to"),
    [
        ("", "Age", "ascending", "sort=-age"),
        ("sort=-age", "Age", "descending", ""),
        ("sort=due", "Due", "ascending", "sort=-due"),
        ("sort=-errors", "Errors", "descending", "sort=errors"),
        ("sort=estimate&density=compact", "Done (estimate)", "ascending", "sort=-estimate"),
        ("attention=any&sort=age", "Age", "ascending", "sort=-age"),
    ],
)
def test_a_head_says_how_the_list_is_sorted_and_turns_it(
    litter: KeyHandle,
    as_alice: Client,
    query: str,
    head: str,
    direction: str,
    leads_to: str,
):
    alarmed(litter, "kitten-2", AlarmKind.STALLED)
    page = as_alice.get(list_address(litter, query)).content.decode()

    [sorted_head] = re.findall(r'<th [^>]*aria-sort="(\w+)">(.*?)</th>', page, flags=re.S)

    assert sorted_head[0] == direction
    assert head in sorted_head[1]
    link = re.findall(r'href="([^"]*)"', sorted_head[1])[0]
    assert (leads_to in link) if leads_to else ("sort" not in link)


def test_a_sorted_list_says_what_it_stands_on_and_keeps_its_filters(
    litter: KeyHandle, as_alice: Client, refonte: Sandbox
):
    noted(litter, "puppy-1", due_at=NOON)
    refonte.forget_calls()

    page = as_alice.get(list_address(litter, "sort=due&limit=25"))

    assert "Sorted by what this console knows: all open batches" in text_of(page)
    assert [link.split("/")[2] for link in hrefs_of(page)] == ["puppy-1", "kitten-1", "kitten-2"]
    assert all("sort=due" in link for link in hrefs_of(page, "tab"))
    assert not refonte.calls


@pytest.mark.parametrize(
    "query", ["sort=name", "sort=--due", "density=huge", "attention=all", "sort=due&sort=age"]
)
def test_what_no_list_can_be_is_explained(litter: KeyHandle, as_alice: Client, query: str):
    assert as_alice.get(list_address(litter, query)).status_code == 400


# Densities


def test_densities_are_links_that_keep_the_rest(litter: KeyHandle, as_alice: Client):
    page = as_alice.get(list_address(litter, "status=staging"))

    links = [link.replace("&amp;", "&") for link in hrefs_of(page, "switch-place")]

    assert links == [
        f"/batches/?status=staging&key={litter.ref}",
        f"/batches/?status=staging&density=compact&key={litter.ref}",
        f"/batches/?status=staging&limit=100&density=wall&key={litter.ref}",
    ]
    assert "table--compact" in as_alice.get(links[1]).content.decode()
    back = hrefs_of(as_alice.get(links[2]), "switch-place")
    assert "limit" not in back[0]


def test_the_wall_stands_by_project_and_name_and_colours_only_trouble(
    litter: KeyHandle, as_alice: Client, refonte: Sandbox, clock: time_machine.Traveller
):
    add(refonte, "a-cat", status="completed", counts={"completed": 9, "pending": 0})
    refonte.add_batch(
        "young", project="zoo", created_at=NOON - timedelta(minutes=12), counts=COUNTS
    )
    clock.shift(10)
    as_alice.get(list_address(litter))
    estimated(litter, "kitten-1", hours=(1, 30), speed=44)
    estimated(litter, "kitten-2", hours=(1, 2), speed=6)
    alarmed(litter, "kitten-2", AlarmKind.STALLED, since=NOON - timedelta(hours=1))
    estimated(litter, "young", reason=Reason.FEW_DONE)

    page = as_alice.get(list_address(litter, "density=wall&limit=100"))

    text = text_of(page)
    assert "zoo 1 young In progress 75 % 12 min old" in text
    assert "dogs 1 puppy-1 Staging at least 40 tasks" in text
    assert "kittens 3 50 an hour a-cat Completed 100 % kitten-1 In progress 75 %" in text
    assert "by Tue 18:30 kitten-2 Stalled 75 % since 11:00" in text
    assert "5 batches, by project and name" in text
    assert "1 stalled" in text
    assert text.index("dogs 1") < text.index("kittens 3") < text.index("zoo 1")
    assert page.content.decode().count("wall-words status--") == 1


def test_a_poll_of_the_wall_brings_the_batch_and_the_sums(
    litter: KeyHandle, as_alice: Client, clock: time_machine.Traveller
):
    page = as_alice.get(list_address(litter, "density=wall"))
    assert poll_list(as_alice, page).status_code == 204
    estimated(litter, "kitten-2", reason=Reason.GROWING, speed=7)

    answer = poll_list(as_alice, page)

    groups = {f"wall-{dom_id(project)}" for project in ("kittens", "dogs")}
    assert swapped_ids(answer) == {f"{dom_id('kitten-2')}-wall", "wall-foot", *groups}
    assert "7 an hour" in text_of(answer)
    assert "growing" in text_of(answer)


@pytest.mark.parametrize(
    "query", ["", "density=compact", "density=wall", "columns=owner", "project=kittens"]
)
def test_a_warm_page_costs_few_queries_however_it_is_drawn(
    litter: KeyHandle, as_alice: Client, django_assert_max_num_queries: Any, query: str
):
    as_alice.get(list_address(litter, query))

    with django_assert_max_num_queries(5):
        as_alice.get(list_address(litter, query))


def test_a_sum_comes_with_the_rows_that_changed(
    litter: KeyHandle, as_alice: Client, refonte: Sandbox, clock: time_machine.Traveller
):
    page = as_alice.get(list_address(litter, "project=kittens"))
    assert "80 tasks · 60 done · 0 errors · 20 left · counts of 2 of 2 batches" in text_of(page)
    refonte.set_counts("kitten-2", pending=0, completed=40)
    clock.shift(10)

    answer = poll_list(as_alice, page)

    assert "sum" in swapped_ids(answer)
    assert "80 tasks · 70 done" in text_of(answer)


def test_rows_of_a_replaced_page_need_no_record(litter: KeyHandle, as_alice: Client):
    page = as_alice.get(list_address(litter, "sort=-age"))
    SeenBatch.objects.filter(name="kitten-1").delete()

    assert poll_list(as_alice, page).status_code in (200, 204)


def test_the_filter_of_days_is_drawn_anew_for_other_days_and_for_wrong_ones(
    key: KeyHandle, as_alice: Client, refonte: Sandbox
):
    rows.drawn.clear()
    queries = ("created=7d", "created=7d", "created=30d", "start_time=2026-13-45")

    pages = [as_alice.get(list_address(key, query)).content.decode() for query in queries]

    summaries = [re.search(r"<summary[^>]*>\s*Created(.*?)<svg", page, re.S) for page in pages]
    shown = [re.sub(r"<[^>]*>", "", found[1]).strip() for found in summaries if found]
    assert shown == ["last 7 days", "last 7 days", "last 30 days", ""]
    assert ["Enter a valid date." in page for page in pages] == [False, False, False, True]
    kept = [place for place in rows.drawn if place[0] == "batches/_filter_created.html"]
    assert len(kept) == 2  # the wrong one is not kept

"""The page of a plan: groups, counts, what the confirmation names, and who sees which buttons."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client

from batches.models import Bulk, BulkRow, Verb
from batches.sandbox import Sandbox
from batches.services.keys.types import ViewerKey
from tests.support.bulk_pages import address_of, counts_of, poll, send, ticked
from tests.support.bulk_work import plan_of, planned, read_plan
from tests.support.pages import Browse, refreshed_event, text_of
from tests.support.vendor import KeyMaker
from tests.views.bulks.conftest import CHOSEN, STAGING


def test_the_groups_stand_in_the_order_of_doubt_and_sum_to_what_was_chosen(
    as_alice: Client, finalize_plan: Bulk
) -> None:
    page = as_alice.get(address_of(finalize_plan))
    counts = counts_of(page)
    assert counts == {
        "Will be finalized": "3",
        "Look first": "1",
        "Skipped": "1",
        "Impossible": "2",
    }
    assert sum(map(int, counts.values())) == len(CHOSEN)
    text = text_of(page)
    table = text.partition("What will happen")[2]
    places = [table.index(group) for group in ("Look first 1", "Will be finalized 3")]
    places += [table.index(group) for group in ("Skipped 1", "Impossible 2")]
    assert places == sorted(places)
    for words in ("300 tasks start", "empty", "already in progress", "not known to this key"):
        assert words in text


def test_it_names_what_will_be_done_where_and_how_long_it_takes(
    as_alice: Client, finalize_plan: Bulk
) -> None:
    text = text_of(as_alice.get(address_of(finalize_plan)))
    for words in (
        "Finalize 3 batches in Live ?",
        "it cannot be undone. You chose all 7 that match Created: last 7 days ; each was read",
        "3 batches, 300 tasks",
        "about 1 s",
        "Finalize 3",
        "left out unless you tick them",
    ):
        assert words in text


def test_only_what_needs_no_look_is_ticked(as_alice: Client, finalize_plan: Bulk) -> None:
    page = as_alice.get(address_of(finalize_plan))
    names = BulkRow.objects.filter(position__in=map(int, ticked(page)))
    assert [row.name for row in names] == [*STAGING]
    assert "data-mixed" in page.text  # the box in the head: some are


def test_the_focus_starts_on_cancel(as_alice: Client, finalize_plan: Bulk) -> None:
    page = as_alice.get(address_of(finalize_plan)).text.partition("</main>")[0]
    assert page.count("autofocus") == 1
    assert 'id="cancel" autofocus' in page


def links_back(page: Any) -> list[str]:
    """Where the crumb and *Cancel* lead, as far as they are on the page."""
    tags = re.findall(r"<a [^>]*>", page.text)
    shown = [tag for tag in tags if "data-back" in tag or 'id="cancel"' in tag]
    return [unescape(re.findall(r'href="(.*?)"', tag)[0]) for tag in shown]


def test_it_leads_back_to_the_list_that_it_was_begun_on(
    as_alice: Client, alice: User, key: ViewerKey
) -> None:
    bulk = plan_of(alice, key, STAGING)
    behind = f"/batches/?status=staging&key={key.ref}"
    page = as_alice.get(address_of(bulk), headers={"Referer": f"http://testserver{behind}"})
    assert links_back(page) == [behind]
    read_plan(bulk)
    # the poll comes from the plan, and so does what it brings
    assert links_back(poll(as_alice, page)) == [behind, behind]
    assert links_back(as_alice.get(address_of(bulk))) == [f"/batches/?key={key.ref}"] * 2


@pytest.mark.parametrize(
    "back", ["", "status=staging&key=another1", "status=%00", "//elsewhere", "status=nonsense"]
)
def test_what_is_no_address_of_a_list_leads_to_all_batches(
    as_alice: Client, finalize_plan: Bulk, back: str
) -> None:
    page = as_alice.get(address_of(finalize_plan), {"back": back, "key": finalize_plan.key_ref})
    assert {*links_back(page)} == {f"/batches/?key={finalize_plan.key_ref}"}


def test_a_plan_with_nothing_to_do_has_a_reason_in_the_place_of_the_button(
    as_alice: Client, alice: User, key: ViewerKey
) -> None:
    bulk = planned(alice, key, ["started", "no-such"], verb=Verb.FINALIZE)
    page = as_alice.get(address_of(bulk))
    assert "Nothing to finalize in Live" in text_of(page).replace("  ", " ")
    assert "Nothing to do" in page.text
    assert "button--danger" not in page.text


def test_an_old_plan_asks_to_be_read_again(
    as_alice: Client, finalize_plan: Bulk, clock: time_machine.Traveller
) -> None:
    clock.shift(700)
    page = as_alice.get(address_of(finalize_plan))
    assert "read them again first" in page.text
    assert "button--danger" not in page.text


def test_while_it_is_read_the_page_counts_and_offers_nothing_to_confirm(
    as_alice: Client, alice: User, key: ViewerKey
) -> None:
    bulk = plan_of(alice, key, CHOSEN, verb=Verb.FINALIZE)
    page = as_alice.get(address_of(bulk))
    assert "Reading 0 of 7" in page.text
    assert "Stop reading" in page.text
    assert "every 2s" in page.text
    assert counts_of(page)["Not read yet"] == "7"
    assert 'id="confirm"' not in page.text

    assert poll(as_alice, page).status_code == 204
    read_plan(bulk)
    news = poll(as_alice, page)
    assert "Finalize 3" in news.text
    assert 'id="bulk" data-merge-now hx-swap-oob="true"' in news.text
    event = refreshed_event(news)
    assert event["title"] == "Finalize 3 batches in Live?"
    assert event["words"] == "Finalize 3 batches in Live?."
    assert "hx-trigger" not in news.text.partition('id="poller"')[2].partition(">")[0]


def test_its_reader_sees_it_without_the_buttons_of_its_person(
    browse: Browse, bob: User, vera: User, ada: User, key_for: KeyMaker, alice: User
) -> None:
    key = key_for(alice, is_shared=True)
    bulk = planned(alice, key, CHOSEN, verb=Verb.FINALIZE)
    for person in (bob, vera, ada):
        page = browse(person).get(address_of(bulk))
        assert page.status_code == 200
        assert "Planned by" in page.text
        for button in ("confirm-send", "read-again", "hx-post"):
            assert button not in page.text
        assert "Plan as CSV" in page.text


def test_who_may_not_read_its_key_gets_the_answer_of_an_unknown_one(
    browse: Browse, bob: User, key_for: KeyMaker, finalize_plan: Bulk
) -> None:
    key = key_for(bob, mode="test")
    for path in ("", "live/", "rows/", "export/"):
        address = f"/bulks/{finalize_plan.id}/{path}?key={key.ref}"
        assert browse(bob).get(address).status_code == 404


def test_an_address_without_a_key_gets_that_of_the_bulk(
    as_alice: Client, finalize_plan: Bulk
) -> None:
    answer = as_alice.get(f"/bulks/{finalize_plan.id}/?reason=late")
    assert answer.status_code == 302
    assert f"key={finalize_plan.key_ref}" in answer["Location"]
    assert "reason=late" in answer["Location"]


def test_the_rest_of_a_group_is_fetched_in_bounded_pages(
    refonte: Sandbox,
    as_alice: Client,
    alice: User,
    key: ViewerKey,
    clock: time_machine.Traveller,
) -> None:
    names = [f"puppy-{number:02}" for number in range(60)]
    for name in names:
        refonte.add_batch(name, status="staging", counts={"pending": 1}, project="puppies")
    bulk = send(plan_of(alice, key, names), clock)
    page = as_alice.get(address_of(bulk)).text
    assert page.count("<tr data-row>") == 25
    assert "35 more" in page

    url = f"/bulks/{bulk.id}/rows/?key={key.ref}&group=will_do&after=24"
    more = as_alice.get(url, headers={"HX-Request": "true"}).text
    assert more.count("<tr data-row>") == 25
    assert "<html" not in more
    assert 'name="ticked"' in more
    assert 'form="confirm"' not in more  # what is fetched later is not sent with the confirmation
    last = as_alice.get(url.replace("after=24", "after=49"))
    assert last.text.count("<tr data-row>") == 10
    assert "<h1" in last.text
    assert "Keep these ticks" in last.text


@pytest.mark.parametrize("place", ["-1", "x", "9" * 30, "١"])
def test_a_place_that_is_none_is_the_first(
    as_alice: Client, finalize_plan: Bulk, place: str
) -> None:
    url = f"/bulks/{finalize_plan.id}/rows/?key={finalize_plan.key_ref}&group=skipped"
    answer = as_alice.get(f"{url}&after={place}")
    assert answer.status_code == 200


def test_rows_of_no_group_are_none(as_alice: Client, finalize_plan: Bulk) -> None:
    url = f"/bulks/{finalize_plan.id}/rows/?key={finalize_plan.key_ref}"
    assert as_alice.get(url).status_code == 404
    assert as_alice.get(f"{url}&group=all").status_code == 404


def test_hostile_names_stay_text(
    refonte: Sandbox, as_alice: Client, alice: User, key: ViewerKey
) -> None:
    name = '<script>alert(1)</script>" hx-get="/x'
    refonte.add_batch(name, status="staging", counts={"pending": 1}, project=name)
    bulk = planned(alice, key, [name], chosen=name)
    text = as_alice.get(address_of(bulk)).text
    assert "&lt;script&gt;alert" in text
    assert "<script>alert" not in text
    assert '" hx-get="/x' not in text


@pytest.mark.parametrize("rows", [1, 20])
def test_its_page_takes_few_queries(
    refonte: Sandbox,
    as_alice: Client,
    alice: User,
    key: ViewerKey,
    django_assert_max_num_queries: Callable[[int], object],
    rows: int,
) -> None:
    names = [f"puppy-{number:02}" for number in range(rows)]
    for name in names:
        refonte.add_batch(name, status="staging", counts={"pending": 1}, project="puppies")
    bulk = planned(alice, key, names)
    as_alice.get(address_of(bulk))
    refonte.forget_calls()
    with django_assert_max_num_queries(14):  # type: ignore[attr-defined]  # pytest-django's own
        assert as_alice.get(address_of(bulk)).text.count("<tr data-row>") == rows
    assert refonte.calls == []

"""The page of batches: what its address says, what stands on it, what it costs."""

import re
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, unquote

import pytest
import time_machine
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.utils.html import escape
from pytest_django.asserts import assertContains, assertNotContains

from batches.models import Preferences, SeenBatch
from batches.sandbox import LIVE_KEY, Sandbox
from batches.sandbox.sample_names import HARD_NAMES
from batches.services.keys.types import KeyHandle
from batches.templatetags.names import name as draw_name
from tests.support.clock import NOON
from tests.support.pages import (
    HOSTILE,
    Browse,
    add,
    hidden_fields,
    hrefs_of,
    list_address,
    poll_address,
    poll_batch,
    poll_list,
    text_of,
)
from tests.support.vendor import KeyMaker

pytestmark = pytest.mark.usefixtures("clock")


def test_a_page_shows_its_rows_with_their_place(key: KeyHandle, as_alice: Client, refonte: Sandbox):
    add(refonte, *(f"kitten-{number:02}" for number in range(60)))

    page = as_alice.get(list_address(key))

    text = text_of(page)
    assert page.status_code == 200
    assert "1–50 of 60" in text
    assert "kitten-00 kittens In progress 30 of 40 75 %" in text
    assert len(hidden_fields(page, "row")) == 50


def test_older_and_newer_pages_say_where_they_are(
    key: KeyHandle, as_alice: Client, refonte: Sandbox
):
    add(refonte, *(f"kitten-{number:03}" for number in range(120)))
    first = as_alice.get(list_address(key))

    second = as_alice.get(page_link(first, "next"))
    third = as_alice.get(page_link(second, "next"))

    assert "51–100 of 120" in text_of(second)
    assert "101–120 of 120" in text_of(third)
    assert "counted from the newest" not in text_of(second) + text_of(third)
    assert 'rel="next"' not in third.content.decode()
    assert "51–100 of 120, counted" in text_of(as_alice.get(page_link(third, "prev")))
    assert "1–50 of 120" in text_of(as_alice.get(page_link(second, "prev")))


def page_link(page: Any, rel: str) -> str:
    before: str = page.content.decode().split(f'" rel="{rel}"')[0]
    return before.rsplit('href="', 1)[1].replace("&amp;", "&")


def test_without_a_total_it_is_many(key: KeyHandle, as_alice: Client, refonte: Sandbox):
    refonte.configure(envelope="no_total")
    add(refonte, *(f"kitten-{number:02}" for number in range(60)))

    first = as_alice.get(list_address(key))

    assert "1–50 of many" in text_of(first)
    assert "51–60 of 60" in text_of(as_alice.get(page_link(first, "next")))


@pytest.mark.parametrize("rows", [25, 100])
@pytest.mark.parametrize("detailed", ["default", "none"])
def test_a_page_costs_twelve_queries_at_most_however_many_rows(
    rows: int,
    detailed: str,
    key: KeyHandle,
    as_alice: Client,
    refonte: Sandbox,
    clock: time_machine.Traveller,
    django_assert_max_num_queries: Any,
):
    refonte.configure(detailed=detailed)
    add(refonte, *(f"kitten-{number}" for number in range(rows)))
    for seconds in (0, 1, 20):
        clock.shift(seconds)
        with django_assert_max_num_queries(12):
            assert len(hidden_fields(as_alice.get(list_address(key, "limit=100")), "row")) == rows


def test_a_warm_page_costs_no_call_and_few_queries(
    key: KeyHandle, as_alice: Client, refonte: Sandbox, django_assert_max_num_queries: Any
):
    add(refonte, *"abc")
    as_alice.get(list_address(key))
    refonte.forget_calls()

    # beside Redis sessions are read from the database alone
    with django_assert_max_num_queries(5 if settings.REDIS_URL else 4):
        page = as_alice.get(list_address(key))

    assert len(hrefs_of(page)) == 3
    assert not refonte.calls


def test_an_address_shows_everyone_the_same_number_of_rows(
    alice: User, key: KeyHandle, as_alice: Client, refonte: Sandbox
):
    Preferences.objects.create(user=alice, page_size=25)
    add(refonte, *(f"kitten-{number:02}" for number in range(60)))

    assert len(hrefs_of(as_alice.get(list_address(key)))) == 50
    assert len(hrefs_of(as_alice.get(list_address(key, "limit=25")))) == 25


def test_an_address_that_was_typed_gets_its_key_and_the_persons_own_page_size(
    alice: User, key: KeyHandle, as_alice: Client, refonte: Sandbox
):
    Preferences.objects.create(user=alice, page_size=100)

    assert as_alice.get("/batches/")["Location"] == f"/batches/?limit=100&key={key.ref}"
    assert as_alice.get("/batches/?limit=25")["Location"] == f"/batches/?limit=25&key={key.ref}"
    for path in ("/keys/", "/batches/"):
        nav = as_alice.get(path, {"key": key.ref}).content.decode().split('aria-label="Main"')[1]
        assert f'href="/batches/?limit=100&amp;key={key.ref}"' in nav


def test_an_open_page_is_polled_in_its_size_whatever_is_preferred_since(
    alice: User, key: KeyHandle, as_alice: Client, refonte: Sandbox
):
    page = as_alice.get(list_address(key, "limit=100"))
    Preferences.objects.create(user=alice, page_size=100)

    assert poll_address(page) == f"/batches/live/?limit=100&key={key.ref}"


def test_the_address_is_the_vendors_question(key: KeyHandle, as_alice: Client, refonte: Sandbox):
    as_alice.get(
        list_address(
            key,
            "project=kittens&status=staging&start_time=2026-11-01&end_time=2026-11-23&limit=25"
            "&tz=Europe/Berlin",
        )
    )

    assert refonte.calls_to("GET", "/batches")[0].query == {
        "project": "kittens",
        "status": "staging",
        "start_time": "2026-10-31T23:00:00.000Z",
        "end_time": "2026-11-23T22:59:59.999Z",
        "limit": "25",
        "detailed": "true",
    }


def test_days_are_the_readers_where_the_address_names_no_zone(
    alice: User, key: KeyHandle, as_alice: Client, refonte: Sandbox
):
    Preferences.objects.create(user=alice, zone="Pacific/Kiritimati")

    page = as_alice.get(list_address(key, "start_time=2026-11-24&end_time=2026-11-24"))

    assert refonte.calls_to("GET", "/batches")[0].query["start_time"] == "2026-11-23T10:00:00.000Z"
    assert "Pacific/Kiritimati" in text_of(page)


def test_a_link_from_another_zone_names_the_zone_of_its_days_and_that_of_the_times(
    alice: User, key: KeyHandle, as_alice: Client, refonte: Sandbox
):
    Preferences.objects.create(user=alice, zone="Asia/Tokyo")

    page = as_alice.get(list_address(key, "created=today&tz=Europe/Berlin"))

    assert "Days are in Europe/Berlin, times in Asia/Tokyo." in text_of(page)
    assert "Days and times are in Asia/Tokyo." in text_of(as_alice.get(list_address(key)))


def test_filters_say_what_is_on_and_take_it_off(key: KeyHandle, as_alice: Client, refonte: Sandbox):
    page = as_alice.get(
        list_address(key, "project=kittens&status=staging&created=7d&before=&seen=")
    )
    assert page.status_code == 302  # the tidy address

    page = as_alice.get(page["Location"])

    said = re.findall('Remove filter (.*?)"', page.text)
    assert said == ["Project: kittens", "Created: last 7 days"]
    assert 'title="Days in UTC"' in page.text
    off = hrefs_of(page, "filter-remove")
    assert [("project" in link, "status" in link, "created" in link) for link in off] == [
        (False, True, True),
        (True, True, False),
    ]


def test_unknown_parameters_are_named_and_ignored(
    key: KeyHandle, as_alice: Client, refonte: Sandbox
):
    page = as_alice.get(list_address(key, "page=2&<b>=1"))

    assert page.status_code == 200
    assert "Ignored unknown filters: <b> , page" in text_of(page)


@pytest.mark.parametrize(
    ("query", "typed"),
    [
        ("limit=abc", "abc"),
        ("limit=-1", "-1"),
        ("seen=99999999999999999999999", "99999999999999999999999"),
        ("limit=٢٥", "٢٥"),
        ("limit=1_000", "1_000"),
        ("limit=25&limit=50", "50"),
        ("status=" + "s" * 10_240, "s" * 10_240),
        ("status=a b", "a b"),
        ("q=a%00b", "a"),
        ("before=then", "then"),
    ],
)
def test_an_address_that_cannot_be_meant_is_explained_and_asks_nobody(
    query: str, typed: str, key: KeyHandle, as_alice: Client, refonte: Sandbox
):
    page = as_alice.get(list_address(key, query + "&project=kittens"))

    assert page.status_code == 400
    assert not refonte.calls
    assert f'value="{typed}' in page.content.decode()
    assert 'value="kittens"' in page.content.decode()
    assert "field-error" in page.content.decode()


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("start_time=2026-13-45", "Enter a valid date."),
        ("end_time=10000-01-01", "Enter a day like 2026-11-23."),
        ("end_time=9999-12-31", "Enter a day from 1970 on."),
        ("start_time=0001-01-01&tz=Pacific/Kiritimati", "Enter a day from 1970 on."),
        ("start_time=2026-11-23&end_time=2026-11-22", "The last day is before the first."),
        ("start_time=&end_time=2026-02-30", "Enter a valid date."),
        ("tz=Mars", "Unknown time zone."),
        ("created=1d", "One of today, 7d, 30d."),
        ("created=7d&start_time=2026-11-01", "Either a preset or days, not both."),
    ],
)
def test_days_that_cannot_be_are_told_in_their_popover_over_the_list_without_them(
    query: str, words: str, key: KeyHandle, as_alice: Client, refonte: Sandbox
):
    add(refonte, "kitten-07")

    page = as_alice.get(list_address(key, f"{query}&project=kittens"))

    assert page.status_code == 400
    assert len(hrefs_of(page)) == 1
    assert text_of(page).count(words) == 1
    assertContains(page, 'filters-more" data-menu open', status_code=400)
    assert re.findall('Remove filter (.*?)"', page.text) == ["Project: kittens"]
    typed = dict(parse_qsl(query)).get("start_time", "")
    assert f'value="{typed}"' in page.content.decode()
    assert "start_time" not in poll_address(page)
    assert poll_list(as_alice, page).status_code == 204


def test_a_status_the_vendor_does_not_know_is_refused_once_and_not_asked_for_again(
    key: KeyHandle, as_alice: Client, refonte: Sandbox
):
    page = as_alice.get(list_address(key, "status=quarantined"))

    assert page.status_code == 400
    assert text_of(page).count("status must be one of staging") == 1
    assertNotContains(page, "data-poll-seconds", status_code=400)
    assert "Next try" not in text_of(page)
    asked = [call for call in refonte.calls if "quarantined" in str(call)]
    assert len(asked) == 1
    assert hrefs_of(page, "button button--primary")[-1] == list_address(key)


@pytest.mark.parametrize(("status", "word"), [("paused", "Paused"), ("cancelled", "Cancelled")])
def test_rare_statuses_are_filters_in_a_menu_of_their_own(
    status: str, word: str, key: KeyHandle, as_alice: Client, refonte: Sandbox
):
    add(refonte, "kitten-07")
    add(refonte, "kitten-08", status=status)
    ways = [
        unescape(way) for way in re.findall(r'href="([^"]*)"', as_alice.get(list_address(key)).text)
    ]

    assert f"/batches/?status={status}&key={key.ref}" in ways
    page = as_alice.get(f"/batches/?status={status}&key={key.ref}")

    assert len(hrefs_of(page)) == 1
    assert re.search(
        rf'class="tab" aria-current="true">\s*<bdi translate="no">{word}</bdi>', page.text
    )
    assert "Clear all" in text_of(page)


def test_a_search_lists_what_was_seen(key: KeyHandle, as_alice: Client, refonte: Sandbox):
    add(refonte, "kitten-07", "kitten-08", "puppy")
    as_alice.get(list_address(key))

    page = as_alice.get(list_address(key, "q=kitten"))

    assert len(hrefs_of(page)) == 2
    assert "Refonte has no batch with exactly this name." in text_of(page)


def test_a_search_with_a_refused_key_shows_nothing_that_was_seen_with_it(
    key: KeyHandle, as_alice: Client, refonte: Sandbox
):
    add(refonte, "kitten-07", "kitten-08", "puppy")
    as_alice.get(list_address(key))
    refonte.refuse_key(LIVE_KEY)

    for q in ("kitten", "kitten", "kitten-07"):  # the first is told so, the others know
        page = as_alice.get(list_address(key, f"q={q}"))

        assert hrefs_of(page) == []
        assert text_of(page).count("See your keys") == 1
        assert "is not known" not in text_of(page)


@pytest.mark.parametrize(
    "q", ["(", "(a%2B)%2B$", "%25", "{{7*7}}", "%F0%9F%90%88", "%2E", "%2E%2E"]
)
def test_a_search_for_anything_is_answered(
    q: str, key: KeyHandle, as_alice: Client, refonte: Sandbox
):
    page = as_alice.get(list_address(key, f"q={q}"))
    assert page.status_code == 200
    assert f'value="{escape(unquote(q))}"' in page.text


@pytest.mark.parametrize("name", HARD_NAMES)
def test_an_exact_name_leads_to_its_batch(
    name: str, key: KeyHandle, as_alice: Client, refonte: Sandbox
):
    add(refonte, name)

    answer = as_alice.get("/batches/", {"key": key.ref, "q": name}, follow=True)

    assert answer.redirect_chain
    assert answer.status_code == 200
    assert answer.context["detail"].name == name


@pytest.mark.parametrize("name", HARD_NAMES)
def test_every_hard_name_is_listed_opened_and_polled_from_its_link(
    name: str, key: KeyHandle, as_alice: Client, refonte: Sandbox
):
    add(refonte, name)
    page = as_alice.get(list_address(key))

    batch = as_alice.get(hrefs_of(page)[0])
    assert batch.status_code == 200
    assert batch.context["detail"].name == name

    assert poll_batch(as_alice, batch).status_code == 204


@pytest.mark.parametrize("text", HOSTILE)
def test_what_the_vendor_sends_is_text_and_nothing_else(
    text: str, key: KeyHandle, as_alice: Client, refonte: Sandbox
):
    add(refonte, text, project=text)
    refonte.add_batch("odd", status=text)

    body = as_alice.get(list_address(key)).content.decode()

    for markup in ("<script>alert", "</title><b>", ' hx-get="/x', "onfocus='x"):
        assert markup not in body
    assert ">49<" not in body
    assert draw_name(text) in body


def test_counts_nobody_has_read_are_not_zero(key: KeyHandle, as_alice: Client, refonte: Sandbox):
    refonte.configure(detailed="none")
    add(refonte, "a")

    text = text_of(as_alice.get(list_address(key)))

    assert "not read yet" in text
    assert "every 2 s" in text


def test_a_time_that_says_never_is_drawn_in_every_zone(
    alice: User, key: KeyHandle, as_alice: Client, refonte: Sandbox
):
    Preferences.objects.create(user=alice, zone="America/Santiago")
    refonte.add_batch("a", created_at=NOON.replace(year=1, month=1, day=1, hour=0))

    assert len(hrefs_of(as_alice.get(list_address(key)))) == 1
    assert "<h1" in as_alice.get(f"/batches/a/?key={key.ref}").text


# When there is nothing


def test_a_key_without_batches_says_so(key: KeyHandle, as_alice: Client, refonte: Sandbox):
    assert "No batches with this key yet" in text_of(as_alice.get(list_address(key)))


def test_filters_that_nothing_matches_say_so(key: KeyHandle, as_alice: Client, refonte: Sandbox):
    page = as_alice.get(list_address(key, "created=today"))
    both = as_alice.get(list_address(key, "created=today&status=staging"))

    assert "Nothing matches this filter" in text_of(page)
    assert "Nothing matches these filters" in text_of(both)


def test_part_of_a_projects_name_leads_to_the_projects_that_contain_it(
    key: KeyHandle, as_alice: Client, refonte: Sandbox
):
    add(refonte, "kitten-07", project="kitten_labeling")

    page = as_alice.get(list_address(key, "project=Kitten"))

    assert "No project is called exactly “ Kitten ”" in text_of(page)
    offer = f'href="/batches/?project=kitten_labeling&amp;key={key.ref}"'
    assert offer in page.content.decode()
    assert "No known project" in text_of(as_alice.get(list_address(key, "project=dogs")))


def test_a_search_that_finds_nothing_says_what_it_covers(
    key: KeyHandle, as_alice: Client, refonte: Sandbox
):
    text = text_of(as_alice.get(list_address(key, "q=none")))

    assert text.count("batches seen here before with this key, the only ones searched.") == 1
    assert text.count("exactly this name") == 1
    assert "Refonte has no batch of exactly this name either." in text


def test_a_search_says_that_the_vendor_could_not_be_asked_for_the_whole_name(
    key: KeyHandle, as_alice: Client, refonte: Sandbox
):
    add(refonte, "kitten-07")
    refonte.fault("status", code=503, body="We are moving house")

    text = text_of(as_alice.get(list_address(key, "q=kitten-07")))

    assert "Could not check whether a batch has exactly this name." in text
    assert "Refonte answered with an error (We are moving house)." in text
    assert "could not be asked" in text
    assert "Others are found by their exact name" not in text


def test_a_search_keeps_the_other_filters(key: KeyHandle, as_alice: Client, refonte: Sandbox):
    page = as_alice.get(
        list_address(key, "project=kittens&status=staging&created=7d&tz=Asia/Tokyo")
    )

    form = page.content.decode().split('role="search"')[1].split("</form>")[0]
    kept = set(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
    assert kept == {
        ("project", "kittens"),
        ("status", "staging"),
        ("created", "7d"),
        ("tz", "Asia/Tokyo"),
        ("key", key.ref),
    }


def test_a_search_within_filters_says_so_and_offers_to_search_without(
    key: KeyHandle, as_alice: Client, refonte: Sandbox
):
    add(refonte, "kitten-07", "kitten-08")
    as_alice.get(list_address(key))

    page = as_alice.get(list_address(key, "q=kitten-0&status=staging"))

    assert "such a name and these filters" in text_of(page)
    assert f'href="/batches/?q=kitten-0&amp;key={key.ref}"' in page.content.decode()


@pytest.mark.parametrize("is_search", [False, True])
def test_a_page_past_the_end_does_not_blame_its_filters(
    is_search: bool, key: KeyHandle, as_alice: Client, refonte: Sandbox
):
    add(refonte, "kitten-07")
    as_alice.get(list_address(key))
    last = SeenBatch.objects.get().id

    query = f"seen=50&after={last}&q=kitten" if is_search else "seen=50&status=staging"
    page = as_alice.get(list_address(key, query))

    assert "No older batches" in text_of(page)
    assert "Show the newest" in text_of(page)


def test_a_page_past_the_end_says_so(key: KeyHandle, as_alice: Client, refonte: Sandbox):
    assert "No older batches" in text_of(as_alice.get(list_address(key, "seen=50")))


def test_a_list_that_could_not_be_loaded_says_why_and_claims_no_time(
    key: KeyHandle, as_alice: Client, refonte: Sandbox
):
    refonte.fault("status", code=503, body="We are moving house")

    text = text_of(as_alice.get(list_address(key)))

    assert "The list could not be loaded" in text
    assert "Refonte answered with an error (We are moving house)." in text
    assert "Not read yet" in text
    assert "Updated" not in text
    assert "Next try" in text


@pytest.mark.parametrize("shape", ["project_object", "no_docs", "null"])
def test_a_list_of_another_shape_is_no_empty_list(
    shape: str, key: KeyHandle, as_alice: Client, refonte: Sandbox
):
    refonte.fault("wrong_shape", "GET /v1/batches*", shape=shape)

    text = text_of(as_alice.get(list_address(key)))

    assert "The list could not be loaded" in text
    assert "could not be read" in text


def test_the_last_known_list_stands_in_with_its_time(
    key: KeyHandle, as_alice: Client, refonte: Sandbox, clock: time_machine.Traveller
):
    add(refonte, *"abc")
    as_alice.get(list_address(key))
    refonte.fault("status", code=500)
    clock.shift(timedelta(minutes=4))

    page = as_alice.get(list_address(key))

    assert "Showing 12:00:00 . Refonte answered with an error" in text_of(page)
    assert len(hrefs_of(page)) == 3


def test_a_refused_key_leads_to_the_keys(key: KeyHandle, as_alice: Client, refonte: Sandbox):
    refonte.refuse_key(LIVE_KEY)

    page = as_alice.get(list_address(key))

    band = page.content.decode().split('id="band"')[1].split("</div>")[0]
    assert "Refonte refused this key" in text_of(page)
    assert "/keys/" in band
    assert "Next try" not in band
    assert 'hx-trigger="every 30s' in page.content.decode()


def test_rows_without_times_come_with_a_note(key: KeyHandle, as_alice: Client, refonte: Sandbox):
    refonte.configure(fields="absent")
    add(refonte, *"abc")

    assert "no creation times here" in text_of(as_alice.get(list_address(key)))


@pytest.mark.parametrize(
    ("change", "query", "words"),
    [
        ({"paging": "no_end_time"}, "limit=25", "ignored the time asked for"),
        ({"fields": "null"}, "limit=25", "gave no creation times here"),
    ],
)
def test_an_older_page_that_is_counted_says_so_and_its_poll_costs_one_call(
    change: dict[str, str],
    query: str,
    words: str,
    key: KeyHandle,
    as_alice: Client,
    refonte: Sandbox,
    clock: time_machine.Traveller,
):
    refonte.configure(**change)
    add(refonte, *(f"kitten-{number:02}" for number in range(60)))
    second = as_alice.get(page_link(as_alice.get(list_address(key, query)), "next"))
    refonte.forget_calls()
    clock.shift(10)

    assert "26–50 of 60, counted from the newest" in text_of(second)
    assert words in text_of(second)
    poll_list(as_alice, second)
    assert len(refonte.calls_to("GET", "/batches")) == 1
    assert "51–60 of 60" in text_of(as_alice.get(page_link(second, "next")))


def test_a_page_of_large_batches_says_that_it_is_shorter_and_is_polled_so(
    key: KeyHandle, as_alice: Client, refonte: Sandbox, clock: time_machine.Traveller
):
    add(refonte, *(f"kitten-{number:03}" for number in range(120)), metadata={"m": "m" * 60_000})
    page = as_alice.get(list_address(key, "limit=100"))
    refonte.forget_calls()
    clock.shift(10)

    assert "1–50 of 120" in text_of(page)
    assert "this page has fewer rows" in text_of(page)
    assert poll_list(as_alice, page).status_code == 204
    assert [call.query["limit"] for call in refonte.calls_to("GET", "/batches")] == ["50"]


def test_the_longest_address_of_a_page_fits_a_request_line(
    key: KeyHandle, as_alice: Client, refonte: Sandbox
):
    for number in range(120):
        refonte.add_batch(f"kitten-{number:03}", created_at=NOON, project="ж" * 255)
    page = as_alice.get(list_address(key, f"limit=25&project={'ж' * 255}"))

    for _ in range(4):
        link = page_link(page, "next")
        page = as_alice.get(link)
        assert max(len(link), len(poll_address(page))) < 4094 - 20

    assert "101–120 of 120" in text_of(page)
    assert "More batches than fit on a page were created at one moment" in text_of(page)


def test_nobody_is_offered_what_they_may_not_do(
    alice: User, vera: User, key_for: KeyMaker, browse: Browse, refonte: Sandbox
):
    key_for(alice, is_shared=True)
    add(refonte, "a")

    page = browse(vera).get("/batches/", follow=True)

    assert len(hrefs_of(page)) == 1
    assert "New batch" not in text_of(page)

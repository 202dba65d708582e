"""Answers far larger than any page: what is too much is cut, the page says so, its poll works."""

import time
from typing import Any

import pytest
from django.test import Client

from batches.refonte.limits import NAME_MAX
from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from tests.support.pages import add, hrefs_of, list_address, poll_batch, poll_list, text_of

pytestmark = pytest.mark.usefixtures("clock")

PAGE_MAX = 2_100_000  # bytes; 100 of the longest names, each four times, have 1.9 million
MOST_SECONDS = 60  # of the processor's time: a page does not hang; one takes about a second
DETAIL = "/batches/kitten/"


def timed(get: Any) -> Any:
    started = time.process_time()
    answer = get()
    assert time.process_time() - started < MOST_SECONDS
    assert len(answer.content) < PAGE_MAX
    return answer


def test_twenty_thousand_rows_are_drawn_as_far_as_they_were_asked_for(
    key: KeyHandle, as_alice: Client, refonte: Sandbox
):
    add(refonte, *(f"kitten-{number:02}" for number in range(30)))
    refonte.fault("wrong_shape", "GET /v1/batches*", shape="many_rows")

    page = timed(lambda: as_alice.get(list_address(key, "limit=25")))

    assert len(hrefs_of(page)) == 25
    assert "Refonte sent more rows than the 25 asked for" in text_of(page)
    assert "Older" in text_of(page)
    assert timed(lambda: poll_list(as_alice, page)).status_code in (200, 204)


@pytest.mark.parametrize("shape", ["many_counts", "long_texts"])
def test_a_batch_of_any_size_is_shown_cut_and_polled(
    shape: str, key: KeyHandle, as_alice: Client, refonte: Sandbox
):
    add(refonte, "kitten", status="on hold", callback="https://hooks.example.com/1")
    refonte.fault("wrong_shape", "GET /v1/batches/kitten*", shape=shape)

    page = timed(lambda: as_alice.get(f"{DETAIL}?key={key.ref}"))

    words = {"many_counts": "more counts than are shown here", "long_texts": "… (cut)"}[shape]
    assert page.status_code == 200
    assert words in text_of(page)
    assert timed(lambda: poll_batch(as_alice, page)).status_code in (200, 204)


def test_a_project_that_was_cut_leads_nowhere(key: KeyHandle, as_alice: Client, refonte: Sandbox):
    add(refonte, "kitten", project="p" * (NAME_MAX + 1))

    page = as_alice.get(f"{DETAIL}?key={key.ref}")

    assert "pp… (cut)" in text_of(page)
    assert "?project=" not in page.content.decode()


@pytest.mark.parametrize("name", ["'", "\U0001f408", '"', "<"])
def test_a_hundred_of_the_longest_names_fit_a_page_and_its_poll(
    name: str, key: KeyHandle, as_alice: Client, refonte: Sandbox
):
    longest = [f"{number:03}{name * (NAME_MAX - 3)}" for number in range(100)]
    add(refonte, *longest, project=name * NAME_MAX)

    page = timed(lambda: as_alice.get(list_address(key, "limit=100")))

    assert len(hrefs_of(page)) == 100
    assert timed(lambda: poll_list(as_alice, page)).status_code in (200, 204)


def test_a_name_too_long_to_be_kept_is_no_row(key: KeyHandle, as_alice: Client, refonte: Sandbox):
    add(refonte, "kitten", "other")
    refonte.fault("wrong_shape", "GET /v1/batches?*", shape="long_names")

    page = timed(lambda: as_alice.get(list_address(key)))

    assert len(hrefs_of(page)) == 1


def test_an_aggregate_stands_under_its_own_name_and_is_not_added(
    key: KeyHandle, as_alice: Client, refonte: Sandbox
):
    add(refonte, "kitten", counts={"pending": 0, "completed": 10})
    refonte.fault("wrong_shape", "GET /v1/batches*", shape="aggregates")

    listed = text_of(as_alice.get(list_address(key)))
    text = text_of(as_alice.get(f"{DETAIL}?key={key.ref}"))

    assert "10 of 10" in listed
    assert "10 of 10 tasks" in text
    assert "tasks_total 10 (Refonte’s own sum, not added)" in text


def test_a_date_that_says_never_is_unknown(key: KeyHandle, as_alice: Client, refonte: Sandbox):
    add(refonte, "kitten")
    refonte.fault("wrong_shape", "GET /v1/batches*", shape="dates_of_never")

    assert "unknown" in text_of(as_alice.get(list_address(key)))
    assert "Created unknown" in text_of(as_alice.get(f"{DETAIL}?key={key.ref}"))


def test_projects_without_end_are_offered_as_far_as_a_page_has_room(
    key: KeyHandle, as_alice: Client, refonte: Sandbox
):
    rows = [{"name": f"{number:05}{'p' * 200}"} for number in range(15_000)]
    refonte.fault("status", "GET /v1/projects", code=200, body=rows)

    page = timed(lambda: as_alice.get(list_address(key, "project=typed")))

    assert "Not all projects are listed here" in text_of(page)
    assert "No project is called exactly" not in text_of(page)

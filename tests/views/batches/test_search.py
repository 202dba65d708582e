"""What a search says it stands on, on its page, in its poll and in its file."""

import re
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from batches.models import Walk
from batches.sandbox import Sandbox
from batches.services.keys import manage
from batches.services.keys.types import KeyHandle
from tests.support.background import run_worker, run_worker_once, watched
from tests.support.batch_lists import add, first_page
from tests.support.pages import hrefs_of, list_address, poll_list, text_of
from tests.support.vendor import KeyMaker

__all__ = ["watched"]
pytestmark = pytest.mark.usefixtures("clock")


def names(count: int) -> list[str]:
    return [f"kitten-{number:04}" for number in range(count)]


def standing(page: Any) -> str:
    found = re.search(r'<p[^>]*id="search-coverage".*?</p>', page.content.decode(), re.DOTALL)
    assert found
    return " ".join(re.sub(r"<[^>]+>", "", found[0]).split())


def test_a_search_finds_a_part_of_any_name_once_the_list_is_read(
    watched: KeyHandle, as_alice: Client, refonte: Sandbox
) -> None:
    add(refonte, *names(48), "Имя-Пакета")
    run_worker_once()

    page = as_alice.get(list_address(watched, "q=имя"))

    assert len(hrefs_of(page)) == 1
    assert standing(page).startswith("1 of the 49 known, read 12:00.")


def test_a_search_says_how_far_the_list_is_read(
    watched: KeyHandle, as_alice: Client, refonte: Sandbox
) -> None:
    add(refonte, *names(450))
    before = as_alice.get(list_address(watched, "q=kitten-04"))
    run_worker_once()
    midway = as_alice.get(list_address(watched, "q=kitten-01"))

    assert standing(before).startswith("0 of the 0 known; the list has not been read yet.")
    assert standing(midway).startswith("99 of the 199 known; still reading: 199 of 450.")
    assert "1–50 of 99" in text_of(midway)


def test_a_search_that_finds_nothing_while_the_list_is_read_shows_what_comes(
    watched: KeyHandle, as_alice: Client, refonte: Sandbox, clock: time_machine.Traveller
) -> None:
    add(refonte, *names(450))
    page = as_alice.get(list_address(watched, "q=kitten-044"))
    assert "No batch read so far has such a name" in text_of(page)
    assert page.context["poll_seconds"] == 5

    run_worker(clock, seconds=10)
    answer = poll_list(as_alice, page)

    assert len(hrefs_of(answer)) == 10
    assert standing(answer).startswith("10 of the 450 known, read 12:00.")


def test_an_open_search_offers_what_matches_by_now(
    watched: KeyHandle, as_alice: Client, refonte: Sandbox, clock: time_machine.Traveller
) -> None:
    add(refonte, *names(450))
    run_worker_once()
    page = as_alice.get(list_address(watched, "q=9"))
    shown = len(hrefs_of(page))
    run_worker(clock, seconds=10)

    answer = poll_list(as_alice, page)

    assert shown == 37
    assert "newer batch" in text_of(answer)
    assert "of the 450 known" in standing(answer)


def test_nothing_found_in_a_list_that_is_read_is_said_of_all_batches(
    watched: KeyHandle, as_alice: Client, refonte: Sandbox
) -> None:
    add(refonte, *names(3))
    run_worker_once()

    page = as_alice.get(list_address(watched, "q=puppy"))
    text = text_of(page)

    assert "No batch has such a name" in text
    assert "All batches of this key are searched." in text
    assert standing(page).startswith("0 of the 3 known, read 12:00.")


def test_without_watch_a_search_says_what_it_covers_and_how_to_change_that(
    key: KeyHandle, as_alice: Client, refonte: Sandbox
) -> None:
    add(refonte, *names(3))
    first_page(key)

    page = as_alice.get(list_address(key, "q=kitten"))

    assert standing(page).startswith(
        "3 of the 3 batches seen here before with this key, the only ones searched."
    )
    assert "Turn on “Watch in the background” for this key" in standing(page)
    assert f'href="/keys/?key={key.ref}#key-{key.id}"' in page.content.decode()


def test_who_reads_with_another_ones_key_is_told_who_can_turn_watch_on(
    bob: User, key_for: KeyMaker, as_alice: Client, refonte: Sandbox
) -> None:
    key = key_for(bob, is_shared=True)

    page = as_alice.get(list_address(key, "q=kitten"))

    assert "Its owner, bob, can turn on “Watch in the background”" in standing(page)
    assert "/keys/" not in page.content.decode().split('id="search-coverage"')[1].split("</p>")[0]


def test_a_list_that_cannot_be_read_on_says_why(
    watched: KeyHandle, as_alice: Client, refonte: Sandbox, clock: time_machine.Traveller
) -> None:
    add(refonte, *names(150))
    refonte.fault("status", code=503, body="<b>We are moving house</b>", skip=1, times=1)
    run_worker_once()

    page = as_alice.get(list_address(watched, "q=kitten-00"))

    assert "still reading: 100 of 150." in standing(page)
    assert "Reading continues 12:00:" in standing(page)
    assert "<b>We" not in page.content.decode()


def test_a_watch_that_was_turned_off_leaves_what_was_read_with_its_time(
    watched: KeyHandle, as_alice: Client, refonte: Sandbox
) -> None:
    add(refonte, *names(3))
    run_worker_once()
    manage.watch_key(key=watched, keep_watch=False)

    page = as_alice.get(list_address(watched, "q=kitten"))

    assert standing(page).startswith(
        "3 of the 3 known, read 12:00. Turn on “Watch in the background”"
    )


def test_an_unchanged_search_answers_its_poll_with_nothing(
    watched: KeyHandle, as_alice: Client, refonte: Sandbox, clock: time_machine.Traveller
) -> None:
    add(refonte, *names(3), status="completed", counts={"completed": 40})
    run_worker_once()
    page = as_alice.get(list_address(watched, "q=kitten"))
    clock.shift(10)

    assert poll_list(as_alice, page).status_code == 204


def test_a_file_of_a_search_that_is_not_complete_says_so(
    watched: KeyHandle, as_alice: Client, refonte: Sandbox, clock: time_machine.Traveller
) -> None:
    add(refonte, *names(450))
    run_worker_once()
    address = list_address(watched, "q=kitten").replace("/batches/?", "/batches/export/?")

    midway = as_alice.get(address).getvalue().decode()
    run_worker(clock, seconds=10)
    whole = as_alice.get(address).getvalue().decode()

    assert midway.splitlines()[-1].startswith("Incomplete: the list is still being read")
    assert whole.count("kitten-") == 450
    assert "Incomplete" not in whole


def test_a_page_without_a_search_asks_nothing_of_walks(
    watched: KeyHandle, as_alice: Client, refonte: Sandbox
) -> None:
    with CaptureQueriesContext(connection) as asked:
        page = as_alice.get(list_address(watched))

    assert "<h1" in page.text
    assert not [query for query in asked if Walk._meta.db_table in query["sql"]]

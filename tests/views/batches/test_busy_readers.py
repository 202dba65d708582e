"""While all readers are taken: an unchanged page is not drawn again, and claims no new read."""

from typing import Any

import pytest
import time_machine
from django.test import Client

from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from batches.services.vendor import calls
from tests.support.busy_readers import all_readers_busy, waiting_in_threads
from tests.support.clock import NOON
from tests.support.pages import (
    add,
    list_address,
    poll_batch,
    poll_list,
    refreshed_event,
    text_of,
)

pytestmark = pytest.mark.usefixtures("clock")
BATCH, LIST = poll_batch, poll_list


@pytest.fixture(autouse=True)
def _kitten(refonte: Sandbox) -> None:
    add(refonte, "kitten-07")


def page_of(poll: Any, client: Client, key: KeyHandle) -> Any:
    path = f"/batches/kitten-07/?key={key.ref}" if poll is BATCH else list_address(key)
    return client.get(path)


@pytest.mark.parametrize("poll", [BATCH, LIST])
@pytest.mark.parametrize("age", [10, 59])
def test_a_poll_of_a_young_page_changes_nothing_on_it(
    age: int, poll: Any, as_alice: Client, key: KeyHandle, clock: time_machine.Traveller
):
    page = page_of(poll, as_alice, key)
    clock.shift(age)
    with all_readers_busy():
        answer = poll(as_alice, page)

    assert answer.status_code == 204
    assert refreshed_event(answer)["as_of"] == NOON.isoformat()
    assert "stale" not in refreshed_event(answer)


@pytest.mark.parametrize("poll", [BATCH, LIST])
def test_a_poll_of_an_older_page_says_that_nobody_was_asked(
    poll: Any, as_alice: Client, key: KeyHandle, clock: time_machine.Traveller
):
    page = page_of(poll, as_alice, key)
    clock.shift(60)
    with all_readers_busy():
        answer = poll(as_alice, page)

    assert answer.status_code == 200
    assert "Too many requests are waiting for Refonte" in text_of(answer)
    assert refreshed_event(answer)["stale"]


@pytest.mark.parametrize("poll", [BATCH, LIST])
@pytest.mark.django_db(transaction=True)
def test_a_page_never_read_is_drawn_once_a_reader_is_done(
    poll: Any, as_alice: Client, key: KeyHandle, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(calls, "WAIT_SECONDS", 600)
    answers: list[Any] = []

    def open_page() -> None:
        answers.append(page_of(poll, as_alice, key))

    with all_readers_busy() as taken, waiting_in_threads(open_page):
        taken.close()

    assert [answer.status_code for answer in answers] == [200]
    assert "Too many requests" not in text_of(answers[0])
    assert "kitten-07" in text_of(answers[0])

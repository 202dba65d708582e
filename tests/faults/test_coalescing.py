"""Many look, few ask: one vendor call for all who read with a key, and never a row of another's."""

import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test import override_settings

from batches.services.cache import store
from tests.faults.calls import READS, SPARE, Attempt, Console, later, run_side_by_side
from tests.faults.hosts import port_of_nobody, silent_port
from tests.faults.table import note_line

pytestmark = pytest.mark.unmeasured  # other tests take these paths; measuring doubles the time

LIST_PAGE, DETAIL_PAGE, LIST_POLL, DETAIL_POLL = READS
VIEWERS, SECONDS, MOST_CALLS = 50, 20, 8


SHARED = ["memory", pytest.param("redis", marks=pytest.mark.services), "gone", "hung"]


@pytest.fixture(params=SHARED)
def shared_over(request: pytest.FixtureRequest, console: Console) -> Iterator[str]:
    """Where readings are shared: this process's memory, Redis, or a Redis that is away."""
    with silent_port() as silent:
        urls = {
            "memory": "",
            "gone": f"redis://127.0.0.1:{port_of_nobody()}/0",
            "hung": f"redis://127.0.0.1:{silent}/0",
        }
        url = urls.get(request.param) or ""
        if request.param == "redis":
            url = request.getfixturevalue("redis_url")
        with override_settings(REDIS_URL=url):
            store.backend.cache_clear()
            yield str(request.param)
    store.backend.cache_clear()


@pytest.mark.slow
@pytest.mark.one_database
def test_viewers_who_poll_each_second_for_20_seconds_cost_at_most_8_calls(
    console: Console, shared_over: str, request: pytest.FixtureRequest
):
    [viewer] = console.attempts([DETAIL_POLL])
    # a Redis that is away is met by the first of each second; the others are as with memory
    viewers = 10 if shared_over in ("gone", "hung") else VIEWERS
    with time_machine.travel(datetime.now(UTC), tick=False) as clock:
        for _ in range(SECONDS):
            for _ in range(viewers):
                viewer.run()
                assert viewer.outcome == "live"
            clock.shift(1)

    calls = len(console.sandbox.calls)
    assert 1 < calls <= MOST_CALLS
    note_line(request, f"coalescing over {shared_over}: {viewers * SECONDS} polls, {calls} calls")


def test_two_keys_that_poll_at_once_never_see_each_others_batches(
    console: Console, shared_over: str
):
    hers, his = console.attempts([LIST_PAGE, LIST_PAGE])
    console.sandbox.add_key(his.api_key, "test")
    console.sandbox.add_batch("only-test", mode="test", counts={})
    console.sandbox.add_batch("only-live", counts={})
    seen: dict[str, list[str]] = {hers.api_key: [], his.api_key: []}

    def look(attempt: Attempt) -> None:
        for _ in range(5):
            text = attempt.get("/batches/").text
            seen[attempt.api_key] += re.findall(r"only-(?:test|live)", text)
        connection.close()

    threads = [threading.Thread(target=look, args=(attempt,)) for attempt in (hers, his) * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert ({*seen[hers.api_key]}, {*seen[his.api_key]}) == ({"only-live"}, {"only-test"})


def test_six_who_are_first_to_look_cost_one_call_and_none_hangs(
    console: Console, shared_over: str, timeout: float
):
    [first] = console.attempts([DETAIL_POLL])
    six = [Attempt(first.call, first.batch, first.api_key, first.key, first.web) for _ in range(6)]
    console.sandbox.fault("hang")
    # on a busy machine one of them may begin so late that Refonte is tried again
    with time_machine.travel(datetime.now(UTC), tick=False):
        run_side_by_side(six)

    assert len(console.sandbox.calls) == 1
    assert {attempt.outcome for attempt in six} == {"words only"}
    assert all(attempt.seconds < timeout + SPARE for attempt in six)


def test_what_was_read_before_a_restart_is_there_with_its_age(console: Console, shared_over: str):
    attempts = console.attempts(READS)
    for attempt in attempts:
        attempt.prime()
    store.backend.cache_clear()
    console.sandbox.fault("status", code=500)
    with later(timedelta(hours=3)):
        run_side_by_side(attempts)

    assert {attempt.outcome for attempt in attempts} == {"last state"}

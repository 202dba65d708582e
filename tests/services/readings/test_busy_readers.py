"""While all readers are taken: pages never read wait a second, polls keep what is young."""

from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from batches.models import SeenBatch
from batches.refonte import Deadline, Secret
from batches.sandbox import LIVE_KEY, Sandbox
from batches.services.cache import store
from batches.services.cache.entry import CacheEntry
from batches.services.keys.types import KeyHandle
from batches.services.readings import queries
from batches.services.readings.reading import Reading
from batches.services.vendor import calls
from batches.services.vendor.bulkhead import Bulkhead, NoFreeSlot
from batches.services.vendor.calls import Kind
from tests.support.batch_lists import first_page, poll_again
from tests.support.busy_readers import all_readers_busy, waiting_in_threads
from tests.support.clock import NOON
from tests.support.reads import STATUS, read_batch, read_status
from tests.support.vendor import forget_readings

pytestmark = pytest.mark.usefixtures("clock")
LONG = 600.0  # seconds that nobody waits here: what waited until then would hang the test


@pytest.fixture
def kitten(refonte: Sandbox) -> Sandbox:
    refonte.add_batch("kitten-07", counts={"pending": 12, "completed": 30})
    return refonte


def outcome_of(reading: Reading[Any]) -> str:
    return reading.failure.outcome if reading.failure else "live"


# The bulkhead


def test_waiting_calls_get_a_reader_in_order():
    bulkhead, order = Bulkhead(1, waiting=2), list[int]()
    calls.safeguards().readers = bulkhead

    def wait(number: int) -> None:
        with bulkhead.enter(within=LONG):
            order.append(number)

    with ExitStack() as taken:
        taken.enter_context(bulkhead.enter())
        with waiting_in_threads(lambda: wait(1), lambda: wait(2)):
            with pytest.raises(NoFreeSlot), bulkhead.enter():
                pytest.fail("it was free")
            taken.close()
    assert order == [1, 2]


def test_the_queue_is_limited_in_length_and_time():
    bulkhead = Bulkhead(1, waiting=1)
    calls.safeguards().readers = bulkhead

    def gives_up() -> None:
        with pytest.raises(NoFreeSlot), bulkhead.enter(within=0.5):
            pytest.fail("it was free")

    with (
        bulkhead.enter(),
        waiting_in_threads(gives_up),
        pytest.raises(NoFreeSlot),
        bulkhead.enter(within=LONG),
    ):
        pytest.fail("one waits already")
    with bulkhead.enter():
        pass


def test_waiting_reads_leave_threads_for_writes():
    assert calls.READERS + calls.WAITING + calls.WRITERS == 16
    assert calls.WRITERS >= 2


# A page that was never read


@pytest.mark.django_db(transaction=True)
def test_a_page_never_read_waits_for_a_reader_and_is_answered(
    key: KeyHandle, kitten: Sandbox, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(calls, "WAIT_SECONDS", LONG)
    monkeypatch.setattr(calls, "new_deadline", lambda: Deadline(LONG))
    got: list[Reading[Any]] = []
    with all_readers_busy() as taken, waiting_in_threads(lambda: got.append(read_status(key))):
        taken.close()

    assert [outcome_of(reading) for reading in got] == ["live"]
    assert len(kitten.calls) == 1


def test_it_waits_for_a_second_and_no_longer_than_its_deadline():
    assert calls.slot_wait(Kind.PAGE, Deadline(10)) == 1
    assert calls.slot_wait(Kind.PAGE, Deadline(0.4)) <= 0.4
    assert calls.slot_wait(Kind.POLL, Deadline(10)) == 0


def test_a_read_without_a_free_reader_is_busy_after_its_wait(
    key: KeyHandle, kitten: Sandbox, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(calls, "WAIT_SECONDS", 0.02)
    with all_readers_busy():
        reading = read_status(key)

    assert (outcome_of(reading), reading.as_of) == ("busy", None)
    assert not kitten.calls


@pytest.mark.django_db(transaction=True)
def test_a_waiting_read_holds_no_lock_and_uses_the_answer_of_another(
    key: KeyHandle, kitten: Sandbox, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(calls, "WAIT_SECONDS", LONG)
    monkeypatch.setattr(calls, "new_deadline", lambda: Deadline(LONG))
    got: list[Reading[Any]] = []
    now = timezone.now()
    told = CacheEntry(payload={"status": "staging", "tasks_pending": 5}, as_of=now, asked_at=now)
    with all_readers_busy() as taken, waiting_in_threads(lambda: got.append(read_status(key))):
        store.put(key.fingerprint, queries.status_query("kitten-07").id, told)
        taken.close()

    assert [reading.payload["status"] for reading in got] == ["staging"]
    assert not kitten.calls


@pytest.mark.parametrize("kind", [Kind.PAGE, Kind.POLL])
def test_polls_and_pages_with_a_cached_answer_do_not_wait(
    kind: Kind,
    key: KeyHandle,
    kitten: Sandbox,
    clock: time_machine.Traveller,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(calls, "WAIT_SECONDS", LONG)
    read_status(key)
    clock.shift(61)
    with all_readers_busy():
        assert outcome_of(read_status(key, kind=kind)) == "busy"
        assert outcome_of(read_batch(key, kind=Kind.POLL)) == "busy"


def test_a_key_that_is_being_added_waits_as_well(kitten: Sandbox, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(calls, "WAIT_SECONDS", LONG)

    def check() -> None:
        calls.check_unsaved_key(secret=Secret(LIVE_KEY), deadline=Deadline(LONG))

    with all_readers_busy() as taken, waiting_in_threads(check):
        taken.close()

    assert len(kitten.calls) == 1


# A poll


@pytest.mark.parametrize(("age", "outcome"), [(10, "live"), (59, "live"), (60, "busy")])
def test_a_poll_without_a_reader_uses_an_answer_of_the_last_minute(
    age: int, outcome: str, key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    read_status(key)
    clock.shift(age)
    with all_readers_busy():
        reading = read_status(key, kind=Kind.POLL)

    assert outcome_of(reading) == outcome
    assert reading.as_of == NOON
    assert reading.had_no_slot
    assert len(kitten.calls) == 1


def test_a_404_is_used_like_an_answer(
    key: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
):
    read_status(key)
    clock.shift(20)
    with all_readers_busy():
        assert outcome_of(read_status(key, kind=Kind.POLL)) == "not_found"
        clock.shift(60)
        assert outcome_of(read_status(key, kind=Kind.POLL)) == "busy"


def test_a_stored_reading_is_used_like_a_cached_one(
    key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    read_status(key)
    forget_readings()
    clock.shift(20)
    with all_readers_busy():
        reading = read_status(key, kind=Kind.POLL)

    assert (outcome_of(reading), reading.as_of) == ("live", NOON)


def test_a_poll_without_a_reader_still_shows_the_failure(
    key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    read_status(key)
    kitten.fault("status", STATUS, code=500)
    clock.shift(10)
    read_status(key, kind=Kind.POLL)
    clock.shift(10)
    with all_readers_busy():
        assert outcome_of(read_status(key, kind=Kind.POLL)) == "busy"


# A list whose rows are read in rounds


@pytest.fixture
def names(refonte: Sandbox, key: KeyHandle, clock: time_machine.Traveller) -> list[str]:
    """A list without counts, of which a round was read at noon + 10 s."""
    refonte.configure(detailed="none")
    for name in ("a", "b"):
        refonte.add_batch(name, counts={"pending": 10, "completed": 30}, created_at=NOON)
    first_page(key)
    clock.shift(10)
    poll_again(key, ["a", "b"])
    refonte.forget_calls()
    return ["a", "b"]


@pytest.mark.parametrize(
    ("seconds", "outcome"),
    [(10, "live"), (49, "live"), (55, "live"), (60, "busy")],
)
def test_a_sweep_without_a_reader_leaves_the_age_of_the_list_unchanged(
    seconds: int,
    outcome: str,
    key: KeyHandle,
    names: list[str],
    refonte: Sandbox,
    clock: time_machine.Traveller,
):
    clock.shift(seconds)
    with all_readers_busy():
        poll = poll_again(key, names)

    assert outcome_of(poll.reading) == outcome
    if outcome == "live":
        assert poll.reading.as_of == NOON + timedelta(seconds=10)
    assert [row.name for row in poll.rows] == names
    assert not refonte.calls


def test_a_sweep_that_was_not_read_does_not_count(
    key: KeyHandle, names: list[str], refonte: Sandbox, clock: time_machine.Traveller
):
    clock.shift(10)
    with all_readers_busy():
        poll_again(key, names)
        assert poll_again(key, names).reading.as_of == NOON + timedelta(seconds=10)

    poll = poll_again(key, names)

    assert poll.reading.as_of == timezone.now()
    assert len(refonte.calls) == 2
    assert SeenBatch.objects.filter(counts_at=timezone.now()).count() == 2

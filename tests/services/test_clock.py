"""A clock that was set back is not believed: what lies further ahead than it can has passed."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import time_machine
from django.contrib.auth.models import User

from batches.models import ApiKey, Operation, SeenBatch, State, StoredReading
from batches.refonte import NoAnswer
from batches.sandbox import Sandbox
from batches.services.cache import store
from batches.services.clock import has_passed, is_ahead, is_older, older, passed
from batches.services.keys.types import KeyHandle
from batches.services.observations.record import record
from batches.services.observations.seen import find_seen
from batches.services.observations.sighting import Sighting
from batches.services.operations import errors, ledger, queues
from batches.services.readings import queries, stored
from batches.services.readings.poll_leader import take_lead
from batches.services.readings.read import forget_batch, last_known
from batches.services.readings.reading import Reading
from batches.services.vendor.breaker import Breaker
from batches.services.vendor.calls import Kind
from batches.templatetags.freshness import failure_sentence
from batches.templatetags.times import time
from tests.support.breaker import end_with, let_through
from tests.support.clock import NOON
from tests.support.operations import abandoned_operation, prioritize
from tests.support.reads import STATUS, as_stored, read_page, read_status

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
Seconds = int | None


@pytest.fixture
def kitten(refonte: Sandbox) -> Sandbox:
    refonte.add_batch("kitten-07", counts={"pending": 12, "completed": 30})
    return refonte


def at(seconds: Seconds) -> datetime | None:
    """So many seconds from noon."""
    return None if seconds is None else NOON + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("seconds", "is_over"),
    [(None, True), (-3600, True), (0, True), (1, False), (60, False), (65, False), (66, True)],
)
def test_a_time_to_wait_for_has_passed_when_it_lies_further_ahead_than_it_can(
    seconds: Seconds, is_over: bool
):
    assert has_passed(at(seconds), now=NOON, at_most=MINUTE) is is_over


@pytest.mark.parametrize(
    ("seconds", "is_old"),
    [(-3600, True), (-60, True), (-59, False), (0, False), (5, False), (6, True), (3600, True)],
)
def test_what_has_happened_is_old_when_it_lies_ahead(seconds: int, is_old: bool):
    moment = NOON + timedelta(seconds=seconds)
    assert is_older(moment, now=NOON, than=MINUTE) is is_old
    assert is_ahead(moment, now=NOON) is (seconds > 5)


@pytest.mark.django_db
@pytest.mark.parametrize("seconds", [None, -3600, -61, -60, -59, 0, 1, 5, 6, 65, 66, 3600])
def test_a_query_says_the_same(seconds: Seconds, alice: User, key: KeyHandle):
    abandoned_operation(alice, key, State.WAITING, leased_until=at(seconds))

    def finds(condition: object) -> bool:
        return Operation.objects.filter(condition).exists()

    is_over = has_passed(at(seconds), now=NOON, at_most=MINUTE)
    assert finds(passed("leased_until", now=NOON, at_most=MINUTE)) is is_over
    if moment := at(seconds):
        is_old = is_older(moment, now=NOON, than=MINUTE)
        assert finds(older("leased_until", now=NOON, than=MINUTE)) is is_old


Read = Callable[[KeyHandle], Reading[object]]


@pytest.mark.parametrize("read", [read_status, read_page], ids=["status", "list"])
def test_a_reading_of_the_future_is_read_anew_and_once(
    read: Read, key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    read(key)
    clock.shift(-HOUR)

    assert read(key).as_of == NOON - HOUR
    assert read(key).as_of == NOON - HOUR
    assert len(kitten.calls) == 2


def test_a_failure_of_the_future_rests_no_longer_and_has_no_age(
    key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    kitten.fault("status", STATUS, code=500)
    failed = read_status(key, kind=Kind.POLL)
    assert failed.failure
    clock.shift(-HOUR)

    assert failure_sentence(failed.failure).startswith("Refonte answered with an error (")
    again = read_status(key, kind=Kind.POLL)

    assert len(kitten.calls) == 2
    assert again.failure
    assert again.failure.since == NOON - HOUR


@pytest.mark.parametrize("mark", ["floor", "dropped"])
def test_a_mark_of_the_future_makes_no_later_answer_old(
    mark: str, key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    read_status(key)
    if mark == "floor":
        forget_batch(key=key, name="kitten-07")
    else:
        store.drop(key.fingerprint, NOON)
        clock.shift(1)
    clock.shift(-HOUR)
    before = len(kitten.calls)
    for _ in range(3):
        read_status(key)

    assert len(kitten.calls) == before + 1


def test_what_a_refusal_dropped_stays_dropped(
    key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    query = queries.status_query("kitten-07")
    read_status(key)
    clock.shift(1)
    store.drop(key.fingerprint, NOON + timedelta(seconds=1))
    clock.shift(-HOUR)

    for _ in range(2):
        assert last_known(key=key, query=query).data is None


def test_a_lead_taken_in_the_future_is_free(key: KeyHandle, clock: time_machine.Traveller):
    def take(now: datetime) -> bool:
        return take_lead(key=key, page="page", every=MINUTE, now=now).is_taken

    assert take(NOON)
    assert not take(NOON)
    assert take(NOON - HOUR)


@pytest.mark.parametrize(
    ("seconds", "is_asked"), [(60, False), (300, False), (320, True), (3600, True)]
)
def test_no_key_waits_longer_than_the_vendor_can_ask(
    seconds: int, is_asked: bool, key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    ApiKey.objects.update(not_before=at(seconds), throttles=1)

    read_status(as_stored(key))

    assert bool(kitten.calls) is is_asked
    assert bool(as_stored(key).not_before) is not is_asked


def test_a_key_refused_in_the_future_is_tried_and_accepted(
    key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    ApiKey.objects.update(is_refused=True, refused_at=NOON + HOUR, refusal="no")

    assert read_status(as_stored(key)).data
    assert not as_stored(key).is_refused


@pytest.mark.parametrize(
    ("facts", "is_due"),
    [
        ({"leased_until": at(20)}, False),
        ({"leased_until": at(26 * 3600)}, True),
        ({"next_check_at": at(300)}, False),
        ({"next_check_at": at(3600)}, True),
    ],
)
def test_no_operation_is_held_or_waits_longer_than_it_can(
    facts: dict[str, datetime],
    is_due: bool,
    alice: User,
    key: KeyHandle,
    kitten: Sandbox,
    clock: time_machine.Traveller,
):
    operation = abandoned_operation(alice, key, State.CHECKING, **{"leased_until": None} | facts)

    assert ledger.due(NOON).exists() is is_due
    assert ledger.acquire_lease(operation) is is_due


@pytest.mark.parametrize(
    ("hours", "is_given_up"), [(-25, True), (-23, False), (1, False), (26, True), (9000, True)]
)
def test_an_operation_of_the_future_is_given_up_in_the_end(
    hours: int,
    is_given_up: bool,
    alice: User,
    key: KeyHandle,
    kitten: Sandbox,
    clock: time_machine.Traveller,
):
    when = NOON + timedelta(hours=hours)
    facts = {"created_at": when, "next_check_at": NOON, "leased_until": None}
    operation = abandoned_operation(alice, key, State.WAITING, **facts)

    queues.settle_due_operations(now=NOON)

    operation.refresh_from_db()
    assert ("waited for a day" in operation.message) is is_given_up


def test_the_writes_of_the_future_use_nobody_up(
    alice: User, key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    for _ in range(30):
        prioritize(alice, key)
    with pytest.raises(errors.TooMany):
        prioritize(alice, key)
    clock.shift(-HOUR)

    assert prioritize(alice, key).state == State.SUCCEEDED


def test_the_breaker_does_not_wait_for_the_future(clock: time_machine.Traveller):
    breaker = Breaker()
    for _ in range(3):
        end_with(breaker, NoAnswer("down"))
    clock.shift(-HOUR)

    assert breaker.seconds_left == 0
    assert let_through(breaker)
    assert not breaker.is_open


def test_a_failed_probe_is_counted_from_the_clock_as_it_is(clock: time_machine.Traveller):
    breaker = Breaker()
    for _ in range(3):
        end_with(breaker, NoAnswer("down"))
    clock.shift(-HOUR)
    end_with(breaker, NoAnswer("down"))

    assert breaker.seconds_left == 10


def test_what_was_seen_in_the_future_gives_way_to_what_is_seen_now(key: KeyHandle):
    for moment, status in ((NOON, "staging"), (NOON - HOUR, "in_progress")):
        record(
            fingerprint=key.fingerprint,
            sightings=[Sighting(name="kitten-07", status=status)],
            at=moment,
        )

    row = find_seen(fingerprint=key.fingerprint, names=["kitten-07"])["kitten-07"]

    assert (row.status, row.seen_at) == ("in_progress", NOON - HOUR)
    assert SeenBatch.objects.count() == 1


def test_a_reading_that_is_stored_in_the_future_is_stored_again(
    key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    read_status(key)
    clock.shift(-HOUR)
    read_status(key)

    assert StoredReading.objects.get().as_of == NOON - HOUR


def test_readings_of_years_ahead_are_pruned(
    key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    read_status(key)

    assert stored.prune(now=NOON - HOUR) == 0
    assert stored.prune(now=NOON - timedelta(days=900)) == 1


def test_nothing_that_has_happened_is_in_so_many_minutes(clock: time_machine.Traveller):
    assert ">just now<" in time(NOON + HOUR, "ago")

"""Reads, coalesced: one call for all who look, the last known state when it fails, never a mix."""

import threading
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any, NoReturn

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import DatabaseError
from django.utils import timezone
from pytest_django.fixtures import Settings

from batches.models import ApiKey, StoredReading
from batches.refonte import (
    Answer,
    Client,
    Counts,
    Deadline,
    KeyRefused,
    ListQuery,
    NotFound,
    Secret,
)
from batches.sandbox import LIVE_KEY, Sandbox
from batches.services.batches.status_sweep import STATUSES_A_POLL
from batches.services.cache import store
from batches.services.cache.entry import CacheEntry
from batches.services.cache.memory import BoundedMemory
from batches.services.keys.types import KeyHandle
from batches.services.metrics import READS
from batches.services.readings import read, stored
from batches.services.readings.queries import (
    Query,
    batch_query,
    list_query,
    projects_query,
    status_query,
)
from batches.services.readings.reading import Reading
from batches.services.vendor import calls
from batches.services.vendor.breaker import FAILURES_TO_OPEN, FIRST_PAUSE
from batches.services.vendor.calls import Kind
from tests.support.reads import (
    LIST,
    ONE,
    STATUS,
    as_stored,
    read_batch,
    read_page,
    read_query,
    read_status,
    run_together,
    thread_for,
)
from tests.support.vendor import KeyMaker, forget_readings

PROJECTS = "GET /v1/projects"


@pytest.fixture
def kitten(refonte: Sandbox) -> Sandbox:
    refonte.add_batch("kitten-07", counts={"pending": 12, "completed": 30})
    return refonte


@pytest.fixture
def in_memory(settings: Settings, kitten: Sandbox) -> None:
    """Also where the whole run is over Redis: what a process keeps beside the vendor's JSON, and
    that those who wait hear the very failure they waited for, is so in memory only.
    """
    settings.REDIS_URL = ""
    store.backend.cache_clear()


def finalize(client: Client, secret: Secret) -> Answer[Any]:
    return client.finalize_batch(secret, "kitten-07", deadline=calls.new_deadline())


def reads_counted() -> Counter[str]:
    """How many reads the metrics tell, by where their answers came from."""
    samples = [sample for family in READS.collect() for sample in family.samples]
    told = {s.labels["source"]: int(s.value) for s in samples if s.name.endswith("_total")}
    return Counter(told)


# One call for all


@pytest.mark.parametrize(
    ("query", "fresh"),
    [
        (list_query(ListQuery()), 5),
        (batch_query("kitten-07"), 5),
        (status_query("kitten-07"), 3),
        (projects_query(), 600),
    ],
    ids=["list", "batch", "status", "projects"],
)
def test_each_answer_is_fresh_for_its_time_and_no_longer(
    query: Query[Any], fresh: float, key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    read_query(key, query, Kind.POLL)
    clock.shift(fresh - 0.1)
    read_query(key, query, Kind.POLL)
    assert len(kitten.calls) == 1

    clock.shift(0.2)
    read_query(key, query, Kind.POLL)

    assert len(kitten.calls) == 2


def test_what_was_just_read_is_not_asked_again(
    key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    first = read_status(key)
    clock.shift(2)
    second = read_status(key)

    assert len(kitten.calls) == 1
    assert second.data == first.data
    assert ([*first.recorded], [*second.recorded]) == (["kitten-07"], [])
    assert second.as_of == timezone.now() - timedelta(seconds=2)


def test_what_is_no_longer_fresh_is_asked_again(
    key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    read_status(key)
    kitten.set_counts("kitten-07", pending=0, completed=42)
    clock.shift(4)

    again = read_status(key)

    assert again.data
    assert again.data.counts.completed == 42
    assert again.recorded["kitten-07"].counts_at == timezone.now()


@pytest.mark.usefixtures("in_memory")
def test_what_was_made_of_an_answer_is_kept_while_the_vendor_answers_the_same(
    key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    made = read_page(key, kind=Kind.POLL).memo
    clock.shift(10)
    same = read_page(key, kind=Kind.POLL)
    kitten.set_counts("kitten-07", pending=11, completed=31)
    clock.shift(10)
    other = read_page(key, kind=Kind.POLL)

    assert same.recorded
    assert same.memo is made
    assert other.memo is not made
    assert other.data
    assert other.data.batches[0].counts == Counts(pending=11, completed=31)


@pytest.mark.django_db(transaction=True)
def test_six_who_look_at_once_cost_one_call_and_one_of_them_has_the_news(
    kitten: Sandbox, key: KeyHandle
):
    kitten.fault("latency", STATUS, seconds=0.05)

    counted = reads_counted()
    got = run_together(6, lambda: read_status(key))

    assert reads_counted() - counted == {"vendor": 1, "shared": 5}
    assert len(kitten.calls) == 1
    assert [reading.data and reading.data.counts.completed for reading in got] == [30] * 6
    assert sum(bool(reading.recorded) for reading in got) == 1


@pytest.mark.usefixtures("in_memory", "clock")
@pytest.mark.django_db(transaction=True)
def test_six_who_look_at_a_vendor_that_hangs_wait_once(kitten: Sandbox, key: KeyHandle):
    """One asks until its time is over; the others have plenty, and hear the same as it does."""
    kitten.fault("hang", STATUS)
    got = []

    def look(seconds: float) -> None:
        query, deadline = status_query("kitten-07"), Deadline(seconds)
        got.append(read.read(key=key, query=query, kind=Kind.POLL, deadline=deadline))

    first = thread_for(partial(look, 1))
    first.start()
    while first.is_alive() and not kitten.calls:
        first.join(0.002)
    run_together(5, lambda: look(30))
    first.join()

    assert len(kitten.calls) == 1
    assert [reading.failure and reading.failure.outcome for reading in got] == ["no_answer"] * 6


@pytest.mark.django_db(transaction=True)
def test_who_waits_for_another_ones_answer_waits_no_longer_than_their_own_time(
    kitten: Sandbox, key: KeyHandle
):
    kitten.fault("latency", STATUS, seconds=1)
    first = thread_for(lambda: read_status(key))
    first.start()
    while not kitten.calls:
        first.join(0.002)

    reading = read.read(
        key=key,
        query=status_query("kitten-07"),
        kind=Kind.PAGE,
        deadline=Deadline(0.1),
    )
    still_asking = first.is_alive()
    first.join()

    assert reading.failure
    assert reading.failure.outcome == "busy"
    assert still_asking


@pytest.mark.django_db(transaction=True)
def test_six_who_look_right_after_a_write_cost_one_call(kitten: Sandbox, key: KeyHandle):
    read_status(key)
    read.forget_batch(key=key, name="kitten-07")
    kitten.forget_calls()
    kitten.fault("latency", STATUS, seconds=0.05)

    got = run_together(6, lambda: read_status(key))

    assert len(got) == 6
    assert len(kitten.calls) == 1


def test_two_keys_never_see_each_others_batches(
    alice: User, bob: User, key_for: KeyMaker, refonte: Sandbox
):
    refonte.add_batch("kitten-07", counts={"pending": 1, "completed": 1})
    refonte.add_batch("kitten-07", counts={"pending": 2, "completed": 2}, mode="test")
    live, test = key_for(alice), key_for(bob, mode="test")

    seen = [read_status(key).data for key in (live, test, live, test)]

    assert [status and status.counts.completed for status in seen] == [1, 2, 1, 2]
    assert [call.key_mode for call in refonte.calls] == ["live", "test"]


def test_two_people_with_one_key_share_what_was_read(
    alice: User, bob: User, key_for: KeyMaker, kitten: Sandbox
):
    read_status(key_for(alice))
    read_status(key_for(bob))

    assert len(kitten.calls) == 1


def test_independent_questions_are_asked_side_by_side(key: KeyHandle, kitten: Sandbox):
    both = threading.Barrier(2, timeout=60)

    def together(query: Query[Any]) -> Query[Any]:
        def ask_in_step(*call: Any) -> Any:
            both.wait()
            return query.ask(*call)

        return replace(query, ask=ask_in_step)

    queries = (batch_query("kitten-07"), status_query("kitten-07"))
    batch, status = read.read_together(
        key=key,
        queries=[together(query) for query in queries],
        kind=Kind.PAGE,
        deadline=calls.new_deadline(),
    )

    assert (batch.failure, status.failure) == (None, None)


# When it fails


def test_a_failed_read_serves_the_last_known_state_with_age_and_reason(
    key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    read_status(key)
    kitten.fault("status", STATUS, code=502, body="Bad gateway")
    clock.shift(60)

    reading = read_status(key)

    assert reading.data
    assert reading.data.counts.completed == 30
    assert reading.as_of == timezone.now() - timedelta(seconds=60)
    assert reading.failure
    assert (reading.failure.outcome, reading.failure.since) == ("vendor_error", timezone.now())
    assert reading.is_stale
    assert not reading.recorded


def test_a_failed_read_is_not_asked_again_before_its_next_try(
    key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    kitten.fault("status", STATUS, code=502)
    read_status(key, kind=Kind.POLL)
    clock.shift(4.9)

    reading = read_status(key, kind=Kind.POLL)

    assert len(kitten.calls) == 1
    assert reading.next_try == timezone.now() + timedelta(seconds=0.1)


def test_tries_grow_apart_to_a_minute_and_count_from_the_first_failure(
    key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    kitten.fault("status", STATUS, code=502)
    began, pauses = timezone.now(), []
    for _ in range(6):
        reading = read_status(key, kind=Kind.POLL)
        calls.safeguards.cache_clear()  # the breaker has tests of its own
        assert reading.next_try
        assert reading.failure
        pauses.append((reading.next_try - timezone.now()).total_seconds())
        clock.move_to(reading.next_try + timedelta(milliseconds=1))

    assert pauses == [5, 10, 20, 40, 60, 60]
    assert reading.failure
    assert (reading.failure.since, reading.failure.tries) == (began, 6)


def test_of_a_time_in_which_nobody_asked_no_failure_is_told(
    key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    kitten.fault("status", STATUS, code=502)
    read_status(key, kind=Kind.POLL)
    clock.shift(timedelta(minutes=10))

    failure = read_status(key, kind=Kind.POLL).failure

    assert failure
    assert (failure.since, failure.tries) == (timezone.now(), 1)


def test_no_try_is_promised_for_while_the_vendor_is_left_alone(
    key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    kitten.fault("status", code=500)
    for number in range(FAILURES_TO_OPEN):
        read_status(key, f"other-{number}", Kind.POLL)
    clock.shift(FIRST_PAUSE)

    reading = read_status(key, kind=Kind.POLL)  # one try of this, and one more of the vendor

    assert len(kitten.calls) == FAILURES_TO_OPEN + 1
    assert reading.next_try == timezone.now() + timedelta(seconds=2 * FIRST_PAUSE)
    clock.move_to(reading.next_try)
    read_status(key, kind=Kind.POLL)
    assert len(kitten.calls) == FAILURES_TO_OPEN + 2


def test_an_answer_ends_the_failure(key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller):
    kitten.fault("status", STATUS, times=1, code=502)
    read_status(key, kind=Kind.POLL)
    clock.shift(6)

    reading = read_status(key, kind=Kind.POLL)

    assert reading.failure is None
    assert reading.next_try is None


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ("reset_before_acting", "no_answer"),
        ("html", "bad_answer"),
        ("truncated_json", "bad_answer"),
        ("nested", "bad_answer"),
        ("not_utf8", "bad_answer"),
        ("redirect", "bad_answer"),
        ("empty", "bad_answer"),
    ],
)
def test_no_broken_answer_reaches_a_page(fault: str, outcome: str, key: KeyHandle, kitten: Sandbox):
    kitten.fault(fault, STATUS)

    reading = read_status(key, kind=Kind.POLL)

    assert reading.data is None
    assert reading.failure
    assert reading.failure.outcome == outcome


@pytest.mark.parametrize("shape", ["project_object", "null", "no_docs"])
def test_a_list_of_another_shape_is_a_failure_and_not_an_empty_list(
    shape: str, key: KeyHandle, kitten: Sandbox
):
    kitten.fault("wrong_shape", f"{LIST}*", shape=shape)

    reading = read_page(key, kind=Kind.POLL)

    assert reading.data is None
    assert reading.failure
    assert reading.failure.outcome == "bad_answer"


def test_a_full_house_gives_the_last_known_state_at_once(
    key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    read_status(key)
    clock.shift(10)
    with ExitStack() as full:
        for _ in range(calls.READERS):
            full.enter_context(calls.safeguards().slot(Kind.POLL))
        reading = read_status(key)

    assert len(kitten.calls) == 1
    assert reading.data
    assert reading.data.counts.completed == 30
    assert reading.failure
    assert reading.failure.outcome == "busy"
    assert read_status(key).failure is None


@pytest.mark.django_db(transaction=True)
def test_a_full_house_is_full_of_people_and_not_of_their_questions(kitten: Sandbox, key: KeyHandle):
    """Whoever finds room asks all at once; who finds none is told so, and waits for nobody."""
    asking = threading.Barrier(calls.READERS * calls.TOGETHER + 1, timeout=60)

    def hangs(*_: object) -> NoReturn:
        asking.wait()
        raise NotFound("It hung.")

    def poll(person: int) -> list[str]:
        names = [f"kitten-{person}-{number}" for number in range(calls.TOGETHER)]
        queries = [replace(status_query(name), ask=hangs) for name in names]
        answers = read.read_together(
            key=key, queries=queries, kind=Kind.POLL, deadline=calls.new_deadline()
        )
        return [answer.failure.outcome for answer in answers if answer.failure]

    heard: list[str] = []
    inside = [thread_for(partial(lambda n: heard.extend(poll(n)), n)) for n in range(calls.READERS)]
    for thread in inside:
        thread.start()
    while asking.n_waiting < asking.parties - 1 and not asking.broken:
        inside[0].join(0.002)
    outside = poll(calls.READERS)
    asking.wait()
    for thread in inside:
        thread.join()

    assert outside == ["busy"] * calls.TOGETHER
    assert heard == ["not_found"] * calls.READERS * calls.TOGETHER
    assert calls.TOGETHER >= STATUSES_A_POLL


def test_a_key_that_does_not_open_is_a_reason_and_no_crash(key: KeyHandle, kitten: Sandbox):
    ApiKey.objects.update(sealed="gAAAA-nothing")

    reading = read_status(key)

    assert reading.failure
    assert reading.failure.outcome == "key_refused"
    assert not kitten.calls


# A refused key


def test_a_refused_key_shows_nothing_that_was_read_with_it(
    key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    read_batch(key)
    read_status(key)
    kitten.refuse_key(LIVE_KEY)
    clock.shift(10)

    reading = read_status(key, kind=Kind.POLL)

    assert reading.data is None
    assert reading.failure
    assert reading.failure.outcome == "key_refused"
    batch = read.last_known(key=key, query=batch_query("kitten-07"))
    assert batch.data is None
    assert not StoredReading.objects.exists()


def test_a_refusal_met_by_a_write_drops_what_was_read_too(
    key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    read_status(key)
    kitten.refuse_key(LIVE_KEY)
    clock.shift(1)

    with pytest.raises(KeyRefused):
        calls.call_vendor(key=key, kind=Kind.WRITE, deadline=calls.new_deadline(), send=finalize)

    status = read.last_known(key=key, query=status_query("kitten-07"))
    assert status.data is None
    assert not StoredReading.objects.exists()


def test_polls_with_a_refused_key_cost_no_call_and_the_next_page_after_a_minute_does(
    key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    kitten.refuse_key(LIVE_KEY)
    read_status(key)
    kitten.forget_calls()
    for _ in range(6):
        clock.shift(20)
        reading = read_status(as_stored(key), kind=Kind.POLL)
        assert reading.failure
        assert reading.failure.message == "Invalid API key"
    assert not kitten.calls

    kitten.reset()
    clock.shift(61)

    assert read_status(as_stored(key)).failure is None


def read_both(key: KeyHandle) -> None:
    read.read_together(
        key=key,
        queries=(batch_query("kitten-07"), status_query("kitten-07")),
        kind=Kind.POLL,
        deadline=calls.new_deadline(),
    )


@pytest.mark.parametrize("code", [429, 503])
def test_of_two_failures_the_one_about_the_key_is_remembered(
    code: int, key: KeyHandle, kitten: Sandbox
):
    kitten.fault("status", ONE, code=500)
    kitten.fault("status", STATUS, code=code, headers={"Retry-After": "120"})

    read_both(key)

    held_until = as_stored(key).not_before
    assert held_until
    assert held_until > timezone.now() + timedelta(seconds=100)


def test_of_two_waits_the_longer_one_is_remembered(key: KeyHandle, kitten: Sandbox):
    kitten.fault("status", ONE, code=503, headers={"Retry-After": "2"})
    kitten.fault("status", STATUS, code=503, headers={"Retry-After": "120"})
    kitten.fault("latency", STATUS, seconds=0.1)

    read_both(key)

    held_until = as_stored(key).not_before
    assert held_until
    assert held_until > timezone.now() + timedelta(seconds=100)


def test_a_refusal_is_remembered_before_a_wait_that_came_first(key: KeyHandle, kitten: Sandbox):
    read_page(key)
    kitten.fault("status", ONE, code=503, headers={"Retry-After": "300"})
    kitten.fault("status", STATUS, code=401)
    kitten.fault("latency", STATUS, seconds=0.1)

    read_both(key)

    assert as_stored(key).is_refused
    assert read_page(as_stored(key)).data is None


# After a write


def test_after_a_write_the_batch_and_every_list_are_asked_again(
    key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    read_batch(key)
    read_page(key)
    clock.shift(1)
    kitten.set_status("kitten-07", "completed")

    read.forget_batch(key=key, name="kitten-07")

    batch, page = read_batch(key), read_page(key)
    assert batch.data
    assert batch.data.status == "completed"
    assert page.data
    assert page.data.batches[0].status == "completed"


def test_after_a_write_other_batches_stay_as_read(
    key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    read_status(key)
    clock.shift(1)

    read.forget_batch(key=key, name="kitten-08")
    read_status(key)

    assert len(kitten.calls) == 1


def test_a_batch_that_was_not_there_is_asked_for_as_soon_as_it_was_created(
    key: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
):
    reading = read_batch(key)
    assert reading.failure
    assert reading.failure.outcome == "not_found"
    clock.shift(1)
    refonte.add_batch("kitten-07")

    read.forget_batch(key=key, name="kitten-07")

    assert read_batch(key).data


def test_a_read_that_began_before_a_write_is_not_kept_after_it(
    key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    query = status_query("kitten-07")

    def ask_while_somebody_writes(*call: Any) -> Any:
        """The vendor looks before the write; what it saw arrives after it."""
        clock.shift(0.1)
        answer = query.ask(*call)
        kitten.set_status("kitten-07", "completed")
        read.forget_batch(key=key, name="kitten-07")
        clock.shift(0.1)
        return replace(answer, answered_at=timezone.now())

    slow = replace(query, ask=ask_while_somebody_writes)
    before = read_query(key, slow, Kind.PAGE)
    after = read_status(key)

    assert before.data
    assert before.data.status == "in_progress"
    assert after.data
    assert after.data.status == "completed"


# After a restart


def test_after_a_restart_the_stored_reading_stands_in_with_its_age(
    key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    read_status(key)
    forget_readings()
    kitten.fault("status", STATUS, code=500)
    clock.shift(3600)

    reading = read_status(key)

    assert reading.data
    assert reading.data.counts.completed == 30
    assert reading.as_of == timezone.now() - timedelta(hours=1)
    assert reading.failure


def test_after_a_restart_nobody_is_shown_what_was_read_with_another_key(
    alice: User, bob: User, key_for: KeyMaker, kitten: Sandbox
):
    read_status(key_for(alice))
    forget_readings()
    kitten.fault("status", STATUS, code=500)

    reading = read_status(key_for(bob, mode="test"))

    assert StoredReading.objects.count() == 1
    assert (reading.data, reading.payload, reading.as_of) == (None, None, None)
    assert reading.failure


def test_what_was_stored_in_a_shape_that_is_read_no_more_is_nothing(
    key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    read_status(key)
    StoredReading.objects.update(payload='["of an older version"]')
    forget_readings()
    kitten.fault("status", STATUS, times=1, code=500)

    reading = read_status(key, kind=Kind.POLL)

    assert (reading.data, reading.as_of) == (None, None)
    assert reading.failure
    clock.shift(6)
    assert read_status(key, kind=Kind.POLL).data


def test_what_another_version_cached_is_asked_for_anew(
    key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    query = status_query("kitten-07")
    held = CacheEntry(payload=["of another version"], as_of=timezone.now(), asked_at=timezone.now())
    store.put(key.fingerprint, query.id, held)

    assert read.last_known(key=key, query=query).data is None
    assert read_status(key).data


def test_a_stored_reading_is_written_when_it_changed_or_once_a_minute(
    key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    first = timezone.now()
    for _ in range(5):
        read_status(key)
        clock.shift(12)
    assert StoredReading.objects.get().as_of == first

    clock.shift(1)
    read_status(key)
    assert StoredReading.objects.get().as_of == first + timedelta(seconds=61)

    kitten.set_counts("kitten-07", pending=0, completed=42)
    clock.shift(4)
    read_status(key)
    assert '"tasks_completed": 42' in StoredReading.objects.get().payload


def test_reading_goes_on_where_nothing_can_be_written(
    key: KeyHandle, kitten: Sandbox, monkeypatch: pytest.MonkeyPatch
):
    def full(*args: object, **options: object) -> None:
        raise DatabaseError("disk full")

    monkeypatch.setattr(StoredReading.objects, "bulk_create", full)

    assert read_status(key).data


def test_stored_readings_are_kept_for_two_days(
    key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    read_status(key)
    clock.shift(2 * 24 * 3600)
    read_batch(key)
    assert stored.prune(now=timezone.now()) == 0

    clock.shift(1)

    assert stored.prune(now=timezone.now()) == 1
    assert StoredReading.objects.count() == 1


# Projects


def test_projects_are_asked_for_every_ten_minutes_at_most_whether_they_answer_or_not(
    key: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
):
    refonte.fault("status", "GET /v1/projects", times=1, code=404)
    for _ in range(12):
        read_query(key, projects_query(), Kind.PAGE)
        clock.shift(59)
    assert len(refonte.calls) == 2

    assert read_query(key, projects_query(), Kind.PAGE).data


def test_projects_that_could_not_be_told_just_now_are_asked_for_again_as_soon_as_anything_else(
    key: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
):
    refonte.fault("status", "GET /v1/projects", times=1, code=503)
    assert not read_query(key, projects_query(), Kind.POLL).data
    clock.shift(5)

    assert read_query(key, projects_query(), Kind.POLL).data

    clock.shift(599)
    read_query(key, projects_query(), Kind.POLL)
    assert len(refonte.calls) == 2


def test_projects_that_ask_to_wait_hold_nothing_but_themselves(
    key: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
):
    wait = {"Retry-After": "120"}
    refonte.fault("status", "GET /v1/projects", code=503, headers=wait)
    for _ in range(2):
        assert read_query(as_stored(key), projects_query(), Kind.PAGE).failure
        assert read_query(as_stored(key), list_query(ListQuery()), Kind.PAGE).data
        clock.shift(59)

    assert len(refonte.calls_to("GET", "/projects")) == 1


def test_a_key_that_is_only_kept_from_projects_is_not_refused(
    key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    kitten.fault("status", "GET /v1/projects", code=403)
    for _ in range(2):
        page, projects = read.read_together(
            key=as_stored(key),
            queries=(list_query(ListQuery()), projects_query()),
            kind=Kind.PAGE,
            deadline=calls.new_deadline(),
        )
        clock.shift(10)

    assert page.data
    assert page.failure is None
    assert not projects.data
    assert not as_stored(key).is_refused
    assert len(kitten.calls_to("GET", "/projects")) == 1


def read_with_projects(
    key: KeyHandle, seconds: float
) -> tuple[Reading[Any], Reading[Any], Deadline]:
    """A page of the list and the projects beside it, and what is left of the time for both."""
    queries = list_query(ListQuery()), projects_query()
    deadline = Deadline(seconds)
    page, projects = read.read_together(key=key, queries=queries, kind=Kind.PAGE, deadline=deadline)
    return page, projects, deadline


def test_a_page_does_not_wait_for_projects_that_hang(key: KeyHandle, kitten: Sandbox):
    kitten.fault("hang", PROJECTS)

    page, projects, deadline = read_with_projects(key, seconds=6)

    assert page.data
    assert page.failure is None
    assert projects.data is None
    assert deadline.remaining() > 2


def test_projects_that_hang_stay_as_they_were_known(
    key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    known = read_query(key, projects_query(), Kind.PAGE).data
    kitten.fault("hang", PROJECTS)
    clock.shift(601)
    later = read_with_projects(key, seconds=1)[1]
    forget_readings()
    restarted = read_with_projects(key, seconds=1)[1]

    assert known
    assert (later.data, restarted.data) == (known, known)


@pytest.mark.django_db(transaction=True)
def test_who_waits_for_projects_that_somebody_else_asks_for_does_not_wait_long_either(
    key: KeyHandle, kitten: Sandbox
):
    kitten.fault("latency", PROJECTS, seconds=3)
    first = thread_for(lambda: read_query(key, projects_query(), Kind.PAGE))
    first.start()
    while first.is_alive() and not kitten.calls:
        first.join(0.002)

    page, projects, deadline = read_with_projects(key, seconds=2)
    first.join()

    assert page.data
    assert projects.failure
    assert projects.failure.outcome == "busy"
    assert not deadline.expired


def test_impatience_with_projects_is_no_news_of_the_vendor(
    key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    kitten.fault("hang", PROJECTS)
    for _ in range(FAILURES_TO_OPEN):
        read.read(key=key, query=projects_query(), kind=Kind.PAGE, deadline=Deadline(1))
        clock.shift(61)

    assert len(kitten.calls_to("GET", "/projects")) == FAILURES_TO_OPEN
    assert not calls.safeguards().breaker.is_open


def test_projects_are_asked_for_again_once_a_refused_key_is_accepted(
    key: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
):
    refonte.refuse_key(LIVE_KEY)
    for _ in range(3):
        read_page(as_stored(key))
        read_query(as_stored(key), projects_query(), Kind.PAGE)
        clock.shift(10)
    refonte.reset()
    clock.shift(61)
    read_page(as_stored(key))

    assert read_query(as_stored(key), projects_query(), Kind.PAGE).data


# The cache itself


def small_memory() -> BoundedMemory:
    return BoundedMemory(most_bytes=100, size_of=lambda _: 1, most_entries=2)


def test_memory_forgets_the_oldest_beyond_its_size():
    memory = small_memory()
    memory.set("a", 1)
    memory.set("b", 2)
    memory.get("a")
    memory.set("c", 3)

    assert memory.items() == {"a": 1, "c": 3}
    memory.delete("c")
    memory.delete("d")
    assert memory.items() == {"a": 1}


class SlowToFind(str):
    """Whoever looks for it stands in the memory until told to go on."""

    __slots__ = ("go_on", "is_inside")

    def __init__(self, _: str) -> None:
        self.is_inside, self.go_on = threading.Event(), threading.Event()

    def __hash__(self) -> int:
        self.is_inside.set()
        self.go_on.wait(60)
        return super().__hash__()


@pytest.mark.parametrize(
    "act",
    [
        lambda memory, what: memory.get(what),
        lambda memory, what: memory.set(what, 2),
        lambda memory, what: memory.delete(what),
    ],
    ids=["get", "set", "delete"],
)
def test_memory_is_in_the_hands_of_one_thread_at_a_time(
    act: Callable[[BoundedMemory, str], object],
):
    memory, what = small_memory(), SlowToFind("what")
    first = threading.Thread(target=act, args=(memory, what))
    second = threading.Thread(target=act, args=(memory, "other"))
    first.start()
    assert what.is_inside.wait(60)
    second.start()
    second.join(0.05)
    has_waited = second.is_alive()
    what.go_on.set()
    for thread in (first, second):
        thread.join(60)

    assert has_waited


def test_what_an_earlier_process_knew_is_asked_for_once_and_kept(
    key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller, django_assert_num_queries: Any
):
    read_status(key)
    forget_readings()
    kitten.fault("status", STATUS, code=500)
    read_status(key, kind=Kind.POLL)

    clock.shift(6)
    with django_assert_num_queries(1):  # the sealed key
        reading = read_status(key, kind=Kind.POLL)

    assert reading.data
    assert reading.failure
    assert reading.failure.tries == 2


def test_a_full_house_keeps_nothing_for_the_next_who_asks(
    key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    read_status(key)
    forget_readings()
    with ExitStack() as full:
        for _ in range(calls.READERS):
            full.enter_context(calls.safeguards().slot(Kind.POLL))
        reading = read_status(key)
    assert reading.data
    assert reading.failure

    assert read_status(key).failure is None

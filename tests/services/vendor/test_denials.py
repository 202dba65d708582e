"""A 401 or 403 of something on the way darkens no key; nothing else for five minutes does."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.utils import timezone

from batches.models import ApiKey, State, StoredReading
from batches.refonte import Denied, ListQuery, NotFound, Secret, VendorError
from batches.sandbox import LIVE_KEY, Sandbox
from batches.services.key_checks import checks
from batches.services.keys.types import KeyHandle
from batches.services.readings import queries, read
from batches.services.vendor import calls, key_states
from batches.services.vendor.calls import Kind
from tests.support import operations
from tests.support.reads import STATUS, as_stored, read_query, read_status, run_together
from tests.support.vendor import KeyMaker

pytestmark = pytest.mark.usefixtures("clock")

Clock = time_machine.Traveller
MINUTE = timedelta(minutes=1)
KEPT_OUT: dict[str, dict[str, Any]] = {
    "a page of a proxy": {"code": 403, "body": "<title>Attention</title>Are you a person?"},
    "nothing": {"code": 401, "body": ""},
    "words": {"code": 403, "body": "Forbidden"},
    "an array": {"code": 403, "body": ["error"]},
    "an object of another kind": {"code": 401, "body": {"message": "Forbidden"}},
}


@pytest.fixture
def kitten(refonte: Sandbox) -> Sandbox:
    refonte.add_batch("kitten-07", status="staging", counts={"pending": 3, "completed": 1})
    return refonte


def keep_out(refonte: Sandbox, match: str = "*", **options: Any) -> None:
    told: dict[str, Any] = KEPT_OUT["a page of a proxy"] | options
    refonte.fault("status", match, **told)


def poll(key: KeyHandle, times: int, clock: Clock, every: timedelta = MINUTE) -> KeyHandle:
    """As an open tab: with the key as each request finds it."""
    for _ in range(times):
        read_status(as_stored(key), kind=Kind.POLL)
        clock.shift(every)
    return as_stored(key)


@pytest.mark.parametrize("options", KEPT_OUT.values(), ids=KEPT_OUT)
def test_one_such_answer_leaves_the_key_and_what_was_read_with_it(
    options: dict[str, Any], key: KeyHandle, kitten: Sandbox, clock: Clock
):
    read_status(key)
    clock.shift(MINUTE)
    kitten.fault("status", STATUS, **options)

    reading = read_status(key, kind=Kind.POLL)

    assert reading.failure
    assert reading.failure.outcome == "vendor_error"
    assert "without a reason" in reading.failure.message
    assert reading.data
    assert reading.data.counts.pending == 3
    assert not as_stored(key).is_refused
    assert StoredReading.objects.exists()


def test_the_vendors_own_reason_marks_the_key_at_once(key: KeyHandle, kitten: Sandbox):
    kitten.refuse_key(LIVE_KEY)

    read_status(key, kind=Kind.POLL)

    assert as_stored(key).is_refused


def test_the_tab_comes_back_by_itself(key: KeyHandle, kitten: Sandbox, clock: Clock):
    keep_out(kitten)
    poll(key, 2, clock)
    kitten.reset()

    reading = read_status(as_stored(key), kind=Kind.POLL)

    assert reading.failure is None
    assert as_stored(key).denials == 0


def test_nothing_else_for_five_minutes_marks_the_key_and_says_that_no_reason_came(
    key: KeyHandle, kitten: Sandbox, clock: Clock
):
    read_status(key)
    clock.shift(MINUTE)
    keep_out(kitten)

    assert not poll(key, 5, clock).is_refused

    marked = poll(key, 1, clock)
    assert marked.is_refused
    assert "without a reason" in marked.refusal
    assert read_status(marked, kind=Kind.POLL).data is None


def test_five_in_a_few_seconds_are_not_enough(key: KeyHandle, kitten: Sandbox, clock: Clock):
    keep_out(kitten)

    assert not poll(key, 30, clock, every=timedelta(seconds=9)).is_refused


def test_four_in_an_hour_are_not_enough(key: KeyHandle, kitten: Sandbox, clock: Clock):
    keep_out(kitten)

    assert not poll(key, 4, clock, every=15 * MINUTE).is_refused


@pytest.mark.parametrize(
    "other",
    [
        None,
        {"code": 404, "body": None},
        {"code": 400, "body": None},
        {"code": 429, "body": None},
        {"code": 500, "body": "<h1>500</h1>"},
    ],
    ids=["an answer", "404", "400", "429", "500"],
)
def test_any_other_answer_begins_the_count_anew(
    other: dict[str, Any] | None, key: KeyHandle, kitten: Sandbox, clock: Clock
):
    keep_out(kitten)
    poll(key, 5, clock)
    kitten.reset()
    if other:
        kitten.fault("status", STATUS, **other)
    poll(key, 1, clock, every=10 * MINUTE)
    kitten.reset()
    keep_out(kitten)

    assert not poll(key, 5, clock).is_refused


@pytest.mark.parametrize("kind", ["hang", "reset_before_acting"])
def test_no_answer_between_them_changes_nothing(
    kind: str, key: KeyHandle, kitten: Sandbox, clock: Clock, settings: Any
):
    settings.REFONTE_TIMEOUT = 0.5
    keep_out(kitten)
    poll(key, 4, clock)
    kitten.reset()
    kitten.fault(kind, STATUS)
    poll(key, 1, clock)
    kitten.reset()
    keep_out(kitten)

    assert poll(key, 1, clock).is_refused


def test_they_are_counted_for_all_who_hold_the_key(
    key: KeyHandle, bob: User, key_for: KeyMaker, kitten: Sandbox, clock: Clock
):
    his = key_for(bob)
    keep_out(kitten)
    for holder in (key, his, key, his, key):
        poll(holder, 1, clock, every=MINUTE)
    poll(his, 1, clock)

    assert ApiKey.objects.filter(is_refused=False).count() == 0


def test_an_answer_to_another_key_says_nothing_of_this_one(
    key: KeyHandle, bob: User, key_for: KeyMaker, kitten: Sandbox, clock: Clock
):
    keep_out(kitten)
    poll(key, 3, clock)
    key_states.mark_accepted(key=key_for(bob, mode="test"), asked_at=timezone.now())

    assert as_stored(key).denials == 3


@pytest.mark.django_db(transaction=True)
def test_counting_at_once_loses_none(key: KeyHandle, kitten: Sandbox):
    run_together(4, lambda: key_states.note_denials(key=key, calls=1))

    assert as_stored(key).denials == 4


def test_one_key_that_is_kept_out_stops_no_other(
    key: KeyHandle, bob: User, key_for: KeyMaker, kitten: Sandbox, clock: Clock
):
    keep_out(kitten)
    for _ in range(6):
        with pytest.raises(Denied):
            _call(key, Kind.POLL)

    assert not calls.safeguards().breaker.is_open


def test_a_person_who_tries_a_marked_key_again_is_kept_to_once_a_minute(
    key: KeyHandle, kitten: Sandbox, clock: Clock
):
    keep_out(kitten)
    marked = poll(key, 6, clock)
    assert marked.is_refused
    kitten.forget_calls()

    for _ in range(3):
        with pytest.raises(VendorError):
            _call(as_stored(key), Kind.PAGE)
        clock.shift(20)
        with pytest.raises(Exception, match="without a reason"):
            _call(as_stored(key), Kind.PAGE)
        clock.shift(41)

    assert len(kitten.calls) == 6  # a page load may try twice


def test_projects_alone_say_nothing_of_the_key(key: KeyHandle, kitten: Sandbox, clock: Clock):
    keep_out(kitten, "GET /v1/projects")
    for _ in range(8):
        read_query(as_stored(key), queries.projects_query(), Kind.PAGE)
        clock.shift(MINUTE)

    assert (as_stored(key).is_refused, as_stored(key).denials) == (False, 0)


def test_a_list_with_its_projects_kept_out_counts_the_list_once(
    key: KeyHandle, kitten: Sandbox, clock: Clock
):
    keep_out(kitten)
    read.read_together(
        key=key,
        queries=(queries.list_query(ListQuery()), queries.projects_query()),
        kind=Kind.PAGE,
        deadline=calls.new_deadline(),
    )

    assert as_stored(key).denials == 1


@pytest.mark.parametrize("acting", [True, False])
def test_a_write_that_something_on_the_way_answered_is_settled_by_reading(
    acting: bool, alice: User, key: KeyHandle, kitten: Sandbox
):
    kitten.fault("html", operations.POST_CREATE, times=1, code=403, acting=acting)

    operation = operations.create(alice, key, "kitten-08")

    assert operation.state == State.CHECKING


def test_not_found_is_still_not_found_for_a_key_once_kept_out(
    key: KeyHandle, kitten: Sandbox, clock: Clock
):
    keep_out(kitten)
    poll(key, 2, clock)
    kitten.reset()

    with pytest.raises(NotFound):
        calls.call_vendor(
            key=as_stored(key),
            kind=Kind.POLL,
            deadline=calls.new_deadline(),
            send=lambda client, secret: client.get_batch(
                secret, "nobody", deadline=calls.new_deadline()
            ),
        )

    assert as_stored(key).denials == 0


# The end of a refusal


@pytest.mark.parametrize("way", ["check", "page of another tab", "the same key of another person"])
def test_when_a_refusal_ends_the_next_poll_of_every_tab_asks_again(
    way: str,
    alice: User,
    bob: User,
    key: KeyHandle,
    key_for: KeyMaker,
    kitten: Sandbox,
    clock: Clock,
):
    kitten.refuse_key(LIVE_KEY)
    read_status(key)
    poll(key, 3, clock)
    assert as_stored(key).is_refused
    kitten.reset()

    if way == "check":
        checks.check_key(user=alice, key=as_stored(key))
    elif way == "page of another tab":
        read_query(as_stored(key), queries.list_query(ListQuery()), Kind.PAGE)
    else:
        checks.add_key(owner=bob, label="his", mode="live", secret=Secret(LIVE_KEY))

    reading = read_status(as_stored(key), kind=Kind.POLL)
    assert reading.failure is None
    assert reading.data


def test_a_poll_with_a_refused_key_is_answered_without_a_call_and_always_the_same(
    key: KeyHandle, kitten: Sandbox, clock: Clock
):
    kitten.refuse_key(LIVE_KEY)
    read_status(key)
    kitten.forget_calls()
    clock.shift(MINUTE)

    one = read_status(as_stored(key), kind=Kind.POLL)
    clock.shift(30 * MINUTE)
    other = read_status(as_stored(key), kind=Kind.POLL)

    assert one.failure == other.failure
    assert other.next_try is None
    assert not kitten.calls


def _call(key: KeyHandle, kind: Kind) -> None:
    deadline = calls.new_deadline()
    calls.call_vendor(
        key=key,
        kind=kind,
        deadline=deadline,
        send=lambda client, secret: client.get_status(secret, "kitten-07", deadline=deadline),
    )

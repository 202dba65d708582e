"""Lists of what needs somebody, and lists in another order: from records, without a call."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User

from batches.models import Alarm, AlarmKind, ApiKey, SeenBatch
from batches.sandbox import Sandbox
from batches.services.batches.lists import read_any_list
from batches.services.keys.types import KeyHandle
from tests.support.batch_lists import filters, first_page, names_of, poll_again
from tests.support.clock import NOON
from tests.support.known import alarmed, estimated, noted
from tests.support.reads import as_stored
from tests.support.vendor import KeyMaker

pytestmark = pytest.mark.usefixtures("clock")


LITTER: dict[str, dict[str, Any]] = {
    "a": {"counts": {"pending": 9, "completed": 1, "error": 7}},
    "b": {"counts": {"pending": 10, "completed": 10, "error": 0}},
    "c": {"counts": {"pending": 10, "completed": 10, "error": 30}, "project": "dogs"},
    "d": {"counts": {"pending": 10, "completed": 10}, "status": "staging"},
    "e": {"counts": {"completed": 10, "error": 3}, "status": "completed"},
}


@pytest.fixture
def litter(key: KeyHandle, refonte: Sandbox) -> KeyHandle:
    """The key of five batches, `a` the newest. All were seen; the calls for it are forgotten."""
    for minutes, (name, facts) in enumerate(LITTER.items()):
        created = NOON - timedelta(minutes=minutes)
        refonte.add_batch(name, created_at=created, **{"project": "kittens"} | facts)
    first_page(key)
    refonte.forget_calls()
    return key


def names(key: KeyHandle, **fields: Any) -> str:
    return "".join(names_of(read_any_list(key=key, filters=filters(**fields))))


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("-age", "edcba"),
        ("errors", "beacd"),
        ("-errors", "caebd"),
        ("due", "cabde"),
        ("-due", "acbde"),
        ("speed", "bcade"),
        ("-speed", "cbade"),
        ("estimate", "cbade"),
        ("-estimate", "bcade"),
        ("changed", "cdeab"),
        ("-changed", "baedc"),
    ],
)
def test_rows_are_sorted_by_what_is_known_and_what_is_not_stands_last(
    litter: KeyHandle, refonte: Sandbox, sort: str, order: str
):
    noted(litter, "a", due_at=NOON + timedelta(hours=9))
    noted(litter, "c", due_at=NOON - timedelta(hours=9))
    noted(litter, "e", due_at=NOON - timedelta(days=9))  # completed: nothing is due any more
    estimated(litter, "b", hours=(3, 5), speed=2)
    estimated(litter, "c", hours=(1, 2), speed=50)
    # a range that has ended and a speed of long ago are not known
    estimated(litter, "a", hours=(-3, -2), speed=9, as_of=NOON - timedelta(hours=1))
    for hours, name in enumerate("cdeab"):
        at = NOON + timedelta(hours=hours)
        # of rows from before changes were noted the last sample counts
        times = {"sampled_at": at, "changed_at": at if name != "d" else None}
        SeenBatch.objects.filter(name=name).update(**times)

    listing = read_any_list(key=litter, filters=filters(sort=sort))

    assert "".join(names_of(listing)) == order
    assert (listing.total, listing.older) == (5, None)
    assert not refonte.calls


def test_filters_narrow_a_sorted_list(litter: KeyHandle):
    assert names(litter, sort="-errors", project="kittens") == "aebd"
    assert names(litter, sort="-errors", status="in_progress") == "cab"
    assert names(litter, sort="-errors", q=" C ") == "c"
    assert names(litter, sort="-errors", q="%") == ""
    assert names(litter, sort="-age", start=NOON.date()) == "edcba"
    assert names(litter, sort="-age", end=(NOON - timedelta(days=1)).date()) == ""


def test_pages_of_a_sorted_list_are_counted(litter: KeyHandle):
    pages = [read_any_list(key=litter, filters=filters(sort="-errors", limit=2))]
    while pages[-1].older:
        pages.append(read_any_list(key=litter, filters=pages[-1].older))

    assert ["".join(names_of(page)) for page in pages] == ["ca", "eb", "d"]
    assert [page.first_number for page in pages] == [1, 3, 5]


def test_batches_need_attention_for_any_reason_or_for_one(litter: KeyHandle, refonte: Sandbox):
    alarmed(litter, "a", AlarmKind.ERRORS)
    alarmed(litter, "b", AlarmKind.STALLED)
    alarmed(litter, "b", AlarmKind.ERRORS)
    alarmed(litter, "c", AlarmKind.AT_RISK)
    alarmed(litter, "d", AlarmKind.STAGING)

    found = {
        reason: names(litter, attention=reason)
        for reason in ("any", "stalled", "staging", "errors", "at_risk")
    }

    # the worst first
    assert found == {
        "any": "cbad",
        "stalled": "b",
        "staging": "d",
        "errors": "ba",
        "at_risk": "c",
    }
    assert names(litter, attention="any", project="dogs") == "c"
    assert names(litter, attention="any", sort="-age") == "dcba"
    assert not refonte.calls


def test_what_was_dismissed_ended_or_is_of_another_key_needs_none(
    litter: KeyHandle, bob: User, key_for: KeyMaker
):
    alarmed(litter, "a", AlarmKind.ERRORS, dismissed_at=NOON)
    alarmed(litter, "b", AlarmKind.STALLED, ended_at=NOON)
    other = key_for(bob, mode="test")
    SeenBatch.objects.create(fingerprint=other.fingerprint, name="a", seen_at=NOON)
    alarmed(other, "a", AlarmKind.STALLED)
    Alarm.objects.create(
        fingerprint=litter.fingerprint,
        kind=AlarmKind.AT_REST,
        since=NOON,
        began_at=NOON,
        checked_at=NOON,
        subject="1",
    )

    listing = read_any_list(key=litter, filters=filters(attention="any"))

    assert (listing.rows, listing.total, listing.attention) == ((), 0, 0)
    assert names(other, sort="-age") == "a"


def test_a_refused_key_shows_nothing(litter: KeyHandle):
    alarmed(litter, "a", AlarmKind.ERRORS)
    ApiKey.objects.update(is_refused=True)

    listing = read_any_list(key=as_stored(litter), filters=filters(attention="any"))

    assert (listing.rows, listing.attention) == ((), None)
    assert listing.reading.failure
    poll = poll_again(as_stored(litter), ["a"], attention="any")
    assert (poll.rows, poll.new) == ((), 0)


def test_ages_are_shown_where_counts_are_older_than_the_newest(
    litter: KeyHandle, clock: time_machine.Traveller
):
    SeenBatch.objects.filter(name="a").update(counts_at=NOON + timedelta(minutes=9))
    SeenBatch.objects.filter(name="b").update(counts_at=NOON + timedelta(minutes=8, seconds=30))
    clock.shift(600)

    listing = read_any_list(key=litter, filters=filters(sort="-age"))

    assert listing.reading.as_of == NOON + timedelta(minutes=9)
    ages = {row.name: row.progress.as_of for row in listing.rows}
    assert ages == {"a": None, "b": None} | dict.fromkeys("cde", NOON)


def test_a_poll_keeps_the_rows_in_their_places_and_counts_what_is_new(
    litter: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
):
    shown = names_of(read_any_list(key=litter, filters=filters(sort="-errors")))
    SeenBatch.objects.filter(name="d").update(counts={"completed": 1, "error": 99})
    SeenBatch.objects.create(
        fingerprint=litter.fingerprint,
        name="late",
        created_at=NOON + timedelta(seconds=30),
        seen_at=NOON,
    )

    poll = poll_again(litter, shown, since=NOON, sort="-errors")

    assert [row.name for row in poll.rows] == shown
    assert (poll.new, poll.total, poll.poll_seconds) == (1, 6, 30)
    assert not refonte.calls


def test_a_poll_of_what_needs_attention_counts_what_came_since(litter: KeyHandle, refonte: Sandbox):
    alarmed(litter, "e", AlarmKind.ERRORS)
    alarmed(litter, "b", AlarmKind.STALLED)

    poll = poll_again(litter, ["b", "gone"], since=NOON, attention="any")

    assert ([row.name for row in poll.rows], poll.new, poll.attention) == (["b"], 1, 2)
    assert not refonte.calls


# Sums


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, None),
        ({"sort": "-age"}, None),
        ({"project": "kittens"}, (70, 31, 10, 29, 4, 4)),
        ({"project": "kittens", "limit": 2}, (70, 31, 10, 29, 4, 4)),
        ({"project": "kittens", "sort": "-errors", "limit": 2}, (70, 31, 10, 29, 4, 4)),
        ({"attention": "any", "limit": 1}, (67, 11, 37, 19, 2, 2)),
        ({"q": "c"}, (50, 10, 30, 10, 1, 1)),
        ({"project": "none"}, None),
    ],
)
def test_a_filtered_list_has_a_sum_of_all_its_batches(
    litter: KeyHandle, fields: dict[str, Any], expected: tuple[int, ...] | None
):
    alarmed(litter, "a", AlarmKind.ERRORS)
    alarmed(litter, "c", AlarmKind.ERRORS)

    listing = read_any_list(key=litter, filters=filters(**fields))
    poll = poll_again(litter, names_of(listing), **fields)

    found = listing.sum
    assert (
        found and (found.tasks, found.done, found.errors, found.left, found.known, found.batches)
    ) == expected
    assert poll.sum == found


def test_batches_without_counts_are_not_known_to_a_sum(litter: KeyHandle, refonte: Sandbox):
    SeenBatch.objects.filter(name="b").update(counts=None)

    found = read_any_list(key=litter, filters=filters(sort="-age", project="kittens")).sum

    assert found
    assert (found.known, found.batches, found.tasks) == (3, 4, 50)

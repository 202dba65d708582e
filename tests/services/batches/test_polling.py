"""A look again at a list: one call, or eight statuses once for all who look; rows never jump."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from batches.models import SeenBatch
from batches.sandbox import LIVE_KEY, Sandbox
from batches.services.batches import pace
from batches.services.batches.listing import read_list
from batches.services.batches.polling import LEFT, ListPoll, poll_list
from batches.services.keys.types import KeyHandle
from tests.support.batch_lists import EPOCH, first_page, names_of, poll_again
from tests.support.clock import NOON

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def terse(refonte: Sandbox) -> Sandbox:
    """A vendor whose lists hold no counts."""
    refonte.configure(detailed="none")
    return refonte


def add(refonte: Sandbox, *names: str, **details: Any) -> list[str]:
    for place, name in enumerate(names):
        created = timezone.now() - timedelta(minutes=place)
        facts = {"counts": {"pending": 10, "completed": 30}} | details
        refonte.add_batch(name, created_at=created, **facts)
    return [*names]


def statuses(refonte: Sandbox) -> list[str]:
    """Names whose status was asked for since the last time."""
    calls = refonte.calls_to("GET", "/batches/*/status")
    refonte.forget_calls()
    return [call.path.split("/")[2] for call in calls]


def words(poll: ListPoll) -> dict[str, str]:
    return {row.name: row.progress.words for row in poll.rows}


# Where lists hold counts


def test_a_look_again_costs_one_call(
    key: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
):
    names = add(refonte, *"abc")
    first_page(key)
    refonte.forget_calls()
    refonte.set_counts("b", pending=0, completed=40)
    clock.shift(10)

    poll = poll_again(key, names)

    assert [call.path for call in refonte.calls] == ["/batches"]
    assert words(poll)["b"] == "40 of 40 completed, all tasks done, not closed yet"
    assert poll.reading.as_of == timezone.now()
    assert poll.new == 0


def test_a_look_again_never_tries_twice(
    key: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
):
    names = add(refonte, *"abc")
    first_page(key)
    refonte.forget_calls()
    refonte.fault("status", code=503)
    clock.shift(10)

    poll = poll_again(key, names)

    assert len(refonte.calls) == 1
    assert poll.reading.is_stale
    assert poll.reading.as_of == NOON
    assert words(poll)["a"] == "30 of 40 completed, 75 % finished"
    assert poll.poll_seconds == 10


def test_fifty_who_look_again_cost_one_call(
    key: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
):
    names = add(refonte, *"abc")
    first_page(key)
    refonte.forget_calls()
    clock.shift(10)

    for _ in range(50):
        poll_again(key, names)

    assert len(refonte.calls) == 1


def test_rows_keep_the_order_in_which_they_are_shown(
    key: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
):
    add(refonte, *"abc")
    first_page(key)
    clock.shift(10)

    poll = poll_again(key, ["c", "a", "b"])

    assert [row.name for row in poll.rows] == ["c", "a", "b"]


def test_new_batches_are_counted_and_move_nothing(
    key: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
):
    names = add(refonte, *"abc")
    first_page(key)
    clock.shift(10)
    add(refonte, "new-1", "new-2")

    poll = poll_again(key, names, EPOCH)

    assert poll.new == 2
    assert [row.name for row in poll.rows] == names


def test_batches_that_come_up_from_the_next_page_are_not_new(
    key: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
):
    names = add(refonte, *(f"kitten-{number:02}" for number in range(27)))
    oldest_shown = NOON - timedelta(minutes=24)
    first_page(key, limit=25, status="in_progress")
    refonte.set_status("kitten-03", "completed")
    clock.shift(10)

    poll = poll_again(key, names[:25], oldest_shown, limit=25, status="in_progress")

    assert poll.new == 0
    assert {row.name: row.mark for row in poll.rows if row.mark} == {"kitten-03": LEFT}
    assert [row.name for row in poll.rows] == names[:25]


def test_a_row_pushed_off_the_page_is_not_taken_for_one_that_left(
    key: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
):
    names = add(refonte, *(f"kitten-{number:02}" for number in range(30)))[:25]
    first_page(key, limit=25)
    clock.shift(10)
    add(refonte, "new-1", "new-2")

    poll = poll_again(key, names, NOON - timedelta(minutes=24), limit=25)

    assert poll.new == 2
    assert not any(row.mark for row in poll.rows)
    assert poll.rows[-1].progress.as_of == NOON


def test_on_older_pages_what_is_new_is_asked_for_once_a_minute(
    key: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
):
    names = add(refonte, *(f"kitten-{number:02}" for number in range(60)))
    older = first_page(key, limit=25).older
    assert older
    shown = names_of(read_list(key=key, filters=older))
    refonte.forget_calls()
    news = []
    for _ in range(11):  # until just before the second minute is over
        clock.shift(10)
        refonte.add_batch(f"late-{timezone.now()}", created_at=timezone.now())
        news.append(poll_list(key=key, filters=older, shown=shown, since=NOON).new)

    assert len(refonte.calls) == 11 + 1
    assert (news[0], news[-1]) == (0, 6)
    assert shown == names[25:50]


def test_a_row_nobody_knows_is_left_as_it_is(key: KeyHandle, refonte: Sandbox):
    add(refonte, "a")

    poll = poll_again(key, ["never", "a"])

    assert [row.name for row in poll.rows] == ["a"]


def test_a_refused_key_slows_the_looking_down(
    key: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
):
    shown = add(refonte, *"abc")
    first_page(key)
    refonte.refuse_key(LIVE_KEY)
    clock.shift(10)

    poll = poll_again(key, shown)

    assert poll.reading.data is None
    assert poll.poll_seconds == pace.REFUSED


@pytest.mark.parametrize("rows", [25, 100])
@pytest.mark.parametrize("detailed", ["default", "none"])
def test_the_database_is_asked_little_however_many_rows(
    rows: int,
    detailed: str,
    key: KeyHandle,
    refonte: Sandbox,
    clock: time_machine.Traveller,
    django_assert_max_num_queries: Any,
):
    """Two more are the account and its keys. Who asks the vendor also opens the key, records the
    answer (a begin, a look, at most four statements, a commit), stores it and notes that the key
    was used; before a round of statuses is what is known.
    """
    refonte.configure(detailed=detailed)
    shown = add(refonte, *(f"kitten-{number}" for number in range(rows)))
    first_page(key, limit=100)
    for seconds in (0, 3, 30, 300):
        clock.shift(seconds)
        refonte.add_batch(f"late-{seconds}", created_at=timezone.now())
        with django_assert_max_num_queries(11):
            poll_again(key, shown, limit=100)


def test_who_looks_at_what_is_at_hand_asks_the_database_once(
    key: KeyHandle, refonte: Sandbox, django_assert_num_queries: Any
):
    shown = add(refonte, *(f"kitten-{number}" for number in range(50)))
    first_page(key)

    # for newer facts, estimates, alarms, notes and priorities together
    with django_assert_num_queries(1):
        poll_again(key, shown)


# Where lists hold none


def test_statuses_are_read_eight_at_a_time_until_all_are_known(
    key: KeyHandle, terse: Sandbox, clock: time_machine.Traveller
):
    shown = add(terse, *(f"kitten-{number:02}" for number in range(20)))
    listing = first_page(key)
    assert {row.progress.words for row in listing.rows} == {"not read yet"}
    assert listing.poll_seconds == 2

    terse.forget_calls()
    read, paces = [], []
    for _ in range(3):
        clock.shift(2)
        poll = poll_again(key, shown)
        read.append(len(statuses(terse)))
        paces.append(poll.poll_seconds)

    assert read == [8, 8, 4]
    assert paces == [2, 2, 10]
    assert set(words(poll).values()) == {"30 of 40 completed, 75 % finished"}


def test_then_the_oldest_on_screen_come_first(
    key: KeyHandle, terse: Sandbox, clock: time_machine.Traveller
):
    shown = add(terse, *(f"kitten-{number:02}" for number in range(16)))
    first_page(key)
    rounds = []
    terse.forget_calls()
    for _ in range(4):
        clock.shift(10)
        poll_again(key, shown)
        rounds.append(sorted(statuses(terse)))

    assert len(rounds[0]) == len(rounds[1]) == 8
    assert sorted(rounds[0] + rounds[1]) == shown
    assert rounds[2:] == rounds[:2]


def test_fifty_who_look_cost_no_more_statuses_than_one(
    key: KeyHandle, terse: Sandbox, clock: time_machine.Traveller
):
    shown = add(terse, *(f"kitten-{number:02}" for number in range(30)))
    first_page(key)
    terse.forget_calls()
    clock.shift(10)

    polls = [poll_again(key, shown) for _ in range(50)]

    assert len(statuses(terse)) == 8
    assert {poll.reading.as_of for poll in polls} == {timezone.now()}


def test_a_completed_batch_is_read_once(
    key: KeyHandle, terse: Sandbox, clock: time_machine.Traveller
):
    shown = add(terse, "a", status="completed", counts={"pending": 0, "completed": 40})
    first_page(key)
    terse.forget_calls()
    for _ in range(5):
        clock.shift(10)
        poll = poll_again(key, shown)

    assert statuses(terse) == ["a"]
    assert words(poll) == {"a": "40 of 40 completed, 100 % finished"}


def test_a_batch_that_completed_since_it_was_read_is_read_once_more(
    key: KeyHandle, terse: Sandbox, clock: time_machine.Traveller
):
    shown = add(terse, "a")
    first_page(key)
    clock.shift(2)
    poll_again(key, shown)
    terse.set_status("a", "completed")
    terse.set_counts("a", pending=1, completed=39)  # as a vendor may leave it
    clock.shift(60)
    poll_again(key, shown)  # the list tells that it completed
    terse.forget_calls()
    for _ in range(5):
        clock.shift(10)
        poll = poll_again(key, shown)

    assert statuses(terse) == ["a"]
    assert words(poll) == {"a": "39 of 40 completed, 97 % finished"}


def test_a_staging_batch_is_read_at_most_once_a_minute(
    key: KeyHandle, terse: Sandbox, clock: time_machine.Traveller
):
    shown = add(terse, "a", status="staging", counts={"pending": 4, "completed": 0})
    first_page(key)
    terse.forget_calls()
    for _ in range(18):
        clock.shift(10)
        poll_again(key, shown)

    assert len(statuses(terse)) == 3


def test_a_status_without_counts_is_not_asked_for_every_two_seconds(
    key: KeyHandle, terse: Sandbox, clock: time_machine.Traveller
):
    terse.configure(counts="missing")
    shown = add(terse, "a")
    first_page(key)
    clock.shift(2)

    poll = poll_again(key, shown)

    assert poll.poll_seconds == 10
    assert words(poll) == {"a": "Refonte does not say"}


def test_a_name_that_cannot_be_kept_is_not_asked_for_again_and_again(
    key: KeyHandle, terse: Sandbox, clock: time_machine.Traveller
):
    shown = add(terse, "nul\0", ".")
    assert first_page(key).poll_seconds == 10
    terse.forget_calls()
    clock.shift(10)

    assert poll_again(key, shown[:1]).poll_seconds == 10
    assert not statuses(terse)


def test_the_list_itself_is_read_again_every_minute(
    key: KeyHandle, terse: Sandbox, clock: time_machine.Traveller
):
    shown = add(terse, *"abc")
    first_page(key)
    terse.forget_calls()
    for _ in range(12):
        clock.shift(10)
        poll_again(key, shown)

    assert len(terse.calls_to("GET", "/batches")) == 2


def test_a_status_that_changed_shows_before_the_list_is_read_again(
    key: KeyHandle, terse: Sandbox, clock: time_machine.Traveller
):
    shown = add(terse, "a")
    first_page(key)
    terse.set_status("a", "paused")
    clock.shift(10)

    assert [row.status for row in poll_again(key, shown).rows] == ["paused"]
    clock.shift(1)
    assert [row.status for row in poll_again(key, shown).rows] == ["paused"]


def test_one_batch_that_is_gone_is_not_a_list_that_failed(
    key: KeyHandle, terse: Sandbox, clock: time_machine.Traveller
):
    shown = add(terse, *"abc")
    first_page(key)
    terse.remove("b")
    clock.shift(10)

    poll = poll_again(key, shown)

    assert not poll.reading.is_stale
    assert words(poll)["a"] == "30 of 40 completed, 75 % finished"


def test_when_the_vendor_is_down_all_who_look_are_told(
    key: KeyHandle, terse: Sandbox, clock: time_machine.Traveller
):
    shown = add(terse, *"abc")
    first_page(key)
    clock.shift(2)
    poll_again(key, shown)
    terse.fault("status", code=500)
    clock.shift(10)

    polls = [poll_again(key, shown) for _ in range(3)]

    assert [poll.reading.is_stale for poll in polls] == [True] * 3
    assert {poll.reading.as_of for poll in polls} == {NOON}
    assert words(polls[-1])["a"] == "30 of 40 completed, 75 % finished"


# A search


def test_a_search_looks_again_at_the_rows_it_shows(
    key: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
):
    add(refonte, "kitten-07", "puppy-07")
    first_page(key)
    refonte.forget_calls()
    refonte.set_counts("kitten-07", pending=0, completed=40)
    clock.shift(10)

    poll = poll_again(key, ["kitten-07"], q="kitten")

    assert statuses(refonte) == ["kitten-07"]
    assert words(poll) == {"kitten-07": "40 of 40 completed, all tasks done, not closed yet"}
    assert (poll.new, poll.tab_totals) == (0, {})
    assert not poll.rows[0].mark
    assert SeenBatch.objects.count() == 2


def test_a_search_borrows_neither_age_nor_trouble_of_the_list_without_words(
    key: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
):
    add(refonte, "kitten-07", status="completed")
    first_page(key)
    poll_again(key, ["kitten-07"], q="kitten")
    clock.shift(60)
    refonte.fault("status", "GET /v1/batches?*", code=500)
    first_page(key)

    poll = poll_again(key, ["kitten-07"], q="kitten")

    assert not poll.reading.is_stale
    assert poll.reading.as_of == timezone.now()
    assert [row.name for row in poll.rows] == ["kitten-07"]

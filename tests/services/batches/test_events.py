"""The timeline: newest first, and which of its lines have a mark on the chart."""

from datetime import datetime, timedelta

import pytest

from batches.models import AlarmKind, Operation, StatusChange, Verb
from batches.services.attention.types import OpenAlarm, PastAlarm, PastDismissal
from batches.services.batches.events import events_of
from batches.services.batches.kept import Kept, WatchedGap
from tests.support.clock import NOON


def change(minutes: float, message: str = "") -> StatusChange:
    return StatusChange(at=NOON + timedelta(minutes=minutes), after="in_progress", message=message)


def sent(minutes: float, verb: Verb) -> Operation:
    return Operation(created_at=NOON + timedelta(minutes=minutes), verb=verb)


def numbers(changes: list[StatusChange], operations: list[Operation]) -> list[int | None]:
    """From the oldest on."""
    kept = Kept(changes=tuple(changes))
    return [one.number for one in events_of(kept=kept, operations=operations)][::-1]


def test_the_newest_is_first_and_the_oldest_has_number_one():
    kept = Kept(changes=(change(19), change(1)))
    events = events_of(kept=kept, operations=[sent(5, Verb.PRIORITIZE)])
    assert [one.number for one in events] == [3, 2, 1]
    assert events[0].at > events[1].at > events[2].at


def test_a_create_is_the_beginning_and_has_no_mark():
    assert numbers([], [sent(0, Verb.CREATE), sent(1, Verb.FINALIZE)]) == [None, 1]


def test_what_an_operation_did_shares_its_mark():
    assert numbers([change(1), change(9)], [sent(0, Verb.FINALIZE)]) == [1, None, 2]


def test_a_count_that_fell_has_a_mark_of_its_own():
    assert numbers([change(1, "The total fell")], [sent(0, Verb.FINALIZE)]) == [1, 2]


def noted(minutes: float, **fields: str) -> Operation:
    before = dict.fromkeys(("due_at", "owner", "text"), "")
    operation = sent(minutes, Verb.NOTE)
    operation.parameters = before | fields | {"before": before}
    return operation


def test_a_due_date_has_a_mark_and_the_rest_of_a_note_has_none():
    due = noted(1, due_at="2026-11-27T19:00:00+00:00")
    assert numbers([], [noted(0, owner="vera"), due, noted(2, text="a")]) == [None, 1, None]


def test_a_note_did_not_change_the_status():
    due = noted(0, due_at="2026-11-27T19:00:00+00:00")
    assert numbers([change(1)], [due]) == [1, 2]


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def alarm(ended_at: datetime | None, *dismissals: PastDismissal) -> PastAlarm:
    found = OpenAlarm(
        id=1,
        kind=AlarmKind.STALLED,
        fingerprint="f",
        since=NOON,
        began_at=at(1),
        checked_at=at(1),
    )
    return PastAlarm(alarm=found, ended_at=ended_at, dismissals=dismissals)


def dismissal(minutes: float, ended: float | None) -> PastDismissal:
    ended_at = None if ended is None else at(ended)
    return PastDismissal(at=at(minutes), username="olga", reason="", ended_at=ended_at)


@pytest.mark.parametrize(
    ("past", "steps"),
    [
        (alarm(None), ["began"]),
        (alarm(at(9)), ["began", "ended"]),
        (alarm(None, dismissal(2, None)), ["began", "dismissed"]),
        (alarm(None, dismissal(2, 3)), ["began", "dismissed", "returned"]),
        # its end ends the dismissal, and is told once
        (alarm(at(9), dismissal(2, 9)), ["began", "dismissed", "ended"]),
    ],
)
def test_an_alarm_is_told_from_its_begin_to_its_end(past: PastAlarm, steps: list[str]):
    events = events_of(kept=Kept(alarms=(past,)), operations=[])[::-1]
    assert [one.alarm and one.alarm.step for one in events] == steps
    assert {one.number for one in events} == {None}


def test_watching_and_its_gaps_are_told_without_a_mark():
    gap = WatchedGap(at(5), at(30), "off")
    first, second = events_of(kept=Kept(watched_since=at(1), gaps=(gap,)), operations=[])[::-1]
    assert (first.is_first_look, first.at, first.number) == (True, at(1), None)
    assert (second.gap, second.at, second.number) == (gap, at(5), None)


@pytest.mark.parametrize(("opened_again", "told"), [(False, 1), (True, 2)])
def test_nothing_is_missed_in_a_gap_after_a_batch_has_ended(opened_again: bool, told: int):
    ended = StatusChange(at=at(10), after="completed")
    gaps = (WatchedGap(at(5), at(9), ""), WatchedGap(at(50), at(90), ""))
    changes = (ended, *([change(99)] if opened_again else []))
    events = events_of(kept=Kept(changes=changes, gaps=gaps), operations=[])
    assert len([one for one in events if one.gap]) == told

"""The timeline: newest first, and which of its lines have a mark on the chart."""

from datetime import timedelta

from batches.models import Operation, StatusChange, Verb
from batches.services.batches.events import events_of
from batches.services.batches.kept import Kept
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

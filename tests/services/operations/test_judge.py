"""Every answer × every reading × every other request: no record contradicts itself.

The verbs' own judgement is asked, without vendor and database, over the whole product of what may
be known. What must hold of each cell is said once, apart from how the code comes to it.
"""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from batches.models import Operation, PostAnswer, State, Verb
from batches.refonte import Batch, BatchStatus, NoAnswer, NotFound, RefonteError
from batches.services.operations import create, finalize, prioritize
from batches.services.operations.evidence import Evidence
from batches.services.operations.outcomes import Outcome

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
SENT = tuple(answer for answer in PostAnswer if answer is not PostAnswer.UNSENT)
CHECKS = range(6)
ABSENT, UNREAD = NotFound("none"), NoAnswer("nothing came")
OURS = Batch(name="kitten-07", project="kittens", created_at=NOON, status="staging")
NO_FACTS = Batch(name="kitten-07")
OTHER_PROJECT = Batch(name="kitten-07", project="dogs", created_at=NOON)
TOO_OLD = Batch(name="kitten-07", project="kittens", created_at=NOON - timedelta(seconds=61))
FOUND = (OURS, NO_FACTS, OTHER_PROJECT, TOO_OLD)
STATUSES = ("staging", "in_progress", "completed", "paused", "cancelled", "quarantined", None)
STARTED = ("in_progress", "completed")
# what says that it was not done, or changed nothing
NO_STATES = (State.NO_EFFECT, State.REFUSED, State.NOT_SENT, State.NOT_DONE)
NO_WORDS = ("nothing changed", "Nothing was sent", "not created", "not finalized", "refused")


def asked(verb: Verb, *, checks: int, before: str = "") -> Operation:
    return Operation(
        verb=verb,
        batch_name="kitten-07",
        project="kittens",
        parameters={"priority": 20},
        vendor_date=NOON,
        status_before=before,
        checks=checks,
    )


def said(answer: PostAnswer, seen: Batch | BatchStatus | RefonteError) -> Evidence:
    is_no = answer in (PostAnswer.TAKEN, PostAnswer.REFUSED)
    return Evidence(answer=answer, message="Refonte refused it: no." if is_no else "", seen=seen)


def others_of(state: State | None) -> tuple[Operation, ...]:
    return (Operation(state=state),) if state else ()


OTHERS = (None, State.CHECKING, State.SUCCEEDED)


@pytest.mark.parametrize("answer", SENT)
@pytest.mark.parametrize("other", OTHERS)
def test_a_create_says_no_more_than_is_known(answer: PostAnswer, other: State | None) -> None:
    readings: tuple[Batch | RefonteError, ...] = (*FOUND, ABSENT, UNREAD)
    for seen, checks in product(readings, CHECKS):
        operation = asked(Verb.CREATE, checks=checks)
        outcome = create.judge(operation, said(answer, seen), others_of(other))
        cell = (answer, seen, other, checks, outcome)
        assert outcome.state == wanted_of_create(answer, seen, other, checks), cell
        agrees(outcome, cell)
        if outcome.state not in (State.REFUSED, State.NOT_SENT):
            assert "another name" not in outcome.message, cell


def wanted_of_create(
    answer: PostAnswer, seen: Batch | RefonteError, other: State | None, checks: int
) -> State:
    if isinstance(seen, Batch) and answer is PostAnswer.ACCEPTED:
        return State.UNCONFIRMED if other == State.SUCCEEDED else State.SUCCEEDED
    if seen in (OTHER_PROJECT, TOO_OLD):
        return State.REFUSED
    if isinstance(seen, Batch):
        is_clear = answer in (PostAnswer.UNCLEAR, PostAnswer.THROTTLED) and not other
        return State.SUCCEEDED if is_clear else State.UNCONFIRMED
    if seen is UNREAD:
        return State.CHECKING
    at_once = {PostAnswer.THROTTLED: State.WAITING, PostAnswer.REFUSED: State.REFUSED}
    return at_once.get(answer) or (State.NOT_DONE if checks >= 4 else State.CHECKING)


@pytest.mark.parametrize("answer", SENT)
@pytest.mark.parametrize("before", ["staging", ""])
@pytest.mark.parametrize("other", OTHERS)
def test_a_finalize_says_no_more_than_is_known(
    answer: PostAnswer, before: str, other: State | None
) -> None:
    known = [BatchStatus(status=status) for status in STATUSES]
    readings: tuple[BatchStatus | RefonteError, ...] = (*known, ABSENT, UNREAD)
    for seen, checks in product(readings, CHECKS):
        operation = asked(Verb.FINALIZE, checks=checks, before=before)
        outcome = finalize.judge(operation, said(answer, seen), others_of(other))
        cell = (answer, before, seen, other, checks, outcome)
        after = seen.status if isinstance(seen, BatchStatus) else None
        assert outcome.state in allowed_of_finalize(answer, before, after, seen, other), cell
        assert outcome.status_after == after, cell
        agrees(outcome, cell)
        if before == "staging" and after in STARTED:
            assert not any(words in outcome.message for words in NO_WORDS[:4]), cell
        if outcome.state == State.NO_EFFECT:
            assert (answer, after) == (PostAnswer.ACCEPTED, "staging"), cell
            assert checks >= 2, cell
        if outcome.state == State.NOT_DONE:
            assert after == "staging", cell
            assert checks >= 4, cell


OF_STAGING = {
    PostAnswer.ACCEPTED: {State.CHECKING, State.NO_EFFECT},
    PostAnswer.THROTTLED: {State.WAITING},
    PostAnswer.UNCLEAR: {State.CHECKING, State.NOT_DONE},
    PostAnswer.TAKEN: {State.REFUSED},
    PostAnswer.REFUSED: {State.REFUSED},
}


def allowed_of_finalize(
    answer: PostAnswer,
    before: str,
    after: str | None,
    seen: BatchStatus | RefonteError,
    other: State | None,
) -> set[State]:
    """Where the words of the protocol leave a choice, any that is true."""
    if seen is UNREAD:
        return {State.CHECKING}
    if before == "staging" and after in STARTED:
        return {State.UNCONFIRMED if other else State.SUCCEEDED}
    if after == "staging":
        return OF_STAGING[answer]
    if answer is PostAnswer.ACCEPTED and after and before:
        return {State.UNCONFIRMED if other else State.SUCCEEDED}
    if answer in (PostAnswer.TAKEN, PostAnswer.REFUSED) and after not in STARTED:
        return {State.REFUSED, State.UNCONFIRMED} if after else {State.REFUSED}
    # one that was asked to wait is sent again only where nothing tells of its status
    waiting = {State.WAITING} if isinstance(seen, BatchStatus) and not after else set()
    return {State.CHECKING, State.UNCONFIRMED} | waiting


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (PostAnswer.ACCEPTED, State.SUCCEEDED),
        (PostAnswer.UNCLEAR, State.UNCONFIRMED),
        (PostAnswer.TAKEN, State.UNCONFIRMED),
        (PostAnswer.THROTTLED, State.WAITING),
        (PostAnswer.REFUSED, State.REFUSED),
    ],
)
def test_a_priority_is_judged_by_its_answer_alone(answer: PostAnswer, state: State) -> None:
    operation = asked(Verb.PRIORITIZE, checks=0)
    assert prioritize.judge(operation, Evidence(answer=answer, message="No."), ()).state == state


def agrees(outcome: Outcome, cell: object) -> None:
    """State, message and the time of the next check agree."""
    assert outcome.message, cell
    assert bool(outcome.wait) == (outcome.state in State.open_states()), cell
    if outcome.state in (State.SUCCEEDED, State.UNCONFIRMED):
        assert not outcome.message.startswith(("It was not", "Nothing")), cell
    if outcome.state == State.SUCCEEDED:
        assert outcome.message.startswith(("Created.", "Finalized:")), cell
    else:
        assert not outcome.message.startswith(("Created.", "Finalized:")), cell
    if "You may send it again" in outcome.message:
        assert outcome.state in (State.NOT_DONE, State.NOT_SENT), cell
    if outcome.state == State.CHECKING:
        assert "not send it again" in outcome.message, cell

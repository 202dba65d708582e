"""Bulks in words."""

import uuid

import pytest

from batches.models import Bulk, Operation, PlanGroup, State, Verb
from batches.services.bulks.types import PlanRow, ReceiptRow, RowOutcome
from batches.templatetags import bulks


def bulk(**fields: object) -> Bulk:
    return Bulk(**{"verb": Verb.FINALIZE, "parameters": {}, "state": "finished"} | fields)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "1 s"),
        (0.2, "1 s"),
        (45, "45 s"),
        (89.2, "90 s"),
        (90, "2 min"),
        (720, "12 min"),
        (5_400, "1 h 30 min"),
        (7_200, "2 h"),
        (7_201, "2 h 1 min"),
    ],
)
def test_a_span_is_rounded_up(seconds: float, words: str) -> None:
    assert bulks.span_text(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.02, "50 a second"),
        (0.5, "2 a second"),
        (1, "one every second"),
        (2, "one every 2 s"),
        (150, "one every 3 min"),
    ],
)
def test_a_pace_is_one_row_after_the_other(seconds: float, words: str) -> None:
    assert bulks.pace_words(seconds) == words


def test_titles_say_what_is_asked_done_and_was_done() -> None:
    prioritize = bulk(verb=Verb.PRIORITIZE, parameters={"priority": 25})
    assert bulks.plan_title(bulk(), 1) == "Finalize 1 batch"
    assert bulks.plan_title(bulk(), 0) == "Nothing to finalize"
    assert bulks.plan_title(prioritize, 1_200) == "Set priority 25 for 1,200 batches"
    assert bulks.run_title(prioritize, 3) == "Setting priority 25 for 3 batches"
    assert bulks.receipt_title(prioritize, 2, 3) == "Priority 25 set for 2 of 3 batches"
    assert bulks.receipt_title(bulk(verb=Verb.CREATE), 2, 3) == "Created 2 of 3 batches"
    stopped = bulks.receipt_title(bulk(state="stopped"), 2, 3)
    assert stopped == "Stopped: finalized 2 of 3 batches"


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ("all that match Created: today", "all 7 that match Created: today"),
        ("the 7 that failed", "the 7 that failed"),
        ("the first 1,000 of more that match x", "the first 1,000 of more that match x"),
        ("by hand", "7 batches: by hand"),
        ("", "7 batches"),
    ],
)
def test_what_was_chosen_is_said_with_its_number(chosen: str, words: str) -> None:
    assert f">{words}<" in bulks.chosen_words(bulk(chosen=chosen), 7)


def test_what_was_chosen_is_text() -> None:
    assert "<b>" not in bulks.chosen_words(bulk(chosen="all that match <b>"), 1)


@pytest.mark.parametrize(
    ("answer", "message", "said"),
    [
        ("Refonte refused it: No such batch", "", "No such batch"),
        ("", "Refonte refused it: Bad", "Bad"),
        ("Not known. Refonte said: 404 <b>", "x", "404 <b>"),
        ("Nothing was sent.", "Nothing was sent.", ""),
    ],
)
def test_the_words_of_refonte_are_found_in_what_was_recorded(
    answer: str, message: str, said: str
) -> None:
    operation = Operation(answer_message=answer, message=message)
    assert bulks.vendor_words(operation) == said


def receipt_row(outcome: RowOutcome, operation: Operation | None, message: str = "") -> ReceiptRow:
    return ReceiptRow(
        position=0,
        name="kitten",
        project="",
        outcome=outcome,
        message=message,
        group=PlanGroup.WILL_DO,
        status="staging",
        total=1,
        operation=operation,
    )


def test_a_refusal_is_quoted_with_its_number() -> None:
    operation = Operation(
        id=uuid.uuid4(),
        state=State.REFUSED,
        http_status=400,
        answer_message="Refonte refused it: <b>No",
    )
    row = receipt_row(RowOutcome.FAILED, operation)
    assert bulks.row_said(row) == "400 · “&lt;b&gt;No”"
    assert "Failed" in bulks.row_outcome(row)


@pytest.mark.parametrize("outcome", RowOutcome)
def test_a_row_without_an_operation_has_an_outcome_and_its_message(outcome: RowOutcome) -> None:
    row = receipt_row(outcome, None, "Already so")
    is_left = outcome == RowOutcome.SKIPPED
    assert bulks.row_said(row) == ("Not ticked. Already so" if is_left else "Already so")
    assert "status" in bulks.row_outcome(row)


@pytest.mark.parametrize("state", State)
def test_every_state_of_an_operation_has_a_word_here(state: State) -> None:
    row = receipt_row(RowOutcome.UNKNOWN, Operation(state=state, message="It is so."))
    assert bulks.row_said(row) == "It is so."
    assert "</svg>" in bulks.row_outcome(row)


def test_only_what_is_to_be_looked_at_stands_out() -> None:
    def row(group: PlanGroup) -> PlanRow:
        return PlanRow(
            position=0,
            name="kitten",
            project="",
            group=group,
            message="Empty: <b>",
            is_ticked=False,
            status="",
            total=None,
            grew_at=None,
            read_at=None,
            parameters={"callback": "https://a.example", "calibration_batch": True, "priority": 9},
        )

    assert bulks.row_reason(row(PlanGroup.LOOK_FIRST)) == '<b class="wait">Empty:</b> &lt;b&gt;'
    assert bulks.row_reason(row(PlanGroup.SKIPPED)) == "Empty: <b>"
    settings = bulks.create_fields(row(PlanGroup.WILL_DO))
    assert settings == "https://a.example, calibration batch, priority 9"


def test_waits_are_told_once_or_counted() -> None:
    assert "asked to wait 3 times" in bulks.ran_words(bulk(waits=3))
    assert "asked to wait once" in bulks.ran_words(bulk(waits=1))
    assert bulks.waited_words(bulk(), "") == ""


def test_a_bulk_has_a_short_number_and_words() -> None:
    one = bulk(id=uuid.UUID("7f3a19" + "0" * 26), rows_chosen=3, rows_ticked=2)
    assert bulks.bulk_number(one) == "b-7f3a19"
    assert bulks.bulk_words(one) == "Finalize 2 batches"

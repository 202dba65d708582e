"""What was changed in the database behind the console's back is named."""

import tracemalloc
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db.models import F
from django.utils import timezone
from pytest_django.fixtures import Settings

from batches.models import Operation, OperationEvent, RecordCheck, RecordHead, RecordSeal, Verb
from batches.services.keys.types import KeyHandle
from batches.services.seals import verify
from batches.services.seals.chain import next_seal, read_head
from batches.services.seals.checks import check_hourly, check_record, last_check
from batches.services.seals.text import COLUMNS
from batches.services.seals.verify import Fault, Head
from tests.support.operations import unsaved_operation
from tests.support.query_plans import plans_of, slow_steps
from tests.support.seals import findings, settled

# Another value of each column, by its kind.
OTHERS: dict[str, Any] = {
    "form_id": uuid4(),
    "parameters": {"priority": 30},
    "http_status": 500,
    "key_mode": "test",
    "verb": "finalize",
    **dict.fromkeys(
        ("precheck_at", "vendor_date", "found_at", "created_at", "sent_at", "settled_at"),
        timezone.now() - timedelta(days=400),
    ),
}


@pytest.fixture
def five(alice: User, key: KeyHandle) -> list[Operation]:
    return [settled(alice, key, f"batch-{number}") for number in range(1, 6)]


def found_last() -> int:
    last = last_check()
    assert last
    return last.found


def faults() -> list[tuple[Fault, int | None]]:
    return [(one.fault, one.number) for one in findings()]


@pytest.mark.parametrize("column", [name for name in COLUMNS if name != "id"])
def test_a_changed_column_is_found(five: list[Operation], column: str) -> None:
    Operation.objects.filter(id=five[2].id).update(**{column: OTHERS.get(column, "x")})
    [found] = findings()
    assert (found.fault, found.number) == (Fault.CHANGED, 3)
    assert str(found) == f"changed: number 3, {five[2].id}, prioritize batch-3 by alice"


def test_a_removed_row_is_named(five: list[Operation]) -> None:
    OperationEvent.objects.all().delete()
    Operation.objects.filter(id=five[2].id).delete()
    assert [str(one) for one in findings()] == [
        f"removed: number 3, {five[2].id}, prioritize batch-3 by alice"
    ]


def test_a_row_removed_with_its_seal_leaves_a_gap(five: list[Operation]) -> None:
    Operation.objects.filter(id=five[2].id).delete()
    RecordSeal.objects.filter(number=3).delete()
    assert [str(one) for one in findings()] == ["seals were removed: number 3, 1 row"]


def test_rows_in_another_order_are_found(five: list[Operation]) -> None:
    second, third = RecordSeal.objects.filter(number__in=(2, 3)).order_by("number")
    RecordSeal.objects.filter(number__in=(2, 3)).delete()
    second.number, third.number = 3, 2
    RecordSeal.objects.bulk_create([third, second])
    assert faults() == [(Fault.MOVED, 2), (Fault.MOVED, 3), (Fault.MOVED, 4)]


def test_numbers_closed_up_after_a_removal_are_found(five: list[Operation]) -> None:
    Operation.objects.filter(id=five[2].id).delete()
    RecordSeal.objects.filter(number=3).delete()
    for number in (4, 5):
        RecordSeal.objects.filter(number=number).update(number=F("number") - 1)
    RecordHead.objects.update(count=4)
    assert faults() == [(Fault.MOVED, 3), (Fault.MOVED, 4)]


def test_a_row_that_was_added_has_no_seal(
    five: list[Operation], alice: User, key: KeyHandle
) -> None:
    added = unsaved_operation(
        alice, key, verb=Verb.FINALIZE, batch_name="", state="succeeded", created_at=timezone.now()
    )
    added.save()
    [found] = findings()
    assert (found.fault, found.number) == (Fault.NO_SEAL, None)
    assert str(added.id) in str(found)


def test_a_settled_row_made_open_again_is_changed(five: list[Operation]) -> None:
    Operation.objects.filter(id=five[0].id).update(state="waiting", settled_at=None)
    assert faults() == [(Fault.CHANGED, 1)]


@pytest.mark.parametrize(
    ("column", "fault"),
    [
        ("row", Fault.CHANGED),
        ("seal", Fault.MOVED),
        ("batch_name", Fault.MOVED),
        ("username", Fault.MOVED),
    ],
)
def test_a_changed_seal_is_found(five: list[Operation], column: str, fault: Fault) -> None:
    RecordSeal.objects.filter(number=2).update(**{column: "f" * 64})
    assert (fault, 2) in faults()


def test_a_cut_end_is_found_by_a_head_that_was_noted(five: list[Operation]) -> None:
    noted = Head(5, RecordHead.objects.get().seal)
    cut_to(3)
    assert findings() == []
    RecordCheck.objects.all().delete()
    assert [str(one) for one in findings(noted)] == [
        "the end of the record was cut: 5 were noted, 3 are there"
    ]


def cut_to(number: int) -> None:
    gone = RecordSeal.objects.filter(number__gt=number)
    Operation.objects.filter(id__in=list(gone.values_list("operation_id", flat=True))).delete()
    gone.delete()
    seal = RecordSeal.objects.get(number=number).seal
    RecordHead.objects.update(count=number, seal=seal)


def test_an_end_that_was_cut_and_written_anew_is_found(
    five: list[Operation], alice: User, key: KeyHandle
) -> None:
    noted = Head(5, RecordHead.objects.get().seal)
    cut_to(3)
    for name in ("new-4", "new-5", "new-6"):
        settled(alice, key, name)
    assert [(one.fault, one.number) for one in findings(noted)] == [(Fault.OTHER_HEAD, 5)]


def test_what_the_last_good_run_saw_must_be_there_still(five: list[Operation]) -> None:
    assert findings() == []
    cut_to(3)
    assert faults() == [(Fault.END_CUT, None)]
    assert faults() == [(Fault.END_CUT, None)]  # also the next time
    assert found_last() == 1


def test_seals_cut_off_alone_are_found(five: list[Operation]) -> None:
    RecordSeal.objects.filter(number__gt=3).delete()
    found = faults()
    assert found[0] == (Fault.END_CUT, None)
    assert found[1:] == [(Fault.NO_SEAL, None)] * 2


def test_a_noted_head_that_is_there_finds_nothing(five: list[Operation]) -> None:
    assert findings(Head(3, RecordSeal.objects.get(number=3).seal)) == []


def test_a_key_that_is_missing_is_told_once(five: list[Operation], settings: Settings) -> None:
    settings.RECORD_KEY = ["another key of forty characters, at least"]
    [found] = findings()
    assert found.fault == Fault.OTHER_KEY
    assert "5 rows" in str(found)


def test_names_are_shown_so_that_a_terminal_does_not_act_on_them(
    alice: User, key: KeyHandle
) -> None:
    bad = settled(alice, key, "\x1b[2Jkit\u202eten 7")
    Operation.objects.filter(id=bad.id).update(message="x")
    [found] = findings()
    assert r"'\x1b[2Jkit\u202eten 7'" in str(found)


def test_an_empty_record_is_unaltered(db: None) -> None:
    assert findings() == []
    assert read_head() == "0:"


@pytest.mark.parametrize("rows", [1, 2, 100])
def test_it_is_read_in_parts(
    five: list[Operation], rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify, "ROWS", rows)
    assert findings() == []
    Operation.objects.update(message="x")
    assert [one.number for one in findings()] == [1, 2, 3, 4, 5]


def test_memory_is_that_of_some_parts(
    alice: User, key: KeyHandle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Among five times as many rows, not more than a quarter more."""
    monkeypatch.setattr(verify, "ROWS", 100)
    peaks = []
    for number in (300, 1_500):
        many(alice, key, number)
        peaks.append(peak_of(findings))
    assert peaks[1] < peaks[0] * 1.25, peaks


def many(alice: User, key: KeyHandle, number: int) -> None:
    head = RecordHead.objects.first() or RecordHead()
    operations: list[Operation] = []
    seals: list[RecordSeal] = []
    for count in range(head.count, number):
        operation = unsaved_operation(
            alice,
            key,
            verb="note",
            batch_name=f"b-{count}",
            state="succeeded",
            created_at=timezone.now(),
        )
        row = {name: getattr(operation, name) for name in COLUMNS}
        seals.append(next_seal(row, count=count, seal=seals[-1].seal if seals else head.seal))
        operations.append(operation)
    Operation.objects.bulk_create(operations)
    RecordSeal.objects.bulk_create(seals)
    head.count, head.seal = number, seals[-1].seal
    head.save()


def peak_of(call: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        assert call() == []
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_each_part_is_found_by_an_index(five: list[Operation]) -> None:
    with plans_of("batches_recordseal") as plans:
        check_record(report=print)
    own = [step for step in plans if "SCAN batches_operation" not in step]
    assert slow_steps(own) == []


def test_the_worker_checks_once_an_hour(
    five: list[Operation], caplog: pytest.LogCaptureFixture
) -> None:
    now = timezone.now()
    check_hourly(now=now, goes_on=lambda: True)
    assert found_last() == 0
    assert RecordCheck.objects.get().count == 5
    Operation.objects.filter(id=five[0].id).update(message="x")
    check_hourly(now=now + timedelta(minutes=20), goes_on=lambda: True)
    assert found_last() == 0
    check_hourly(now=now + timedelta(minutes=40), goes_on=lambda: True)
    assert found_last() == 1
    [line] = [one for one in caplog.records if one.levelname == "ERROR"]
    assert "batch-1" in vars(line)["finding"]


def test_a_worker_that_stops_keeps_no_result(five: list[Operation]) -> None:
    check_hourly(now=timezone.now(), goes_on=lambda: False)
    assert last_check() is None

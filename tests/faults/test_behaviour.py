"""Faults that no single answer shows: of rooms and keys, of rows, of time and of chance."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet
from pytest_django.fixtures import Settings

from batches.models import Operation, State
from batches.services.vendor import calls
from batches.services.vendor.calls import Kind
from tests.faults.calls import ALL, CREATE, FINALIZE, READS, WRITES, Cell, House, later
from tests.faults.reconcile import is_true, posts_for, settle_everything
from tests.faults.table import note_line, note_row

STRANGE: tuple[dict[str, object], ...] = (
    {"pending": "12", "completed": "4321"},
    {"pending": -1, "completed": 4.5},
    {"pending": None, "completed": True},
    {"pending": 12},
    {},
)


@contextmanager
def full_house(cells: Sequence[Cell]) -> Iterator[None]:
    guards = calls.Guards()
    rooms = [Kind.POLL] * calls.READERS + [Kind.WRITE] * calls.WRITERS
    with ExitStack() as taken, pytest.MonkeyPatch.context() as patch:
        for kind in rooms:
            taken.enter_context(guards.room(kind))
        patch.setattr(calls, "guards", lambda: guards)
        yield


def test_with_every_room_taken_all_are_answered_without_a_call(
    house: House, request: pytest.FixtureRequest
):
    cells = house.cells()
    for cell in cells:
        cell.prime()
    house.sandbox.forget_calls()
    with later(), full_house(cells):
        for cell in cells:
            cell.run()
    note_row(request, "bulkhead full", cells)

    assert not house.sandbox.calls
    assert {cell.outcome for cell in cells if cell.call.is_write} == {"not_sent"}
    assert {cell.outcome for cell in cells if not cell.call.is_write} == {"last state"}
    assert all("Too many requests" in cell.words and cell.says_enough for cell in cells)


def test_a_key_that_no_longer_opens_asks_for_itself_and_sends_nothing(
    house: House, settings: Settings, request: pytest.FixtureRequest
):
    @contextmanager
    def broken(cells: Sequence[Cell]) -> Iterator[None]:
        house.sandbox.forget_calls()
        settings.API_KEY_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
        yield

    cells = house.run(ALL, broken)
    note_row(request, "encryption key missing", cells)

    answered = {cell.answer.status_code for cell in cells if cell.call.is_write}
    assert answered == {409}
    assert all("can no longer be read" in cell.answer.text for cell in cells)
    assert not house.sandbox.calls
    assert not Operation.objects.exists()


@pytest.mark.parametrize("counts", STRANGE, ids=str)
@pytest.mark.parametrize("status", ["paused_by_a_robot", "in_progress"])
def test_strange_rows_are_shown_as_far_as_they_make_sense(
    house: House, counts: dict[str, object], status: str
):
    cells = house.cells(READS)
    for cell in cells:
        cell.prime()
        house.sandbox.add_batch(cell.batch, status=status, counts=counts)
        with later():
            cell.run()

    assert {cell.outcome for cell in cells} == {"live"}


def test_a_page_that_shifts_between_two_looks_loses_and_doubles_nothing(house: House):
    started = datetime.now(UTC)
    for number in range(70):
        created = started - timedelta(minutes=number)
        house.sandbox.add_batch(f"old-{number:02}", created_at=created, counts={})
    [cell] = house.cells([READS[0]])
    first = cell.get("/batches/")
    for number in range(5):
        house.sandbox.add_batch(f"young-{number}", counts={})
    second = cell.web.get(first.context["older_url"])

    shown = [row.name for page in (first, second) for row in page.context["rows"]]
    assert len(shown) == len(set(shown))
    assert {name for name in shown if name.startswith("old-")} == {f"old-{n:02}" for n in range(70)}


def test_finalized_with_200_but_still_staging_is_no_effect(
    house: House, request: pytest.FixtureRequest
):
    house.sandbox.fault("finalize_does_nothing")
    [cell] = house.cells([FINALIZE])
    cell.run()
    note_row(request, "finalize 200, still staging", [cell])
    assert cell.outcome == State.CHECKING
    settle_everything()

    assert cell.outcome == State.NO_EFFECT
    assert "nothing changed" in cell.words


@pytest.mark.parametrize("answer", ["whole", "lost"])
def test_a_batch_that_is_not_visible_for_5_seconds_was_created_all_the_same(
    answer: str, house: House, request: pytest.FixtureRequest
):
    house.sandbox.fault("invisible", seconds=5)
    if answer == "lost":
        house.sandbox.fault("reset_after_acting", "POST /v1/batches", times=1)
    [cell] = house.cells([CREATE])
    cell.run()
    note_row(request, f"invisible for 5 s, answer {answer}", [cell])
    settle_everything()

    operation = Operation.objects.get()
    assert operation.state == State.SUCCEEDED
    assert posts_for(house, operation) == 1


@pytest.mark.parametrize(
    ("kind", "options"),
    [("random_failure", {"rate": 0.3, "seed": 7}), ("flapping", {"up": 5.0, "down": 5.0})],
)
def test_a_vendor_that_comes_and_goes_never_empties_a_page_nor_loses_a_write(
    kind: str, options: dict[str, Any], house: House, request: pytest.FixtureRequest
):
    readers = house.cells(READS)
    for reader in readers:
        reader.prime()
    house.sandbox.fault(kind, **options)
    writers = house.cells(WRITES)
    answers = []
    for step in range(12):
        writers = [house.again(writer) for writer in writers]
        with later(timedelta(minutes=1, seconds=7 * step)):
            for cell in (*readers, *writers):
                cell.run()
                answers.append(cell.outcome)
    house.sandbox.faults.clear()
    settle_everything()

    assert {*answers} <= {"live", "last state", *State}
    assert all(is_true(house, operation) for operation in Operation.objects.all())
    assert all(posts_for(house, operation) <= 1 for operation in Operation.objects.all())
    note_line(request, f"{kind}: { ({word: answers.count(word) for word in sorted({*answers})}) }")

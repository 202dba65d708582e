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
from tests.faults.calls import ALL, CREATE, FINALIZE, READS, WRITES, Attempt, Console, later
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
def all_readers_busy(attempts: Sequence[Attempt]) -> Iterator[None]:
    calls.safeguards.cache_clear()
    kinds = [Kind.POLL] * calls.READERS + [Kind.WRITE] * calls.WRITERS
    with ExitStack() as taken:
        for kind in kinds:
            taken.enter_context(calls.safeguards().slot(kind))
        yield
    calls.safeguards.cache_clear()


def test_with_every_room_taken_all_are_answered_without_a_call(
    console: Console, request: pytest.FixtureRequest
):
    attempts = console.attempts()
    for attempt in attempts:
        attempt.prime()
    console.sandbox.forget_calls()
    with later(), all_readers_busy(attempts):
        for attempt in attempts:
            attempt.run()
    note_row(request, "bulkhead full", attempts)

    assert not console.sandbox.calls
    assert {attempt.outcome for attempt in attempts if attempt.call.is_write} == {"not_sent"}
    assert {attempt.outcome for attempt in attempts if not attempt.call.is_write} == {"last state"}
    assert all("Too many requests" in attempt.words and attempt.says_enough for attempt in attempts)


def test_a_key_that_no_longer_opens_asks_for_itself_and_sends_nothing(
    console: Console, settings: Settings, request: pytest.FixtureRequest
):
    @contextmanager
    def broken(attempts: Sequence[Attempt]) -> Iterator[None]:
        console.sandbox.forget_calls()
        settings.API_KEY_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
        yield

    attempts = console.run(ALL, broken)
    note_row(request, "encryption key missing", attempts)

    answered = {attempt.answer.status_code for attempt in attempts if attempt.call.is_write}
    assert answered == {409}
    assert all("can no longer be read" in attempt.answer.text for attempt in attempts)
    assert not console.sandbox.calls
    assert not Operation.objects.exists()


@pytest.mark.parametrize("counts", STRANGE, ids=str)
@pytest.mark.parametrize("status", ["paused_by_a_robot", "in_progress"])
def test_strange_rows_are_shown_as_far_as_they_make_sense(
    console: Console, counts: dict[str, object], status: str
):
    attempts = console.attempts(READS)
    for attempt in attempts:
        attempt.prime()
        console.sandbox.add_batch(attempt.batch, status=status, counts=counts)
        with later():
            attempt.run()

    assert {attempt.outcome for attempt in attempts} == {"live"}


def test_a_page_that_shifts_between_two_looks_loses_and_doubles_nothing(console: Console):
    started = datetime.now(UTC)
    for number in range(70):
        created = started - timedelta(minutes=number)
        console.sandbox.add_batch(f"old-{number:02}", created_at=created, counts={})
    [attempt] = console.attempts([READS[0]])
    first = attempt.get("/batches/")
    for number in range(5):
        console.sandbox.add_batch(f"young-{number}", counts={})
    second = attempt.web.get(first.context["older_url"])

    shown = [row.name for page in (first, second) for row in page.context["rows"]]
    assert len(shown) == len(set(shown))
    assert {name for name in shown if name.startswith("old-")} == {f"old-{n:02}" for n in range(70)}


def test_finalized_with_200_but_still_staging_is_no_effect(
    console: Console, request: pytest.FixtureRequest
):
    console.sandbox.fault("finalize_does_nothing")
    [attempt] = console.attempts([FINALIZE])
    attempt.run()
    note_row(request, "finalize 200, still staging", [attempt])
    assert attempt.outcome == State.CHECKING
    settle_everything()

    assert attempt.outcome == State.NO_EFFECT
    assert "nothing changed" in attempt.words


@pytest.mark.parametrize("answer", ["whole", "lost"])
def test_a_batch_that_is_not_visible_for_5_seconds_was_created_all_the_same(
    answer: str, console: Console, request: pytest.FixtureRequest
):
    console.sandbox.fault("invisible", seconds=5)
    if answer == "lost":
        console.sandbox.fault("reset_after_acting", "POST /v1/batches", times=1)
    [attempt] = console.attempts([CREATE])
    attempt.run()
    note_row(request, f"invisible for 5 s, answer {answer}", [attempt])
    settle_everything()

    operation = Operation.objects.get()
    assert operation.state == State.SUCCEEDED
    assert posts_for(console, operation) == 1


@pytest.mark.parametrize(
    ("kind", "options"),
    [("random_failure", {"rate": 0.3, "seed": 7}), ("flapping", {"up": 5.0, "down": 5.0})],
)
def test_a_vendor_that_comes_and_goes_never_empties_a_page_nor_loses_a_write(
    kind: str, options: dict[str, Any], console: Console, request: pytest.FixtureRequest
):
    readers = console.attempts(READS)
    for reader in readers:
        reader.prime()
    console.sandbox.fault(kind, **options)
    writers = console.attempts(WRITES)
    answers = []
    for step in range(12):
        writers = [console.again(writer) for writer in writers]
        with later(timedelta(minutes=1, seconds=7 * step)):
            for attempt in (*readers, *writers):
                attempt.run()
                answers.append(attempt.outcome)
    console.sandbox.faults.clear()
    settle_everything()

    assert {*answers} <= {"live", "last state", *State}
    assert all(is_true(console, operation) for operation in Operation.objects.all())
    assert all(posts_for(console, operation) <= 1 for operation in Operation.objects.all())
    note_line(request, f"{kind}: { ({word: answers.count(word) for word in sorted({*answers})}) }")

"""A database that cannot be written: reading goes on, and no operation reaches the vendor."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from django.core.signals import request_started
from django.db import DatabaseError, OperationalError, connection
from django.test import Client
from pytest_django.fixtures import Settings

from batches.models import Operation, StoredReading
from batches.services.operations import ledger
from batches.views.errors import is_database_failure
from dashboard.databases import sqlite
from tests.faults.calls import ALL, MAIN, POLL, SPARE, WRITES, Attempt, Console, later
from tests.faults.databases import disk_full, locked, only_sqlite, opened_at, read_only
from tests.faults.reconcile import is_true, posts_for, settle_everything
from tests.faults.table import note_row

LOCKED_SECONDS, DEADLINE = 6, 10


def without_writing(
    console: Console, state: AbstractContextManager[None]
) -> Callable[[Sequence[Attempt]], AbstractContextManager[None]]:
    @contextmanager
    def broken(_: Sequence[Attempt]) -> Iterator[None]:
        console.sandbox.forget_calls()
        with state:
            yield

    return broken


def test_what_cannot_be_recorded_is_not_sent_and_pages_are_live(
    console: Console, request: pytest.FixtureRequest
):
    attempts = console.run(ALL, without_writing(console, read_only()))
    note_row(request, "database read-only", attempts)

    answered = {attempt.answer.status_code for attempt in attempts if attempt.call.is_write}
    assert answered == {503}
    assert not [call for call in console.sandbox.calls if call.method == "POST"]
    assert {attempt.outcome for attempt in attempts if not attempt.call.is_write} == {"live"}


@only_sqlite
def test_who_wants_to_write_waits_five_seconds_for_another(db: None):
    sqlite.begin_request()  # a slow statement before may have used some of them up
    with connection.cursor() as cursor:
        assert cursor.execute("PRAGMA busy_timeout").fetchone() == (5000,)


@only_sqlite
@pytest.mark.django_db(transaction=True)
def test_a_request_waits_for_another_writer_once_and_not_with_each_statement(
    monkeypatch: pytest.MonkeyPatch,
):
    def patience_of_a_write() -> int:
        """Milliseconds that it may wait for the lock; it does, and fails."""
        with connection.cursor() as cursor:
            patience: int = cursor.execute("PRAGMA busy_timeout").fetchone()[0]
        with pytest.raises(OperationalError, match="locked"):
            StoredReading.objects.update(payload="")
        return patience

    monkeypatch.setattr(sqlite, "LOCK_SECONDS", 0.3)
    with locked(60):
        connection.ensure_connection()
        connection.close_at = None  # it stays open, as in a process that serves
        request_started.send(None, environ={})
        first, second = patience_of_a_write(), patience_of_a_write()
        request_started.send(None, environ={})
        next_request = patience_of_a_write()
    connection.close()

    assert (first, next_request) == (300, 300)
    assert second < 150  # what was left


@only_sqlite
def test_a_full_disk_stops_no_page_and_makes_no_write_lie(
    console: Console, request: pytest.FixtureRequest
):
    attempts = console.attempts(MAIN)
    with later(), disk_full():
        # the first small rows still find a place in pages that are there
        for _ in range(12):
            attempts = [console.again(attempt) for attempt in attempts]
            for attempt in attempts:
                attempt.run()
    note_row(request, "disk full", attempts)

    assert {attempt.outcome for attempt in attempts if attempt.call.is_write} == {"answered 503"}
    assert {attempt.outcome for attempt in attempts if not attempt.call.is_write} == {"live"}
    settle_everything()
    assert all(is_true(console, operation) for operation in Operation.objects.all())
    assert all(posts_for(console, operation) <= 1 for operation in Operation.objects.all())


def test_a_form_opens_and_advises_where_nothing_can_be_written(console: Console):
    [attempt] = console.attempts(WRITES[:1])
    paths = ["/batches/new/", f"{attempt.url}finalize/", f"{attempt.url}prioritize/", "/keys/"]
    with read_only():
        statuses = [attempt.get(path).status_code for path in paths]
        advice = attempt.web.get(f"/batches/name/?key={attempt.key.ref}&name={attempt.batch}")

    assert statuses == [200, 200, 200, 200]
    assert "This name is taken" in advice.text


def test_whatever_else_would_write_is_refused_in_words(console: Console):
    [attempt] = console.attempts(WRITES[:1])
    own = f"/keys/{attempt.key.id}/"
    new_key = {"label": "second", "mode": "live", "api_key": attempt.api_key[::-1]}
    likes = {"zone": "UTC", "theme": "dark", "page_size": "25"}
    who = {"username": "alice", "password": "alice-has-a-password"}
    console.sandbox.add_key(new_key["api_key"], "live")
    writes: dict[str, dict[str, str]] = {
        f"{own}check/": {},
        f"{own}default/": {},
        f"{own}share/": {"shared": "on"},
        f"{own}delete/": {},
        "/keys/add/": new_key,
        "/preferences/": likes,
        "/preferences/zone/": {"zone": "UTC"},
        "/accounts/logout/": {},
    }
    stranger = Client()
    attempt.web.raise_request_exception = stranger.raise_request_exception = False
    with read_only():
        answers = {path: attempt.web.post(path, data) for path, data in writes.items()}
        piece = attempt.web.post(f"{own}share/", {}, headers={"HX-Request": "true"})
        answers["sign in"] = stranger.post("/accounts/login/", who)
        answers["fail to"] = stranger.post("/accounts/login/", who | {"password": "wrong"})

    others = {path: answer for path, answer in answers.items() if answer.status_code != 503}
    assert not others
    assert all("cannot write to its database" in answer.text for answer in answers.values())
    assert (piece.status_code, piece["HX-Retarget"]) == (503, "#messages")
    assert "<html" not in piece.text


def test_an_operation_that_cannot_be_settled_now_is_followed_all_the_same(console: Console):
    [attempt] = console.attempts(WRITES[:1])
    console.sandbox.fault("reset_after_acting", "POST *")
    console.sandbox.fault("status", "GET /v1/batches/*", times=1, skip=1, code=503)
    attempt.run()
    operation = Operation.objects.get()
    attempt.web.raise_request_exception = False
    with later(), read_only():
        poll = attempt.get(f"/operations/{operation.id}/live/", **POLL)
        withdrawn = attempt.post(f"/operations/{operation.id}/withdraw/", {})

    assert (poll.status_code, withdrawn.status_code) == (200, 503)
    assert "Unknown, checking" in poll.text
    with later():
        assert "Done" in attempt.get(f"/operations/{operation.id}/live/", **POLL).text


@pytest.mark.slow
@only_sqlite
def test_a_database_locked_for_6_seconds_delays_pages_and_sends_nothing(
    console: Console, settings: Settings, request: pytest.FixtureRequest
):
    settings.REFONTE_TIMEOUT = DEADLINE
    state = locked(LOCKED_SECONDS)
    attempts = console.run(MAIN, without_writing(console, state), side_by_side=True)
    note_row(request, "database locked for 6 s", attempts)

    assert {attempt.answer.status_code for attempt in attempts if attempt.call.is_write} == {503}
    assert not [call for call in console.sandbox.calls if call.method == "POST"]
    assert {attempt.outcome for attempt in attempts if not attempt.call.is_write} == {"live"}
    assert all(attempt.seconds <= DEADLINE + SPARE for attempt in attempts)


@pytest.mark.parametrize("write", WRITES, ids=lambda write: write.name)
def test_an_outcome_that_cannot_be_recorded_is_settled_by_reading(
    write: Callable[..., object], console: Console, monkeypatch: pytest.MonkeyPatch
):
    def fails(*_: object) -> None:
        raise DatabaseError("disk I/O error")

    [attempt] = console.attempts([write])  # type: ignore[list-item]  # parametrized
    with monkeypatch.context() as patch:
        patch.setattr(ledger, "write_outcome", fails)
        attempt.run()

    assert attempt.outcome == "sending"
    settle_everything()
    operation = Operation.objects.get()
    assert is_true(console, operation)
    assert posts_for(console, operation) == 1


@only_sqlite
def test_a_damaged_file_is_said_in_words_and_no_error_of_ours(console: Console, tmp_path: Path):
    [attempt] = console.attempts(WRITES[:1])
    attempt.web.raise_request_exception = False
    file = tmp_path / "damaged.sqlite3"
    file.write_bytes(b"no database at all " * 300)
    with opened_at(file):
        page, written = attempt.get("/batches/"), attempt.post("/preferences/", {"zone": "UTC"})

    assert (page.status_code, written.status_code) == (503, 503)
    assert "cannot read its database" in page.text
    assert "cannot write to its database" in written.text


def test_a_row_that_is_gone_is_an_error_of_ours():
    """Django raises the same as for a damaged file, but by itself."""
    assert not is_database_failure(DatabaseError("Forced update did not affect any rows."))

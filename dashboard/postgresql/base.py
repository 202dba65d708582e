"""Django's connections to PostgreSQL, each question of which ends in time.

`statement_timeout` ends what the server is slow at. A server that hangs, or a way to it that
swallows everything, is noticed only here: psycopg stops waiting, and the connection is given up.
"""

from collections.abc import Generator
from time import monotonic
from typing import Any, TypeVar

import psycopg
from django.db.backends.postgresql import base
from psycopg.errors import ConnectionTimeout

from batches.services.cooldown import DATABASE
from dashboard.postgresql.cursors import NoAnswer, ReconnectingCursor, is_no_answer
from dashboard.postgresql.limits import patience, statement_seconds, waiting_at_most

T = TypeVar("T")
WORDS = "The database did not answer in time, or did not a moment ago and is not asked for now."
USABLE_SECONDS = 2  # for the question before a request's first, whose answer is one number


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Raises NoAnswer at once while the database rests."""
        if not DATABASE.may_ask():
            raise NoAnswer(WORDS)
        try:
            connection = super().get_new_connection(_bounded(conn_params))
        except ConnectionTimeout as error:
            DATABASE.failed(error)
            raise
        DATABASE.answered()
        limit_waiting(connection)
        return connection

    def connect(self) -> None:
        """Once more where it was cut while it was set up."""
        try:
            super().connect()
        except psycopg.OperationalError as error:
            if self.connection is None or not self.connection.closed or is_no_answer(error):
                raise
            self.connection = None
            super().connect()

    def ensure_connection(self) -> None:
        """One that was cut under a statement whose failure was survived is replaced, but never
        within a transaction.
        """
        if self.connection is not None and self.connection.closed and not self.in_atomic_block:
            self.close()
        super().ensure_connection()

    def make_cursor(self, cursor: Any) -> ReconnectingCursor:
        return ReconnectingCursor(cursor, self)

    def is_usable(self) -> bool:
        with waiting_at_most(USABLE_SECONDS):
            return bool(super().is_usable())


def _bounded(conn_params: dict[str, Any]) -> dict[str, Any]:
    seconds = statement_seconds()
    if seconds is None:
        return conn_params
    limit = f"-c statement_timeout={round(seconds * 1000)}"
    return conn_params | {"options": f"{conn_params.get('options', '')} {limit}".strip()}


def limit_waiting(connection: psycopg.Connection[Any]) -> None:
    """For every question that is asked through it from now on: all pass its `wait`."""
    wait = connection.wait

    def wait_in_time(gen: Generator[Any, Any, T], *args: Any, **kwargs: Any) -> T:
        try:
            found = wait(_limited(gen), *args, **kwargs)
        except NoAnswer:
            connection.close()  # its answer may still come, to the next question
            raise
        DATABASE.answered()
        return found

    connection.wait = wait_in_time  # type: ignore[method-assign]


def _limited(gen: Generator[Any, Any, T]) -> Generator[Any, Any, T]:
    """psycopg's steps of one question. It is told each 0.1 s that there is nothing to read yet.

    What another thread was not answered in time, nobody waits for any longer, but for who probes.
    """
    if not DATABASE.may_ask():
        raise NoAnswer(WORDS)
    is_probe, seconds, began = DATABASE.is_away, patience(), monotonic()
    try:
        wants = next(gen)
        while True:
            ready = yield wants
            if not ready and seconds is not None:
                is_late = monotonic() - began > seconds
                if is_late or (DATABASE.is_away and not is_probe):
                    raise _no_answer(is_late)
            wants = gen.send(ready)
    except StopIteration as done:
        answer: T = done.value
        return answer


def _no_answer(is_late: bool) -> NoAnswer:
    error = NoAnswer(WORDS)
    if is_late:
        DATABASE.failed(error)
    return error

"""Django's connections to PostgreSQL, each of whose statements ends in time.

`statement_timeout` ends what the server is slow at. A server that hangs, or a network that swallows
everything, is noticed only here: psycopg stops waiting, and the connection is closed.
"""

from collections.abc import Generator
from time import monotonic
from typing import Any, TypeVar

import psycopg
from django.db.backends.postgresql import base
from psycopg.errors import ConnectionTimeout

from batches.services.cooldown import DATABASE
from dashboard.databases.postgresql.limits import (
    seconds_to_wait,
    statement_seconds,
    waiting_at_most,
)
from dashboard.databases.postgresql.repeats import NoAnswer, is_no_answer, repeat_where_cut

T = TypeVar("T")
MESSAGE = "The database did not answer in time, or did not a moment ago and is not asked for now."
USABLE_SECONDS = 2  # for Django's check of an idle connection, whose answer is one number


class DatabaseWrapper(base.DatabaseWrapper):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.execute_wrappers.append(repeat_where_cut)

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Raises NoAnswer at once during the cooldown after a missing answer."""
        if not DATABASE.may_ask():
            raise NoAnswer(MESSAGE)
        try:
            connection = super().get_new_connection(_with_statement_timeout(conn_params))
        except ConnectionTimeout as error:
            DATABASE.failed(error)
            raise
        DATABASE.answered()
        limit_waiting(connection)
        return connection

    def connect(self) -> None:
        """Tries a second time where the connection was cut during its set-up."""
        try:
            super().connect()
        except psycopg.OperationalError as error:
            if self.connection is None or not self.connection.closed or is_no_answer(error):
                raise
            self.connection = None
            super().connect()

    def ensure_connection(self) -> None:
        """Replaces a connection that was cut during an earlier statement of the same request."""
        # never within a transaction, half of which would then be missing
        if self.connection is not None and self.connection.closed and not self.in_atomic_block:
            self.close()
        super().ensure_connection()

    def is_usable(self) -> bool:
        with waiting_at_most(USABLE_SECONDS):
            return bool(super().is_usable())


def _with_statement_timeout(conn_params: dict[str, Any]) -> dict[str, Any]:
    seconds = statement_seconds()
    if seconds is None:
        return conn_params
    limit = f"-c statement_timeout={round(seconds * 1000)}"
    return conn_params | {"options": f"{conn_params.get('options', '')} {limit}".strip()}


def limit_waiting(connection: psycopg.Connection[Any]) -> None:
    """Bounds every statement of this connection: psycopg sends each through its `wait`."""
    wait = connection.wait

    def wait_in_time(gen: Generator[Any, Any, T], *args: Any, **kwargs: Any) -> T:
        try:
            found = wait(_limited(gen), *args, **kwargs)
        except NoAnswer:
            connection.close()  # a late answer would be read as that of the next statement
            raise
        DATABASE.answered()
        return found

    connection.wait = wait_in_time  # type: ignore[method-assign]


def _limited(gen: Generator[Any, Any, T]) -> Generator[Any, Any, T]:
    """psycopg's steps of one statement; every 0.1 s it sends False: there is nothing to read yet.

    Where another thread gets no answer in time, this one gives up with it, unless it is the probe.
    """
    if not DATABASE.may_ask():
        raise NoAnswer(MESSAGE)
    is_probe, seconds, began = DATABASE.is_away, seconds_to_wait(), monotonic()
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
    error = NoAnswer(MESSAGE)
    if is_late:
        DATABASE.failed(error)
    return error

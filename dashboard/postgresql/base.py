"""Django's connections to PostgreSQL, each question of which ends in time.

`statement_timeout` ends what the server is slow at. A server that hangs, or a way to it that
swallows everything, is noticed only here: psycopg stops waiting, and the connection is given up.
"""

from collections.abc import Generator
from typing import Any, TypeVar

import psycopg
from django.db.backends.postgresql import base
from psycopg.errors import ConnectionTimeout, _WaitTimeout

from batches.services.guards.rest import DATABASE
from dashboard.postgresql.limits import patience, statement_seconds

T = TypeVar("T")
RESTS = "The database did not answer a moment ago, and is not asked just now."


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Raises psycopg.OperationalError at once while the database rests."""
        if not DATABASE.may_ask():
            raise psycopg.OperationalError(RESTS)
        try:
            connection = super().get_new_connection(_bounded(conn_params))
        except ConnectionTimeout as error:
            DATABASE.failed(error)
            raise
        limit_waiting(connection)
        return connection


def _bounded(conn_params: dict[str, Any]) -> dict[str, Any]:
    seconds = statement_seconds()
    if seconds is None:
        return conn_params
    limit = f"-c statement_timeout={round(seconds * 1000)}"
    return conn_params | {"options": f"{conn_params.get('options', '')} {limit}".strip()}


def limit_waiting(connection: psycopg.Connection[Any]) -> None:
    """For every question that is asked through it from now on."""
    wait = connection.wait

    def wait_in_time(gen: Generator[Any, Any, T], *args: Any, **kwargs: Any) -> T:
        if not DATABASE.may_ask():
            connection.close()
            raise psycopg.OperationalError(RESTS)
        try:
            found = wait(gen, *args, **{"timeout": patience()} | kwargs)
        except _WaitTimeout as error:
            connection.close()  # its answer may still come, to the next question
            DATABASE.failed(error)
            raise
        DATABASE.answered()
        return found

    connection.wait = wait_in_time  # type: ignore[method-assign]  # all its questions pass here

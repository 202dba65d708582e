"""Statements that outlive a connection which the server, or something in between, has cut.

PostgreSQL is restarted, an admin ends a connection, a firewall forgets one: what was asked at that
moment fails though the next connection would answer it. Asked again is only what cannot have
been done: a SELECT, and the first statement of a transaction, which nothing has committed. A write
by itself gets a transaction for that. Later statements of one are for `repeatable_transaction`.
"""

from typing import Any

import psycopg
from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper
from django.db.transaction import atomic
from psycopg.pq import TransactionStatus

WRITES = frozenset({"INSERT", "UPDATE", "DELETE"})
REPEATS = 2  # a server that restarts may cut the second connection too


class NoAnswer(psycopg.OperationalError):
    """None came in time, or none a moment ago, so that nobody asks just now."""


class ReconnectingCursor(CursorWrapper):
    def _execute(self, sql: Any, params: Any, *ignored_wrapper_args: Any) -> Any:
        if self._is_write_alone(sql):
            with atomic(self.db.alias):
                return self._execute(sql, params)
        repeats = REPEATS if self._may_repeat(sql) else 0
        for repeat in range(repeats):
            try:
                return self._execute_once(sql, params, is_again=repeat > 0)
            except OperationalError as error:
                if not is_cut(self.db, error):
                    raise
        return self._execute_once(sql, params, is_again=repeats > 0)

    def _execute_once(self, sql: Any, params: Any, *, is_again: bool) -> Any:
        if is_again:
            connect_again(self.db)
            self.cursor = self.db.create_cursor()
        return super()._execute(sql, params)  # type: ignore[misc]  # not in Django's stubs

    def _is_write_alone(self, sql: Any) -> bool:
        """It gets a transaction: one that was not committed has done nothing, and is repeated."""
        is_write = str(sql).lstrip("( \n")[:6].upper() in WRITES
        return is_write and not self.db.in_atomic_block and self.db.get_autocommit()

    def _may_repeat(self, sql: Any) -> bool:
        connection = self.db.connection
        if isinstance(self.cursor, psycopg.ServerCursor) or connection is None:
            return False
        has_begun = connection.info.transaction_status != TransactionStatus.IDLE
        is_read = str(sql).lstrip("( \n")[:6].upper() == "SELECT"
        return not has_begun and (is_read or self.db.in_atomic_block)


def is_cut(db: BaseDatabaseWrapper, error: OperationalError) -> bool:
    return bool(db.connection.closed) and not is_no_answer(error)


def is_no_answer(error: Exception) -> bool:
    """It was given up, as none came: the next connection would not get one either."""
    return isinstance(error, NoAnswer) or isinstance(error.__cause__, NoAnswer)


def connect_again(db: BaseDatabaseWrapper) -> None:
    """In the place of the connection that is gone, within the transaction that was to begin."""
    with db.wrap_database_errors:
        db.connection = db.get_new_connection(db.get_connection_params())
        db.connection.autocommit = True  # what is set up stays, whatever the transaction comes to
        db.init_connection_state()
        db.connection.autocommit = not db.in_atomic_block

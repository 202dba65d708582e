"""Repeats statements whose connection was cut by the server or by something in between.

A restart of PostgreSQL, an admin or a firewall ends a connection, while the next one would answer.
Only what cannot have taken effect is repeated: a SELECT, and the first statement of a transaction,
which a write by itself is given. Later ones are for `batches/services/transactions.py`.
"""

from typing import Any

import psycopg
from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.transaction import atomic
from psycopg.pq import TransactionStatus

WRITES = frozenset({"INSERT", "UPDATE", "DELETE"})
REPEATS = 2  # a server that restarts may cut the second connection too


class NoAnswer(psycopg.OperationalError):
    """No answer came in time, or the database is not asked as none came a moment ago."""


def repeat_where_cut(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
    """An execute wrapper of Django's, around every statement."""
    db, cursor = context["connection"], context["cursor"]
    if not many and _is_write_alone(db, sql):
        with atomic(db.alias):
            return repeat_where_cut(execute, sql, params, many, context)
    repeats_left = REPEATS if not many and _may_repeat(db, cursor, sql) else 0
    is_repeated = False
    while True:
        try:
            if is_repeated:
                connect_again(db)
                cursor.cursor = db.create_cursor()
            return execute(sql, params, many, context)
        except OperationalError as error:
            if not repeats_left or not db.connection.closed or is_no_answer(error):
                raise
        is_repeated, repeats_left = True, repeats_left - 1


def is_no_answer(error: Exception) -> bool:
    """Given up for want of an answer: the next connection would not get one either."""
    return isinstance(error, NoAnswer) or isinstance(error.__cause__, NoAnswer)


def connect_again(db: BaseDatabaseWrapper) -> None:
    """In the place of the connection that is gone, within the transaction that was to begin."""
    with db.wrap_database_errors:
        db.connection = db.get_new_connection(db.get_connection_params())
        db.connection.autocommit = True  # or a rollback would undo the set-up of the connection
        db.init_connection_state()
        db.connection.autocommit = not db.in_atomic_block


def _is_write_alone(db: BaseDatabaseWrapper, sql: Any) -> bool:
    """It gets a transaction: one that was not committed has done nothing, and is repeated."""
    is_write = str(sql).lstrip("( \n")[:6].upper() in WRITES
    return is_write and not db.in_atomic_block and bool(db.get_autocommit())


def _may_repeat(db: BaseDatabaseWrapper, cursor: Any, sql: Any) -> bool:
    if isinstance(cursor.cursor, psycopg.ServerCursor) or db.connection is None:
        return False
    has_begun = db.connection.info.transaction_status != TransactionStatus.IDLE
    is_read = str(sql).lstrip("( \n")[:6].upper() == "SELECT"
    return not has_begun and (is_read or db.in_atomic_block)

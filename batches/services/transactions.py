"""Transactions that are run again where PostgreSQL's connection was cut within them.

PostgreSQL is restarted, an admin ends a connection: nothing of a transaction that was not committed
is in the database, so the same steps on the next connection do no harm. A cut in the commit itself
is raised, as nobody knows whether it happened.
"""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import DEFAULT_DB_ALIAS, OperationalError, connections, transaction

P = ParamSpec("P")
T = TypeVar("T")


def repeatable_transaction(steps: Callable[P, T]) -> Callable[P, T]:
    """As `transaction.atomic`, for steps that only read and write the database.

    Within another transaction they are a part of it, and are not run again by themselves.
    """

    @wraps(steps)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        if connections[DEFAULT_DB_ALIAS].in_atomic_block:
            with transaction.atomic():
                return steps(*args, **kwargs)
        try:
            return _run_once(steps, *args, **kwargs)
        except _NotCommittedError:
            return _run_once(steps, *args, **kwargs)

    return run


class _NotCommittedError(OperationalError):
    """Nothing was done."""


def _run_once(steps: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    with transaction.atomic():
        try:
            return steps(*args, **kwargs)
        except OperationalError as error:
            # looked at here: as the transaction ends, Django connects anew
            if _is_cut():
                raise _NotCommittedError(*error.args) from error
            raise


def _is_cut() -> bool:
    """Where the database does not answer at all, the next connection says so at once."""
    connection = connections[DEFAULT_DB_ALIAS]
    return connection.vendor == "postgresql" and bool(connection.connection.closed)

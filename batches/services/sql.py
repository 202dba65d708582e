"""For the few queries that are written in SQL, as Django takes longer to build them than to run.

`docs/performance.md` says how much that saves. Their rows are read with `Manager.raw`, or here.
"""

from collections.abc import Sequence, Sized
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections

Columns = tuple[str, ...]
Row = tuple[Any, ...]


def placeholders(values: Sized) -> str:
    """One for each of the values, to stand in `IN ({})`."""
    return ", ".join(["%s"] * len(values))


def read(query: str, values: Sequence[Any]) -> tuple[Columns, list[Row]]:
    """The names of its columns, and the rows as the database gives them, not yet as Python's."""
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute(query, values)
        return tuple(column[0] for column in cursor.description), cursor.fetchall()

"""How the database goes about its queries: every plan of what is called, on either database."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

# What SQLite says of a table that it reads from end to end, and of rows it has to put in order.
END_TO_END = re.compile(r"^SCAN (batches_\w+$|U\d)")
IN_ORDER = "USE TEMP B-TREE FOR ORDER BY"
# Steps with few rows, which may be put in order: those of a page, and those of one batch.
FEW = re.compile(r"^SCAN parts?$|\((id|batch_digest)=\?")


@contextmanager
def plans_of(table: str) -> Iterator[list[str]]:
    """Fills the list with the plans of all that is read from a table meanwhile."""
    plans: list[str] = []

    def explain(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith(("SELECT", "WITH")) and table in sql:
            with connection.cursor() as cursor:
                if connection.vendor == "sqlite":
                    cursor.cursor.execute(f"EXPLAIN QUERY PLAN {sql}" % _literals(params))
                    plans.extend(row[3] for row in cursor.cursor.fetchall())
                else:
                    cursor.cursor.execute(f"EXPLAIN (ANALYZE) {sql}", params)
                    plans.extend(row[0] for row in cursor.cursor.fetchall())
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        yield plans


def _literals(params: Any) -> tuple[str, ...]:
    return tuple(
        "NULL" if one is None else "'" + str(one).replace("'", "''") + "'" for one in params
    )


def work_of(call: Callable[[], object], table: str) -> int:
    """What the database does for a call: SQLite's own steps, or the rows that PostgreSQL handles.

    The same on any machine, however busy. SQLite takes about 9 steps to look at a row.
    """
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        steps: list[None] = []
        connection.connection.set_progress_handler(lambda: steps.append(None), 1)
        try:
            call()
        finally:
            connection.connection.set_progress_handler(None, 1)
        return len(steps)
    with plans_of(table) as plans:
        call()
    return sum(_rows(step) for step in plans)


def slow_steps(plans: list[str], most: int = 200) -> list[str]:
    """Steps that read, put in order or throw away more rows than a page takes."""
    plans = [step for step in plans if not step.endswith("LEFT-JOIN")]  # each finds one row
    before = ["", *plans]
    return [
        step
        for step, previous in zip(plans, before, strict=False)
        if END_TO_END.search(step)
        or (step == IN_ORDER and not FEW.search(previous))
        or _rows(step) > most
    ]


def _rows(step: str) -> int:
    """Of a step as PostgreSQL tells it; 0 on SQLite, which tells no numbers."""
    removed = re.search(r"Rows Removed by Filter: (\d+)", step)
    actual = re.search(r"actual time=\S+ rows=(\d+) loops=(\d+)", step)
    if removed:
        return int(removed[1])
    return int(actual[1]) * int(actual[2]) if actual else 0

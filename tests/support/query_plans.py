"""Query plans of SQLite and PostgreSQL, and the work that a call costs the database."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.db import connection
from psycopg.sql import SQL, Identifier

# How SQLite reports a full scan of a table, and a sort.
END_TO_END = re.compile(r"^SCAN (batches_\w+$|U\d)")
IN_ORDER = "USE TEMP B-TREE FOR ORDER BY"
# Steps with few rows, which may be sorted: those of a page, and those of one batch.
FEW = re.compile(r"^SCAN parts?$|\((id|rowid|batch_digest|fingerprint=\? AND digest)=\?")
# Tables of the console that hold rows, living or dead.
GROWN = r"""
    SELECT relname FROM pg_stat_user_tables
    WHERE relname LIKE 'batches\_%' AND pg_relation_size(relid) > 0
"""


@pytest.fixture(autouse=True)
def _new_tables(request: pytest.FixtureRequest) -> None:
    """Earlier tests leave dead rows in PostgreSQL; its planner takes them for larger tables."""
    if not vars(request.module).keys() & {"plans_of", "work_of"}:
        return
    request.getfixturevalue("django_db_setup")
    if connection.vendor == "postgresql":
        settings = connection.settings_dict
        # a connection of its own, as a test's transaction cannot do this
        with psycopg.connect(
            host=settings["HOST"],
            port=settings["PORT"],
            user=settings["USER"],
            password=settings["PASSWORD"],
            dbname=settings["NAME"],
            autocommit=True,
        ) as server:
            grown = [row[0] for row in server.execute(GROWN)]
            if grown:
                names = SQL(", ").join(map(Identifier, grown))
                server.execute(SQL("TRUNCATE {} CASCADE").format(names))


@contextmanager
def plans_of(table: str, *, writes: bool = False) -> Iterator[list[str]]:
    """Collects the plans of all queries of a table within the block.

    writes: also of what finds rows to update or to delete.
    """
    plans: list[str] = []
    kinds = ("SELECT", "WITH", *(("UPDATE", "DELETE") if writes else ()))

    def explain(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        # those of `services/sql.py` begin on a line of their own
        if sql.lstrip().startswith(kinds) and table in sql:
            with connection.cursor() as cursor:
                if connection.vendor == "sqlite":
                    cursor.cursor.execute(f"EXPLAIN QUERY PLAN {sql}" % _literals(params))
                    plans.extend(row[3] for row in cursor.cursor.fetchall())
                else:
                    # it is done, so that its rows are counted, and then undone
                    cursor.cursor.execute("SAVEPOINT before_plan")
                    # Whether an index serves is asked, not whether a scan of a small table, full of
                    # dead rows of earlier tests, would cost the planner less on this day.
                    cursor.cursor.execute("SET LOCAL enable_seqscan = off")
                    cursor.cursor.execute("SET LOCAL enable_material = off")
                    cursor.cursor.execute(f"EXPLAIN (ANALYZE) {sql}", params)
                    plans.extend(row[0] for row in cursor.cursor.fetchall())
                    cursor.cursor.execute("ROLLBACK TO SAVEPOINT before_plan")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        yield plans


def _literals(params: Any) -> tuple[str, ...]:
    return tuple(
        "NULL" if one is None else "'" + str(one).replace("'", "''") + "'" for one in params
    )


def work_of(call: Callable[[], object], table: str) -> int:
    """The work of a call: SQLite's virtual machine steps (about 9 a row), or PostgreSQL's rows.

    The same on any machine, however busy.
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
    """Steps that read, sort or filter out more rows than a page needs."""
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
    """The rows of a step on PostgreSQL; 0 on SQLite, whose plans have no numbers."""
    if "Bitmap Index Scan" in step:
        # it counts dead entries of earlier tests as well; the heap scan above it counts living rows
        return 0
    removed = re.search(r"Rows Removed by Filter: (\d+)", step)
    actual = re.search(r"actual time=\S+ rows=(\d+) loops=(\d+)", step)
    if removed:
        return int(removed[1])
    return int(actual[1]) * int(actual[2]) if actual else 0

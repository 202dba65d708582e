"""Work done in a project in each quarter of an hour, added up as samples arrive.

No page has to scan samples of many batches for it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from django.db import connection

from batches.models import ProjectQuarter
from batches.models.names import name_digest
from batches.refonte import Counts
from batches.services.observations.due import Due

QUARTER = 15 * 60
# Longer than the 15 minutes after which an unchanged batch is sampled, and a slow poll.
GAP = 20 * 60
SUMS = ("completed", "errors", "watched", "gap_completed", "gap_errors")
# One statement that adds to rows that may be there: Django's `bulk_create` can only replace.
ADD = """
    INSERT INTO {table} (fingerprint, project, quarter, {sums}) VALUES {rows}
    ON CONFLICT (fingerprint, project, quarter) DO UPDATE SET {added}
"""


class Work(NamedTuple):
    """Sums of one quarter, in the order of `SUMS`."""

    completed: int = 0
    errors: int = 0
    watched: int = 0
    gap_completed: int = 0
    gap_errors: int = 0

    def __add__(self, other: "Work") -> "Work":  # type: ignore[override]  # sums, not a longer tuple
        return Work(*(a + b for a, b in zip(self, other, strict=True)))


Place = tuple[str, str, int]


def add_work(due: Iterable[Due]) -> None:
    """One statement. Rows in the order of their key, as several processes add to the same ones."""
    sums: defaultdict[Place, Work] = defaultdict(Work)
    for one in due:
        project = name_digest(one.row.project or "")
        for quarter, work in _work(one):
            sums[one.row.fingerprint, project, quarter] += work
    rows = [(*place, *work) for place, work in sorted(sums.items()) if any(work)]
    if rows:
        _add(rows)


def _work(one: Due) -> Iterator[tuple[int, Work]]:
    """What the step from the last sample to this one did in each quarter it touches."""
    row, before = one
    if before.sampled_at is None or row.counts_at is None:
        return
    began, ended = int(before.sampled_at.timestamp()), int(row.counts_at.timestamp())
    old, new = Counts.parse(before.counts or {}), Counts.parse(row.counts or {})
    completed, errors = _step(old.completed, new.completed), _step(old.error, new.error)
    if ended <= began:  # the clock was set back
        return
    if ended - began > GAP:
        yield ended // QUARTER, Work(gap_completed=completed, gap_errors=errors)
        return
    yield from _spread(began, ended, completed, errors)


def _spread(began: int, ended: int, completed: int, errors: int) -> Iterator[tuple[int, Work]]:
    """In proportion to time, in whole tasks that add up."""
    length, passed = ended - began, 0
    for quarter in range(began // QUARTER, (ended - 1) // QUARTER + 1):
        until = min(ended, (quarter + 1) * QUARTER) - began
        yield (
            quarter,
            Work(
                completed=completed * until // length - completed * passed // length,
                errors=errors * until // length - errors * passed // length,
                watched=until - passed,
            ),
        )
        passed = until


def _step(old: int | None, new: int | None) -> int:
    """What is not known of one side is no work."""
    return 0 if old is None or new is None else new - old


def _add(rows: Sequence[tuple[str | int, ...]]) -> None:
    table = connection.ops.quote_name(ProjectQuarter._meta.db_table)
    one = f"({', '.join(['%s'] * len(rows[0]))})"
    statement = ADD.format(
        table=table,
        sums=", ".join(SUMS),
        rows=", ".join([one] * len(rows)),
        added=", ".join(f"{name} = {table}.{name} + excluded.{name}" for name in SUMS),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [value for row in rows for value in row])

"""Sums of the work done in a project in each quarter of an hour, added to as samples arrive.

So no page reads the samples of many batches.
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
# Adds to rows that may exist, which Django's `bulk_create` cannot: it only replaces values.
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
    """Add the work of these rows, with one statement."""
    sums: defaultdict[Place, Work] = defaultdict(Work)
    for one in due:
        # a project's name may be too long for an index
        project = name_digest(one.row.project or "")
        for quarter, work in _work(one):
            sums[one.row.fingerprint, project, quarter] += work
    # sorted, as two processes that lock the same rows in different orders could deadlock
    rows = [(*place, *work) for place, work in sorted(sums.items()) if any(work)]
    if rows:
        _add(rows)


def _work(one: Due) -> Iterator[tuple[int, Work]]:
    """The work between the last sample and this one, for each quarter between them."""
    row, before = one
    if before.sampled_at is None or row.counts_at is None:
        return
    began, ended = int(before.sampled_at.timestamp()), int(row.counts_at.timestamp())
    old, new = Counts.parse(before.counts or {}), Counts.parse(row.counts or {})
    completed, errors = _step(old.completed, new.completed), _step(old.error, new.error)
    if ended <= began:  # the clock was set back
        return
    if ended - began > GAP:
        # nobody knows when in the gap it was done, so it is no work of a quarter
        yield ended // QUARTER, Work(gap_completed=completed, gap_errors=errors)
        return
    yield from _spread(began, ended, completed, errors)


def _spread(began: int, ended: int, completed: int, errors: int) -> Iterator[tuple[int, Work]]:
    """The work divided by time over the quarters."""
    length, passed = ended - began, 0
    for quarter in range(began // QUARTER, (ended - 1) // QUARTER + 1):
        until = min(ended, (quarter + 1) * QUARTER) - began
        yield (
            quarter,
            Work(
                # differences of rounded sums: whole tasks, and together exactly all of them
                completed=completed * until // length - completed * passed // length,
                errors=errors * until // length - errors * passed // length,
                watched=until - passed,
            ),
        )
        passed = until


def _step(old: int | None, new: int | None) -> int:
    # an unknown count is not 0: the whole next count would appear as work
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

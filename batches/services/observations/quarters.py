"""Sums of the work done in a project in each quarter of an hour, added to as samples arrive.

So no page reads the samples of many batches.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from django.db import connection

from batches.models import ProjectQuarter
from batches.models.names import name_digest
from batches.refonte import Counts
from batches.services.observations.due import Due

QUARTER = 15 * 60
# Longer than the 15 minutes after which an unchanged batch is sampled, and a slow poll.
GAP = 20 * 60
ROWS = 500  # of one statement: a database limits its parameters
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
    add_sums(sums)


def add_sums(sums: Mapping[Place, Work]) -> None:
    # sorted, as two processes that lock the same rows in different orders could deadlock
    rows = [(*place, *work) for place, work in sorted(sums.items()) if any(work)]
    for start in range(0, len(rows), ROWS):
        _add(rows[start : start + ROWS])


def _work(one: Due) -> Iterator[tuple[int, Work]]:
    """What the step from the last sample to this one did in each quarter."""
    row, before = one.row, one.before
    if before.sampled_at is None or before.counts_at is None or row.counts_at is None:
        return
    # between the last sample and the last answer nothing changed, or there would be a newer sample
    sampled, answered, ended = (
        int(moment.timestamp()) for moment in (before.sampled_at, before.counts_at, row.counts_at)
    )
    old, new = Counts.parse(before.counts or {}), Counts.parse(row.counts or {})
    completed, errors = step(old.completed, new.completed), step(old.error, new.error)
    if sampled <= answered <= ended:
        yield from spread(sampled, answered, ended, completed, errors)
    else:  # the clock was set back: nobody knows when it was done
        yield ended // QUARTER, Work(gap_completed=completed, gap_errors=errors)


def spread(
    sampled: int, answered: int, ended: int, completed: int, errors: int
) -> Iterator[tuple[int, Work]]:
    """The quarters of a step: the last sample, the last answer and the present one, in seconds."""
    if ended - answered > GAP:
        yield ended // QUARTER, Work(gap_completed=completed, gap_errors=errors)
        ended = answered
    elif ended == answered:  # two answers within a second, by two people or processes
        yield ended // QUARTER, Work(completed=completed, errors=errors)
    else:
        for quarter, begun, passed in _parts(answered, ended):
            length = ended - answered
            yield (
                quarter,
                # in proportion to time, in whole tasks that add up
                Work(
                    completed=completed * passed // length - completed * begun // length,
                    errors=errors * passed // length - errors * begun // length,
                ),
            )
    for quarter, begun, passed in _parts(sampled, ended):
        yield quarter, Work(watched=passed - begun)


def _parts(began: int, ended: int) -> Iterator[tuple[int, int, int]]:
    """Each quarter of a time, with the seconds from its beginning to the ends of that part."""
    passed = 0
    for quarter in range(began // QUARTER, (ended - 1) // QUARTER + 1):
        until = min(ended, (quarter + 1) * QUARTER) - began
        yield quarter, passed, until
        passed = until


def step(old: int | None, new: int | None) -> int:
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

"""The line under a filtered list: tasks, done, errors and left of all batches that it lists."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from batches.models import SeenBatch
from batches.refonte import Counts
from batches.services.batches.filters import ListFilters
from batches.services.batches.listing import Sum
from batches.services.batches.rows import Row
from batches.services.batches.search import newest_matching
from batches.services.batches.stored import find_ids
from batches.services.keys.types import KeyHandle

# So many are added up; of a longer list the newest.
MOST = 500


def sum_of(
    *, key: KeyHandle, filters: ListFilters, rows: Sequence[Row], total: int | None, is_whole: bool
) -> Sum | None:
    """None of a list without filters, and of one without rows.

    rows: those on the page. is_whole: these are all of the list, so no query is needed.
    """
    if not (filters.narrows or filters.q.strip()) or not rows:
        return None
    if is_whole:
        # a row that no longer matches stays on the screen until the page is loaded again
        listed = [row.progress.counts for row in rows if not row.mark]
        return _added(listed, len(listed))
    return _added(_recorded(key, filters), total)


def _recorded(key: KeyHandle, filters: ListFilters) -> Iterable[Counts]:
    """The counts of matching batches, as they were last seen."""
    if filters.attention:
        ids, _ = find_ids(key=key, filters=replace(filters.first_page(), limit=MOST))
        found: Iterable[SeenBatch] = SeenBatch.objects.filter(pk__in=ids)
    else:
        found = newest_matching(key=key, filters=filters, limit=MOST)
    return (Counts.parse(row.counts) for row in found if row.counts)


def _added(counts: Iterable[Counts], batches: int | None) -> Sum:
    tasks = done = errors = left = known = 0
    for one in counts:
        if (total := one.total) is None:
            continue
        known += 1
        tasks += total
        done += one.completed or 0
        errors += one.error or 0
        left += total - one.settled
    return Sum(tasks=tasks, done=done, errors=errors, left=left, known=known, batches=batches)

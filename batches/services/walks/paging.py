"""Where the next page of a list begins, so that no batch is lost while others come and go.

It is bound by the creation time of the last row, which new batches do not shift. Rows of that very
moment come again, and are known by name. Without creation times, or with a vendor that ignores the
bound, rows are counted from the start.
"""

from dataclasses import dataclass
from datetime import datetime

from batches.refonte import BatchPage
from batches.services.batches.paging import end_of, is_newer


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """before: bound on `created_at`, included. offset: rows within it that were read already."""

    before: datetime | None = None
    offset: int = 0
    by_offset: bool = False


def next_position(position: Position, page: BatchPage) -> Position | None:
    """The position after a page; None where the list has ended."""
    if not page.rows_received or not _goes_on(position, page):
        return None
    passed = position.offset + page.rows_received
    if position.by_offset:
        return Position(offset=passed, by_offset=True)
    if not page.batches:  # only rows without a name: others may follow
        return Position(before=position.before, offset=passed)
    times = [batch.created_at for batch in page.batches if batch.created_at]
    last = page.batches[-1].created_at
    if last is None or is_newer(times, than=position.before):
        # from the start, as it is not known how many rows lie before this page
        return Position(by_offset=True)
    bound = end_of(last, times)
    if position.before is not None and bound >= position.before:
        return Position(before=position.before, offset=passed)
    return Position(before=bound)


def _goes_on(position: Position, page: BatchPage) -> bool:
    # a vendor that caps pages sends pages that are not full: then the total decides
    is_short = page.total is not None and position.offset + page.rows_received < page.total
    return page.has_more or is_short

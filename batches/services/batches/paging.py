"""Which rows of a vendor's page are new to its reader, and where the next page begins.

The next page begins at the creation time of the last row (its anchor), so that neither new batches
nor batches that leave the filter shift it. Rows of that millisecond come again; digests of their
names, which are in the address, tell them from new ones. Where times cannot be relied on, rows are
counted.
"""

import json
from base64 import urlsafe_b64encode
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import blake2b
from itertools import pairwise

from batches.refonte import LIMIT_MAX, Batch, BatchPage, ListQuery, ReceivedRow
from batches.services.batches.filters import ONE_MS, ListFilters

DIGEST_LENGTH = 6
# So many rows are asked for again where rows are counted: as many may leave without a miss.
COUNTED_AGAIN = 25


class Counted(StrEnum):
    """Why a page begins at a number of rows, and so may shift."""

    NO_TIMES = "no_times"
    NOT_IN_ORDER = "not_in_order"
    BOUND_IGNORED = "bound_ignored"
    ONE_MOMENT = "one_moment"
    BEFORE = "before"  # the page before was counted


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPage:
    """One page of a list.

    start: number of rows of the list above this page.
    passed: rows of the answer that were on no page before: shown, unread or repeated.
    unread: rows of these without a usable name. repeated: rows of a batch that came twice.
    total: number of all that matches, counted from the first page on; None where unknown.
    is_total_wrong: the vendor gave a total that is impossible.
    older: where the next page begins; None on the last.
    counted: why this or the next page begins at a number of rows.
    is_unsure: batches may be missing between the page before and this one.
    is_stuck: the list goes on, but only rows that were shown before came.
    told_total: the total that the vendor gave, where the list ended below it.
    """

    batches: tuple[Batch, ...] = ()
    start: int = 0
    passed: int = 0
    unread: int = 0
    repeated: int = 0
    total: int | None = None
    is_total_wrong: bool = False
    older: ListFilters | None = None
    counted: Counted | None = None
    is_unsure: bool = False
    is_stuck: bool = False
    told_total: int | None = None


def page_of(filters: ListFilters, query: ListQuery, answer: BatchPage) -> ListPage:
    """The page made of an answer to `query`, which was made of these filters."""
    fresh = _fresh(filters, answer)
    taken = fresh[: filters.limit]
    batches = _unique(taken)
    has_more = len(fresh) > len(taken) or (
        answer.has_more and not _has_ended(filters, query, answer, fresh)
    )
    again = len(answer.rows) - len(fresh)
    # where rows are counted, rows may have come or gone above since: the offset is the newer number
    start = filters.seen if filters.before else query.offset + again
    reached = start + len(taken)
    total = _grand_total(filters, query, answer, again)
    is_wrong = bool(taken) and total is not None and total < reached + has_more
    anchor, why = _anchor(filters, query, answer, taken)
    here = replace(filters, seen=reached)
    older = _older(here, query, answer, taken, anchor) if has_more and taken else None
    # without a next page the order does not matter, so no reader is warned
    if why is Counted.NOT_IN_ORDER and older is None:
        why = None
    # more rows share one millisecond than one answer contains: some are skipped by number
    if (older and older.passed) or (filters.before and query.offset):
        why = why or Counted.ONE_MOMENT
    unread = sum(row.batch is None for row in taken)
    return ListPage(
        batches=batches,
        start=start,
        passed=len(taken),
        unread=unread,
        repeated=len(taken) - unread - len(batches),
        # a total above 0 with no row at all cannot be right
        total=None if is_wrong or (not (reached or answer.rows) and total) else total,
        is_total_wrong=is_wrong or answer.is_total_wrong,
        older=older,
        counted=why,
        is_unsure=_skips_shown(filters, query) and bool(fresh) and not again,
        is_stuck=has_more and not taken,
        told_total=total if not has_more and total and total > reached else None,
    )


def _has_ended(
    filters: ListFilters, query: ListQuery, answer: BatchPage, fresh: Sequence[ReceivedRow]
) -> bool:
    """Whether a list of counted rows ends here, even where `has_more` is true."""
    # only known rows came, and the answer had space for more
    known = filters.seen - query.offset
    return filters.is_counted and not fresh and len(answer.rows) <= known < query.limit


def breaks_bound(filters: ListFilters, query: ListQuery, answer: BatchPage) -> bool:
    """Whether the vendor ignored the anchor: rows newer than it came, or known rows only."""
    if filters.before is None:
        return False
    return is_beyond(query, answer) or (answer.has_more and not _fresh(filters, answer))


def is_beyond(query: ListQuery, answer: BatchPage) -> bool:
    """Whether it contains rows newer than the query allows."""
    times = (row.created_at for row in answer.rows)
    return is_newer(filter(None, times), than=query.end_time)


def is_newer(times: Iterable[datetime], *, than: datetime | None) -> bool:
    """Whether any of these times is after the bound of a query."""
    # bounds are sent in milliseconds: a row within that millisecond is not after it
    return than is not None and any(time - ONE_MS >= than for time in times)


def _fresh(filters: ListFilters, answer: BatchPage) -> list[ReceivedRow]:
    """The rows that were on no page before."""
    if not filters.shown:
        return list(answer.rows)
    known, fresh = Counter(filters.shown), []
    for row in answer.rows:
        digest = _digest(row)
        if not known[digest]:
            fresh.append(row)
            continue
        # rows without a name may be equal: each known one hides one row only
        if row.batch is None:
            known[digest] -= 1
        # rows above a known one were passed too: new batches have pushed them down
        if filters.is_counted:
            fresh.clear()
    return fresh


def _unique(rows: Sequence[ReceivedRow]) -> tuple[Batch, ...]:
    found: dict[str, Batch] = {}
    for row in rows:
        if row.batch:
            # a page shows a batch once, also where the vendor repeats it
            found.setdefault(row.batch.name, row.batch)
    return tuple(found.values())


def _grand_total(
    filters: ListFilters, query: ListQuery, answer: BatchPage, again: int
) -> int | None:
    """The total of the whole list; None where unknown."""
    if answer.total is None or filters.before is None:
        return answer.total
    # the vendor counts from the anchor on, and so leaves out what was passed before
    return filters.seen + max(0, answer.total - query.offset - again)


def _skips_shown(filters: ListFilters, query: ListQuery) -> bool:
    """Whether rows shown before are skipped by number: if some have left, new rows are missed."""
    return query.offset > 0 and (filters.before is not None or filters.is_counted)


def _older(
    filters: ListFilters,
    query: ListQuery,
    answer: BatchPage,
    taken: Sequence[ReceivedRow],
    anchor: datetime | None,
) -> ListFilters:
    """Where the next page begins: at the anchor, or without one at a number of rows.

    filters: those of this page, with the rows seen up to its end.
    """
    capacity = _capacity(query, answer)
    if anchor is None:
        # the last rows, half of an answer at most, so that the other half can be new
        shown = [*filters.shown, *map(_digest, taken)]
        shown = _last(shown, min(COUNTED_AGAIN, (capacity + 1) // 2))
        return replace(filters.counted_in_rows(), shown=tuple(shown))
    shown = [_digest(row) for row in taken if not row.created_at or row.created_at <= anchor]
    passed = 0
    if filters.before == anchor:
        # a whole page of one millisecond: rows of the pages before come again as well
        passed, shown = filters.passed, [*filters.shown, *shown]
    if len(shown) > capacity:
        kept = _last(shown, capacity // 2)
        passed, shown = passed + len(shown) - len(kept), kept
    return replace(filters, before=anchor, passed=passed, shown=tuple(shown))


def _capacity(query: ListQuery, answer: BatchPage) -> int:
    """How many known rows an answer can contain and still have space for a new one."""
    # a vendor may give fewer rows than asked for, although the list goes on
    is_capped = answer.has_more and len(answer.rows) < query.limit
    return (len(answer.rows) if is_capped else LIMIT_MAX) - 1


def _last(digests: list[str], count: int) -> list[str]:
    return digests[len(digests) - count :] if count < len(digests) else digests


def _anchor(
    filters: ListFilters, query: ListQuery, answer: BatchPage, taken: Sequence[ReceivedRow]
) -> tuple[datetime | None, Counted | None]:
    """The time up to which the next page is asked, or why no time can be relied on."""
    last = taken[-1].created_at if taken else None
    times = [row.created_at for row in answer.rows if row.created_at]
    if not taken:
        return None, None
    if last is None:
        return None, Counted.NO_TIMES
    if is_beyond(query, answer):
        return None, Counted.BOUND_IGNORED
    # a time would now skip or repeat rows: where the pages before end is known by number only
    if filters.is_counted:
        return None, Counted.BEFORE
    # in another order the last row is not the oldest: a bound at it would lose older rows
    if any(later > earlier for earlier, later in pairwise(times)):
        return None, Counted.NOT_IN_ORDER
    end = end_of(last, times)
    return min(end, filters.before or end), None


def end_of(last: datetime, times: Iterable[datetime]) -> datetime:
    """The last millisecond in which a batch of this time may have been created.

    times: all times of the same answer.
    """
    # no time has a fraction: the vendor may cut them, and more batches of that second may follow
    if not any(time.microsecond for time in times):
        return last + timedelta(milliseconds=999)
    # up to the next whole millisecond, as bounds are sent in milliseconds
    return last + timedelta(microseconds=-last.microsecond % 1000)


def _digest(row: ReceivedRow) -> str:
    """A name, or a row without one, as six characters (36 bits) of an address."""
    # a name may have 1,024 characters, and an address has to hold up to a hundred digests
    text = row.batch.name if row.batch else json.dumps(row.raw, sort_keys=True)
    short = blake2b(text.encode(errors="surrogatepass"), digest_size=5).digest()
    return urlsafe_b64encode(short).decode()[:DIGEST_LENGTH]

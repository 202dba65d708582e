"""What of a vendor's page is new to its reader, and where the next page begins.

The next page is anchored at the creation time of the last row, so that neither new batches nor
batches that leave the filter shift it. Rows of that very moment come again; digests of their names,
which travel in the address, tell them from new ones. Where no time can be relied on, rows are
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
# Where rows are counted so many are asked for again: as many may leave, and none is missed.
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

    start: rows of the list above this page.
    passed: rows of the answer that were on no page before: shown, unread or repeated.
    unread: those of them without a usable name. repeated: those of a batch the answer holds twice.
    total: of all that matches, from the first page on; None where it is not known.
    is_total_wrong: the vendor told one that cannot be.
    older: where the next page begins; None on the last.
    counted: why that, or where this page begins, is told by a number of rows.
    is_unsure: batches may be missing between the page before and this one.
    is_stuck: more should follow, and only what was shown before came.
    told_total: where the list ends before it: the total that the vendor told.
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
    """The page that `query`, made of these filters, was answered with."""
    fresh = _fresh(filters, answer)
    taken = fresh[: filters.limit]
    batches = _unique(taken)
    has_more = len(fresh) > len(taken) or (
        answer.has_more and not _has_ended(filters, query, answer, fresh)
    )
    again = len(answer.rows) - len(fresh)
    # counted anew where rows are counted, as others may have come or gone above
    start = filters.seen if filters.before else query.offset + again
    reached = start + len(taken)
    total = _grand_total(filters, query, answer, again)
    is_wrong = bool(taken) and total is not None and total < reached + has_more
    anchor, why = _anchor(filters, query, answer, taken)
    here = replace(filters, seen=reached)
    older = _older(here, query, answer, taken, anchor) if has_more and taken else None
    if why is Counted.NOT_IN_ORDER and older is None:
        why = None
    if (older and older.passed) or (filters.before and query.offset):
        why = why or Counted.ONE_MOMENT
    unread = sum(row.batch is None for row in taken)
    return ListPage(
        batches=batches,
        start=start,
        passed=len(taken),
        unread=unread,
        repeated=len(taken) - unread - len(batches),
        # where not even the first page has a row, nobody knows how many there are
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
    """Of rows asked for by number only those came that were known, and there was room for more:
    the list ends here, though the vendor says otherwise.
    """
    known = filters.seen - query.offset
    return filters.is_counted and not fresh and len(answer.rows) <= known < query.limit


def breaks_bound(filters: ListFilters, query: ListQuery, answer: BatchPage) -> bool:
    """The vendor did not keep to the anchor: rows newer than it came, or known ones alone."""
    if filters.before is None:
        return False
    return is_beyond(query, answer) or (answer.has_more and not _fresh(filters, answer))


def is_beyond(query: ListQuery, answer: BatchPage) -> bool:
    """It holds rows newer than were asked for."""
    times = (row.created_at for row in answer.rows)
    return is_newer(filter(None, times), than=query.end_time)


def is_newer(times: Iterable[datetime], *, than: datetime | None) -> bool:
    """Whether rows are newer than they were asked up to; bounds are sent in milliseconds."""
    return than is not None and any(time - ONE_MS >= than for time in times)


def _fresh(filters: ListFilters, answer: BatchPage) -> list[ReceivedRow]:
    """The rows that were on no page before.

    Rows without a name may look alike: of these each one known stands for one. Where rows are
    counted, all that stand above a known one were passed: newer ones have pushed them down.
    """
    if not filters.shown:
        return list(answer.rows)
    known, fresh = Counter(filters.shown), []
    for row in answer.rows:
        mark = _digest(row)
        if not known[mark]:
            fresh.append(row)
            continue
        if row.batch is None:
            known[mark] -= 1
        if filters.is_counted:
            fresh.clear()
    return fresh


def _unique(rows: Sequence[ReceivedRow]) -> tuple[Batch, ...]:
    found: dict[str, Batch] = {}
    for row in rows:
        if row.batch:
            found.setdefault(row.batch.name, row.batch)
    return tuple(found.values())


def _grand_total(
    filters: ListFilters, query: ListQuery, answer: BatchPage, again: int
) -> int | None:
    """The vendor counts from this page's anchor on; what was passed before it comes on top."""
    if answer.total is None or filters.before is None:
        return answer.total
    return filters.seen + max(0, answer.total - query.offset - again)


def _skips_shown(filters: ListFilters, query: ListQuery) -> bool:
    """Rows that were shown are skipped by their number: some of them may have left since."""
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
    room = _room(query, answer)
    if anchor is None:
        shown = [*filters.shown, *map(_digest, taken)]
        shown = _last(shown, min(COUNTED_AGAIN, (room + 1) // 2))
        return replace(filters.counted_in_rows(), shown=tuple(shown))
    shown = [_digest(row) for row in taken if not row.created_at or row.created_at <= anchor]
    passed = 0
    if filters.before == anchor:
        passed, shown = filters.passed, [*filters.shown, *shown]
    if len(shown) > room:
        kept = _last(shown, room // 2)
        passed, shown = passed + len(shown) - len(kept), kept
    return replace(filters, before=anchor, passed=passed, shown=tuple(shown))


def _room(query: ListQuery, answer: BatchPage) -> int:
    """How many known rows an answer can hold and still bring a new one."""
    is_capped = answer.has_more and len(answer.rows) < query.limit
    return (len(answer.rows) if is_capped else LIMIT_MAX) - 1


def _last(digests: list[str], count: int) -> list[str]:
    return digests[len(digests) - count :] if count < len(digests) else digests


def _anchor(
    filters: ListFilters, query: ListQuery, answer: BatchPage, taken: Sequence[ReceivedRow]
) -> tuple[datetime | None, Counted | None]:
    """The moment that the next page is asked up to, or why there is none to rely on."""
    last = taken[-1].created_at if taken else None
    times = [row.created_at for row in answer.rows if row.created_at]
    if not taken:
        return None, None
    if last is None:
        return None, Counted.NO_TIMES
    if is_beyond(query, answer):
        return None, Counted.BOUND_IGNORED
    if filters.is_counted:
        return None, Counted.BEFORE
    if any(later > earlier for earlier, later in pairwise(times)):
        return None, Counted.NOT_IN_ORDER
    end = end_of(last, times)
    return min(end, filters.before or end), None


def end_of(last: datetime, times: Iterable[datetime]) -> datetime:
    """The last millisecond in which a batch of this time may have been created, as it was told.

    times: those of the same answer. Told without a fraction they may have been cut: a batch of that
    second may still be to come.
    """
    if not any(time.microsecond for time in times):
        return last + timedelta(milliseconds=999)
    return last + timedelta(microseconds=-last.microsecond % 1000)


def _digest(row: ReceivedRow) -> str:
    """Stands for a name, or for a row without one, in an address: six characters, 36 bits."""
    text = row.batch.name if row.batch else json.dumps(row.raw, sort_keys=True)
    short = blake2b(text.encode(errors="surrogatepass"), digest_size=5).digest()
    return urlsafe_b64encode(short).decode()[:DIGEST_LENGTH]

"""The search: names seen under a key, and the one batch that has exactly the name typed."""

from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import F
from django.utils import timezone

from batches.refonte import BatchPage, Outcome
from batches.refs import is_addressable
from batches.services import batch_rows, pace, vendor
from batches.services.batch_list import BatchList, sent_priorities
from batches.services.filters import ListFilters
from batches.services.page_key import PageKey
from batches.services.readings import Failure, Reading, batch_query, read_together
from batches.services.seen import all_seen, find_seen


def search_seen(*, key: PageKey, filters: ListFilters) -> BatchList:
    """Names seen under the key that contain the words; asks the vendor nothing."""
    now = timezone.now()
    start, end = filters.window(now)
    words = filters.q.strip()
    found = all_seen(key=key).filter(name__icontains=words)
    if filters.project:
        found = found.filter(project=filters.project)
    if filters.status:
        found = found.filter(status=filters.status)
    if start:
        found = found.filter(created_at__gte=start)
    if end:
        found = found.filter(created_at__lte=end)
    stop = filters.seen + filters.limit
    newest_first = F("created_at").desc(nulls_last=True)
    page = list(found.order_by(newest_first, "name")[filters.seen : stop + 1])
    more, page = len(page) > filters.limit, page[: filters.limit]
    priorities = sent_priorities(key=key, names=[row.name for row in page])
    rows = tuple(batch_rows.from_seen(row, priorities) for row in page)
    return BatchList(
        filters=filters,
        rows=rows,
        reading=asked_nobody(now),
        total=None if more or filters.seen else len(rows),
        older=replace(filters, seen=stop) if more else None,
        tab_totals={},
        poll_seconds=pace.of_list(row.status for row in rows),
    )


def asked_nobody(now: datetime) -> Reading[BatchPage]:
    """Stands for the vendor's answer where only what is remembered here is looked through."""
    return Reading(data=None, payload=None, as_of=now, failure=None, next_try=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExactName:
    """The batch that was typed.

    failure: why the vendor could not say whether there is one; is_absent: it said there is none.
    """

    name: str | None = None
    failure: Failure | None = None
    is_absent: bool = False


def find_exact(*, key: PageKey, typed: str) -> ExactName:
    """The batch of exactly this name, blanks at its ends counted or not; here or at the vendor."""
    names = [name for name in dict.fromkeys((typed, typed.strip())) if is_addressable(name)]
    seen = find_seen(key=key, names=names)
    if found := next((name for name in names if name in seen), None):
        return ExactName(name=found)
    readings = read_together(
        key=key,
        queries=[batch_query(name) for name in names],
        kind=vendor.Kind.POLL,
        deadline=vendor.new_deadline(),
    )
    told = {name for name, r in zip(names, readings, strict=True) if r.data and not r.failure}
    name = next((name for name in names if name in told), None)
    failure = next((r.failure for r in readings if r.failure and not _is_no(r.failure)), None)
    return ExactName(name=name, failure=failure, is_absent=bool(names) and not (name or failure))


def _is_no(failure: Failure) -> bool:
    """An answer after all: no batch has, or can have, such a name."""
    return failure.outcome in {Outcome.NOT_FOUND, Outcome.REJECTED}

"""Where lists hold no counts: the statuses of eight batches at a time, once for all who look."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from batches.models import SeenBatch
from batches.refonte import COMPLETED, STAGING, BatchStatus, Counts, Deadline
from batches.services.batches import pace
from batches.services.batches.progress import DONE, Progress
from batches.services.clock import is_ahead, is_older
from batches.services.keys.types import KeyHandle
from batches.services.observations.seen import find_seen
from batches.services.observations.sighting import is_storable
from batches.services.readings.poll_leader import last_lead, return_lead, take_lead
from batches.services.readings.queries import status_query
from batches.services.readings.read import all_last_known, last_known, read_together
from batches.services.readings.reading import Reading
from batches.services.readings.refresh import RECENT
from batches.services.vendor.calls import Kind

STATUSES_A_POLL = 8
STAGING_EVERY = ABSENT_EVERY = timedelta(minutes=1)
# One round serves all who look at a page; a little less than their pace.
SWEEP_EVERY = timedelta(seconds=pace.MIDWAY - 1)
FIRST_SWEEPS_EVERY = timedelta(seconds=pace.UNREAD - 0.5)
Seen = Mapping[str, SeenBatch]


def sweep_statuses(
    *, key: KeyHandle, page: str, shown: Sequence[str], of: Reading[Any], deadline: Deadline
) -> tuple[Reading[Any], Seen]:
    """Read what is due of the batches on a page; gives the list's reading, and what is known.

    of: the list as it is held. Its time becomes that of the last round, so that the page tells how
        current its rows are.
    page: names the page, the same for all who look at it.
    """
    now = timezone.now()
    seen: Seen = find_seen(fingerprint=key.fingerprint, names=shown)
    names = _due_names(key, shown, seen, now)
    if not names:
        return of, seen
    queries = [status_query(name) for name in names]
    every = FIRST_SWEEPS_EVERY if any(_is_unread(seen.get(name)) for name in names) else SWEEP_EVERY
    lead = take_lead(key=key, page=page, every=every, now=now)
    if not lead.is_taken:
        answers = all_last_known(key=key, queries=queries)
        return _told(of, answers, lead.last), seen
    kind = Kind.POLL
    answers = read_together(key=key, queries=queries, kind=kind, deadline=deadline)
    if answers[0].had_no_slot:
        return_lead(key=key, page=page, lead=lead)
        return _unless_young(_told(of, answers, None), of=of, last=lead.last), seen
    # changed or not, each answer has moved its batch's age: the oldest on screen is read first
    return _told(of, answers, None), {**seen, **answers[0].recorded}


def keep_recent(*, key: KeyHandle, page: str, of: Reading[Any], full: Reading[Any]) -> Reading[Any]:
    """The list as it is held, where no reader was free to ask for it and its last round is young.

    full: the same, "busy".
    """
    return _unless_young(full, of=of, last=last_lead(key=key, page=page))


def _unless_young(full: Reading[Any], *, of: Reading[Any], last: datetime | None) -> Reading[Any]:
    """last: when a round of the list was read. Of a search the list itself has no age."""
    times = (last, of.as_of if of.data is not None else None)
    as_of = max(filter(None, times), default=None)
    if of.is_stale or as_of is None or is_older(as_of, now=timezone.now(), than=RECENT):
        return full
    return replace(of, as_of=max(as_of, of.as_of or as_of))


def _told(
    listing: Reading[Any], answers: Sequence[Reading[BatchStatus]], last: datetime | None
) -> Reading[Any]:
    """last: when another viewer's round was read."""
    if trouble := next(filter(_is_trouble, answers), None):
        return replace(listing, failure=trouble.failure, next_try=trouble.next_try)
    times = (listing.as_of, last, *(answer.as_of for answer in answers))
    return replace(listing, as_of=max(filter(None, times), default=None))


def _is_trouble(answer: Reading[BatchStatus]) -> bool:
    """A failure that is not about one batch alone."""
    return answer.failure is not None and answer.failure.outcome not in {"not_found", "rejected"}


def _is_unread(row: SeenBatch | None) -> bool:
    """Nothing was ever told of its counts; where there is no such batch nothing will be."""
    return row is None or (row.counts_at is None and row.absent_at is None)


def _due_names(key: KeyHandle, shown: Sequence[str], seen: Seen, now: datetime) -> list[str]:
    """A completed batch once, a staging one at most once a minute, the others oldest first."""

    def age(name: str) -> timedelta:
        row = seen.get(name)
        read_at = max(filter(None, (row.counts_at, row.absent_at)), default=None) if row else None
        if read_at is None or is_ahead(read_at, now=now):
            return timedelta.max
        return now - read_at

    def is_due(name: str) -> bool:
        row = seen.get(name)
        if row is None or _is_unread(row):
            return is_storable(name)
        if row.absent_at is not None:
            return age(name) >= ABSENT_EVERY
        if row.status == COMPLETED:
            return not _is_final(key, row)
        return age(name) >= (STAGING_EVERY if row.status == STAGING else SWEEP_EVERY)

    return sorted(filter(is_due, shown), key=age, reverse=True)[:STATUSES_A_POLL]


def _is_final(key: KeyHandle, row: SeenBatch) -> bool:
    """A completed batch whose counts say so too, or were read when it was."""
    counts = Counts.parse(row.counts or {})
    if counts.is_empty or Progress(counts=counts, status=COMPLETED).percent == DONE:
        return True
    last = last_known(key=key, query=status_query(row.name))
    return last.data is not None and last.data.status == COMPLETED

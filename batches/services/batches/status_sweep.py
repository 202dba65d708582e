"""Reads statuses where lists contain no counts: eight batches a poll, once for all viewers."""

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
# Neither changes often, and each takes one of the eight places of a sweep.
STAGING_EVERY = ABSENT_EVERY = timedelta(minutes=1)
# A little less than the pace of polls, so that a poll that comes slightly early is not skipped.
SWEEP_EVERY = timedelta(seconds=pace.MIDWAY - 1)
FIRST_SWEEPS_EVERY = timedelta(seconds=pace.UNREAD - 0.5)
Seen = Mapping[str, SeenBatch]


def sweep_statuses(
    *, key: KeyHandle, page: str, shown: Sequence[str], of: Reading[Any], deadline: Deadline
) -> tuple[Reading[Any], Seen]:
    """Read what is due of the batches on a page; gives the list's reading and the recorded rows.

    of: the list as cached. The reading that is returned has the time of the last sweep.
    page: names the page, the same for all its viewers.
    """
    now = timezone.now()
    seen: Seen = find_seen(fingerprint=key.fingerprint, names=shown)
    names = _due_names(key, shown, seen, now)
    if not names:
        return of, seen
    queries = [status_query(name) for name in names]
    # a person waits for rows that were never read, so the first sweeps follow quickly
    every = FIRST_SWEEPS_EVERY if any(_is_unread(seen.get(name)) for name in names) else SWEEP_EVERY
    lead = take_lead(key=key, page=page, every=every, now=now)
    # another viewer's poll swept this page just now: its answers are in the cache
    if not lead.is_taken:
        answers = all_last_known(key=key, queries=queries)
        return _with_failure_or_age(of, answers, lead.last), seen
    kind = Kind.POLL
    answers = read_together(key=key, queries=queries, kind=kind, deadline=deadline)
    if answers[0].had_no_slot:
        # no call was made: without this the next poll would skip its sweep as well
        return_lead(key=key, page=page, lead=lead)
        return _if_recent(_with_failure_or_age(of, answers, None), of=of, last=lead.last), seen
    # unchanged answers are returned too: their new age decides which batches are read next
    return _with_failure_or_age(of, answers, None), {**seen, **answers[0].recorded}


def keep_recent(*, key: KeyHandle, page: str, of: Reading[Any], full: Reading[Any]) -> Reading[Any]:
    """The list as cached where it was swept less than a minute ago, else `full`.

    full: the reading of a poll that found no free reader, with "busy" as its failure.
    """
    return _if_recent(full, of=of, last=last_lead(key=key, page=page))


def _if_recent(full: Reading[Any], *, of: Reading[Any], last: datetime | None) -> Reading[Any]:
    """last: when the list was last swept."""
    # in a search `of` has no data, and its time is only the time of the poll
    times = (last, of.as_of if of.data is not None else None)
    as_of = max(filter(None, times), default=None)
    if of.is_stale or as_of is None or is_older(as_of, now=timezone.now(), than=RECENT):
        return full
    return replace(of, as_of=max(as_of, of.as_of or as_of))


def _with_failure_or_age(
    listing: Reading[Any], answers: Sequence[Reading[BatchStatus]], last: datetime | None
) -> Reading[Any]:
    """last: when another viewer's poll swept the list; None where this poll did."""
    if trouble := next(filter(_is_trouble, answers), None):
        return replace(listing, failure=trouble.failure, next_try=trouble.next_try)
    # the page shows how recent its rows are, which is the time of the last sweep
    times = (listing.as_of, last, *(answer.as_of for answer in answers))
    return replace(listing, as_of=max(filter(None, times), default=None))


def _is_trouble(answer: Reading[BatchStatus]) -> bool:
    """Whether it failed for a reason that is not about this one batch."""
    return answer.failure is not None and not answer.failure.is_definite


def _is_unread(row: SeenBatch | None) -> bool:
    """Whether its counts were never asked for. An absent batch has none to ask for."""
    return row is None or (row.counts_at is None and row.absent_at is None)


def _due_names(key: KeyHandle, shown: Sequence[str], seen: Seen, now: datetime) -> list[str]:
    """Names to read now, those with the oldest answer first."""

    def age(name: str) -> timedelta:
        row = seen.get(name)
        read_at = max(filter(None, (row.counts_at, row.absent_at)), default=None) if row else None
        # a time in the future was written before the clock was set back: read it first
        if read_at is None or is_ahead(read_at, now=now):
            return timedelta.max
        return now - read_at

    def is_due(name: str) -> bool:
        row = seen.get(name)
        if row is None or _is_unread(row):
            # a name that cannot be stored stays unread for ever: it would be asked for in each
            # sweep
            return is_storable(name)
        if row.absent_at is not None:
            return age(name) >= ABSENT_EVERY
        if row.status == COMPLETED:
            # nothing changes after it
            return not _is_final(key, row)
        return age(name) >= (STAGING_EVERY if row.status == STAGING else SWEEP_EVERY)

    return sorted(filter(is_due, shown), key=age, reverse=True)[:STATUSES_A_POLL]


def _is_final(key: KeyHandle, row: SeenBatch) -> bool:
    """Whether the counts of a completed batch are its last ones."""
    counts = Counts.parse(row.counts or {})
    if counts.is_empty or Progress(counts=counts, status=COMPLETED).percent == DONE:
        return True
    # counts may be from before it completed: then they are read once more
    last = last_known(key=key, query=status_query(row.name))
    return last.data is not None and last.data.status == COMPLETED

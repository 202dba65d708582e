"""Batches: a page of them, one, its status and counts, its counts over time."""

from datetime import UTC, datetime

from django.http import HttpRequest

from batches.api import answers
from batches.api.cursors import next_address, read_place
from batches.api.facts import batch_of, status_of, tasks_of
from batches.api.guards import ApiRequest, endpoint
from batches.api.problems import not_found
from batches.api.queries import (
    BatchesQuery,
    KeyQuery,
    ObservationsQuery,
    bad_parameter,
    read_moment,
    text_of,
)
from batches.models.samples import STATUS_CODES
from batches.refs import to_ref
from batches.services.batches.facts import BatchFacts
from batches.services.newest import Place
from batches.services.observations.packing import Sample
from batches.services.observations.points import read_points
from batches.services.stored.batches import StoredBatch, StoredFilters, find_batch, list_batches

A_DAY = 86_400
THE_YEAR_2100 = 4_102_444_800  # in epoch seconds: a column of PostgreSQL holds not much more
STATUS_NAMES = {code: status for status, code in STATUS_CODES.items()}
# As `Counts` names them.
COLUMNS = {
    "completed": "completed",
    "pending": "pending",
    "error": "error",
    "canceled": "cancelled",
}


@endpoint(summary="Batches of a key", query=BatchesQuery, answer=answers.BatchList)
def show_batches(request: ApiRequest, query: BatchesQuery) -> answers.BatchList:
    """Newest first, those without a creation time last.

    A page looks through a bounded number of batches: it may be short or empty and still have a
    `next`. Batches that come meanwhile shift no page.
    """
    filters = StoredFilters(
        project=text_of(query.project), status=text_of(query.status), q=text_of(query.q)
    )
    key_ref = request.key.ref
    after = _place(request, key_ref, text_of(query.cursor))
    page = list_batches(key=request.key, filters=filters, after=after, limit=query.limit)
    at = page.next and [page.next.created_at and page.next.created_at.isoformat(), page.next.id]
    return answers.BatchList(
        key=key_ref,
        answered_at=request.now,
        items=tuple(batch_of(one, key_ref=key_ref, now=request.now) for one in page.batches),
        next=next_address(request, key_ref, at),
    )


@endpoint(summary="One batch", query=KeyQuery, answer=answers.BatchAnswer)
def show_batch(request: ApiRequest, query: KeyQuery, name: str) -> answers.BatchAnswer:
    """What is stored of it, each value with its age."""
    found = stored_or_404(request, name)
    return answers.BatchAnswer(
        key=request.key.ref,
        answered_at=request.now,
        batch=batch_of(found, key_ref=request.key.ref, now=request.now),
    )


@endpoint(summary="Status and counts of a batch", query=KeyQuery, answer=answers.StatusAnswer)
def show_status(request: ApiRequest, query: KeyQuery, name: str) -> answers.StatusAnswer:
    """The same values as in the batch, and nothing else."""
    facts: BatchFacts = stored_or_404(request, name).facts
    return answers.StatusAnswer(
        key=request.key.ref,
        answered_at=request.now,
        name=name,
        ref=to_ref(name),
        status=status_of(facts, request.now),
        tasks=tasks_of(facts, request.now),
        absent_at=facts.absent_at,
    )


@endpoint(
    summary="Counts of a batch over time", query=ObservationsQuery, answer=answers.ObservationList
)
def show_observations(
    request: ApiRequest, query: ObservationsQuery, name: str
) -> answers.ObservationList:
    """Oldest first. At most one a minute for two days; of older ones fewer are kept.

    A time without any was not watched, or nothing changed: then one is kept every 15 minutes.
    """
    stored_or_404(request, name)
    place = read_place(request, request.key.ref, query.cursor) if query.cursor else None
    # later pages keep the bounds of the first one, which may have had none in its address
    first, last = place or _bounds(query, request.now)
    points = read_points(
        fingerprints=request.key.fingerprints, name=name, first=first, last=last, limit=query.limit
    )
    return answers.ObservationList(
        key=request.key.ref,
        answered_at=request.now,
        name=name,
        ref=to_ref(name),
        since=_moment(first),
        until=_moment(last),
        items=tuple(map(_observation, points.samples)),
        next=next_address(request, request.key.ref, points.next and [points.next, last]),
    )


def _bounds(query: ObservationsQuery, now: datetime) -> tuple[int, int]:
    """In epoch seconds. Raises Problem."""
    last = _second(read_moment("until", query.until) if query.until else now)
    first = _second(read_moment("since", query.since)) if query.since else last - A_DAY
    if first > last:
        raise bad_parameter("since", "It is later than `until`.")
    return max(0, first), last


def stored_or_404(request: ApiRequest, name: str) -> StoredBatch:
    found = find_batch(key=request.key, name=name)
    if found is None:
        raise not_found("No batch of this name was ever seen with this API key.")
    return found


def _place(request: HttpRequest, key_ref: str, cursor: str) -> Place | None:
    if not cursor:
        return None
    created_at, row = read_place(request, key_ref, cursor)
    return Place(created_at and datetime.fromisoformat(created_at), row)


def _observation(sample: Sample) -> answers.Observation:
    known = {name: getattr(sample, column) for name, column in COLUMNS.items()}
    others = {name: value for name, value in sample.other.items() if isinstance(value, int)}
    named = sample.other.get("status")
    status = STATUS_NAMES.get(sample.status) or (named if isinstance(named, str) else None)
    return answers.Observation(
        at=_moment(sample.at),
        status=status or None,
        counts={name: value for name, value in known.items() if value is not None} | others,
        total=sample.total,
    )


def _second(moment: datetime) -> int:
    """There are samples of no other time."""
    return min(max(0, int(moment.timestamp())), THE_YEAR_2100)


def _moment(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)

"""Ask the vendor what is due, for one request: slot, lock, answer or reason.

    refresh → slot of the bulkhead → dogpile's lock, one a query → call → cache and database

Where all readers are taken, a page never read waits for one, before the lock; a poll keeps what is
younger than a minute as it is; all others get the last known state, "busy".
"""

import contextvars
import math
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeVar

from django.utils import timezone
from dogpile import Lock, NeedRegenerationException

from batches.models import SeenBatch
from batches.refonte import (
    Answer,
    Busy,
    Client,
    Deadline,
    Denied,
    KeyRefused,
    NoAnswerCame,
    NotFound,
    RefonteError,
    Secret,
    TooLarge,
    VendorError,
)
from batches.services import metrics
from batches.services.cache import store
from batches.services.cache.entry import NEVER, CacheEntry, Failure
from batches.services.clock import is_older
from batches.services.keys import vault
from batches.services.keys.types import KeyHandle
from batches.services.observations.record import record_answers
from batches.services.observations.sighting import Sighting
from batches.services.readings.queries import Query
from batches.services.readings.stored import recall_stored, store_answers
from batches.services.vendor.bulkhead import NoFreeSlot
from batches.services.vendor.calls import (
    READERS,
    TOGETHER,
    Kind,
    ask_vendor,
    asks_to_wait,
    is_other_answer,
    record_key_state,
    refusal_of,
    safeguards,
    slot_wait,
)

T = TypeVar("T")
Entries = Mapping[str, CacheEntry]

# Where no reader is free, a poll leaves what is younger on screen without a word.
RECENT = timedelta(minutes=1)
# What dogpile takes for creation times: `Lookup.is_due` has decided, and no clock decides again.
CURRENT, EXPIRED = math.inf, 1.0
# The first of a request's queries is asked in its own thread. As many as all others together, so
# that a request with a slot never queues for a thread.
_side_by_side = ThreadPoolExecutor(READERS * (TOGETHER - 1), thread_name_prefix="read")


class Refreshed(NamedTuple):
    """recorded: what is remembered now of the batches in the answers to this very request.

    had_no_slot: nothing was asked, as all readers were taken.
    """

    entries: dict[str, CacheEntry]
    recorded: dict[str, SeenBatch]
    had_no_slot: bool = False


@dataclass
class _Refresh:
    """What the threads of one refresh learned, for the one thread that may write it down."""

    key: KeyHandle
    secret: Secret
    kind: Kind
    deadline: Deadline
    began: datetime = field(default_factory=timezone.now)
    asked: set[str] = field(default_factory=set)
    answers: dict[str, Answer[Any]] = field(default_factory=dict)
    absences: dict[str, datetime] = field(default_factory=dict)
    errors: list[RefonteError] = field(default_factory=list)
    had_no_slot: bool = False


def refresh(
    key: KeyHandle,
    due: Sequence[Query[Any]],
    known: Mapping[str, CacheEntry | None],
    kind: Kind,
    deadline: Deadline,
) -> Refreshed:
    """Ask what is due, the first query in this thread and the others beside it."""
    before = {query.id: known[query.id] or CacheEntry(asked_at=NEVER) for query in due}
    if kind is Kind.POLL and (refusal := refusal_of(key, kind)):
        return Refreshed({query.id: _refused_entry(key, refusal) for query in due}, {})
    try:
        secret = vault.open_key(key=key)
    except vault.KeyUnreadable as unreadable:
        refused = KeyRefused(str(unreadable))
        now = timezone.now()
        return Refreshed({id: entry.failed(refused, now) for id, entry in before.items()}, {})
    this = _Refresh(key, secret, kind, deadline)
    fetched = _fetch_all(this, due, before)
    store_answers(key, this.answers, fetched)
    recorded = _record(this, due)
    _record_key_state(this)
    fetched |= recall_stored(key, [query for query in due if known[query.id] is None], fetched)
    if this.had_no_slot:
        fetched = {id: _unasked(kind, known[id], entry) for id, entry in fetched.items()}
    return Refreshed(fetched, recorded, this.had_no_slot)


def _unasked(kind: Kind, before: CacheEntry | None, failed: CacheEntry) -> CacheEntry:
    """Where all readers were taken: for a poll what is recent stays as it was, its age too.

    failed: the same with "busy" as its failure, and perhaps with what an earlier process knew.
    """
    before = before or replace(failed, failure=None, next_try=None, asked_at=NEVER)
    is_kept = kind is Kind.POLL and _is_recent(before)
    metrics.READS.labels("kept" if is_kept else "busy").inc()
    return before if is_kept else failed


def _is_recent(entry: CacheEntry) -> bool:
    if entry.failure and not entry.failure.is_definite:
        return False  # the page shows the reason already
    at = max(entry.as_of or NEVER, entry.asked_at if entry.failure else NEVER)
    return not is_older(at, now=timezone.now(), than=RECENT)


def _refused_entry(key: KeyHandle, refusal: KeyRefused) -> CacheEntry:
    """For a poll with a refused key: the same each time, without a call, until it is accepted."""
    now = timezone.now()
    since = key.refused_at or now
    failure = Failure(outcome=refusal.outcome, message=refusal.message, since=since)
    return CacheEntry(asked_at=now, failure=failure)


def _fetch_all(this: _Refresh, due: Sequence[Query[Any]], before: Entries) -> dict[str, CacheEntry]:
    """All queries in one slot: the bulkhead counts threads of requests, not calls."""
    context = contextvars.copy_context
    try:
        with safeguards().slot(this.kind, within=_seconds_for_slot(this, due, before)):
            others = {
                query.id: _side_by_side.submit(context().run, _fetch, this, query, before[query.id])
                for query in due[1:]
            }
            fetched = {due[0].id: _fetch(this, due[0], before[due[0].id])}
            return fetched | {id: other.result() for id, other in others.items()}
    except NoFreeSlot as full:
        this.had_no_slot = True
        now = timezone.now()
        return {id: entry.failed(full, now) for id, entry in before.items()}


def _seconds_for_slot(this: _Refresh, due: Sequence[Query[Any]], before: Entries) -> float:
    """To wait for a reader: only for a page that could show nothing without it."""
    is_cold = any(_is_cold(before[query.id]) for query in due if not query.is_optional)
    return slot_wait(this.kind, this.deadline) if is_cold else 0.0


def _is_cold(entry: CacheEntry) -> bool:
    """Neither data nor a definite failure is known."""
    return entry.as_of is None and not (entry.failure and entry.failure.is_definite)


def _fetch(this: _Refresh, query: Query[Any], before: CacheEntry) -> CacheEntry:
    """One query under its lock. Runs in any thread, so it touches no database."""
    fingerprint, deadline = this.key.fingerprint, query.share_of(this.deadline)

    def look() -> tuple[CacheEntry, float]:
        """Again, as another request may have asked since: with the lock too, after a wait."""
        [lookup], now = store.look_up(fingerprint, [query.place]), timezone.now()
        if lookup.entry is None or not lookup.is_servable(now):
            raise NeedRegenerationException
        return lookup.entry, EXPIRED if lookup.is_due(now, query.fresh) else CURRENT

    def ask() -> tuple[CacheEntry, float]:
        started = timezone.now()
        entry = _ask(this, query, before, deadline)
        floor = store.floor(fingerprint, query.scope)
        # after a write of ours that came meanwhile the answer is outdated on arrival
        if floor is None or floor < started:
            store.put(fingerprint, query.id, entry)
        return entry, CURRENT

    try:
        lock = store.lock(fingerprint, query.id, deadline)
        with Lock(lock, ask, look, expiretime=0) as entry:  # type: ignore[no-untyped-call]
            fetched: CacheEntry = entry
    except Busy as busy:
        metrics.READS.labels("busy").inc()
        return before.failed(busy, timezone.now())
    if query.id not in this.asked:
        metrics.READS.labels("shared").inc()
    return fetched


def _ask(this: _Refresh, query: Query[Any], before: CacheEntry, deadline: Deadline) -> CacheEntry:
    """Call the vendor. Never raises: an error becomes the failure of the entry."""
    this.asked.add(query.id)
    try:
        answer = ask_vendor(
            key=this.key,
            secret=this.secret,
            kind=this.kind,
            deadline=deadline,
            send=lambda client, secret: _send(query, client, secret, deadline),
        )
    except RefonteError as error:
        return _failed(this, query, before, error)
    metrics.READS.labels("vendor").inc()
    this.answers[query.id] = answer
    return CacheEntry.of(query.id, answer, before)


def _failed(
    this: _Refresh, query: Query[Any], before: CacheEntry, error: RefonteError
) -> CacheEntry:
    metrics.READS.labels("failed").inc()
    if query.about and isinstance(error, NotFound):
        this.absences[query.id] = timezone.now()
    if query.is_optional and type(error) is KeyRefused:
        # an account may be kept from this alone, with a key that is accepted
        error = NotFound(error.message, http_status=error.http_status)
    if not (query.is_optional and isinstance(error, VendorError)):  # says nothing of the key
        this.errors.append(error)
    if isinstance(error, KeyRefused):
        before = replace(before, payload=None, as_of=None, stored_as_of=None)
    return before.failed(error, timezone.now(), safeguards().breaker.seconds_left)


def _send(query: Query[T], client: Client, secret: Secret, deadline: Deadline) -> Answer[T]:
    """Where the short time for an optional query is over, the vendor has not failed: Busy."""
    try:
        return query.ask(client, secret, deadline)
    except NoAnswerCame:
        if not (query.is_optional and deadline.expired):
            raise
    raise Busy("The page stopped waiting for this.")


def _record(this: _Refresh, due: Sequence[Query[Any]]) -> dict[str, SeenBatch]:
    """Hand every usable answer to the recorder; that there is no such batch is one too."""
    told = [query for query in due if query.id in this.answers or query.id in this.absences]
    if not told:
        return {}
    sightings: list[tuple[datetime, list[Sighting]]] = []
    lookups = store.look_up(this.key.fingerprint, [query.place for query in told])
    for query, lookup in zip(told, lookups, strict=True):
        if lookup.floor is not None and lookup.floor >= this.began:
            continue  # what a write of ours changed meanwhile may not be in this answer
        if answer := this.answers.get(query.id):
            sightings.append((answer.answered_at, [*query.sightings(answer.data)]))
        if absent_at := this.absences.get(query.id):
            sightings.append((absent_at, [Sighting.of_absence(query.about)]))
    return record_answers(fingerprint=this.key.fingerprint, answers=sightings)


def _record_key_state(this: _Refresh) -> None:
    """What all answers together say of the key. The first kind that came counts: a refusal, the
    longest wait, an answer (one too large to be read is one as well), any other, a 401 or 403
    without a reason.
    """
    refusals = [error for error in this.errors if isinstance(error, KeyRefused)]
    waits = [error for error in this.errors if asks_to_wait(error)]
    waits.sort(key=lambda error: error.retry_after or 0, reverse=True)
    denials = [error for error in this.errors if isinstance(error, Denied)]
    others = [error for error in this.errors if is_other_answer(error)]
    others.sort(key=lambda error: not isinstance(error, TooLarge))
    lesser = [] if this.answers else [*others, *denials]
    verdict = next(iter((*refusals, *waits, *lesser)), None)
    if verdict or this.answers:
        calls = len(denials)
        record_key_state(key=this.key, error=verdict, asked_at=this.began, calls=calls)

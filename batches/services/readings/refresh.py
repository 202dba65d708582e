"""Asks the vendor the queries that are due, for one request.

    refresh → slot of the bulkhead → dogpile's lock, one for each query → call → cache and database

Where no reader is free, a page without data waits for one; a poll shows an answer of less than a
minute unchanged; all others get the last known state with the failure "busy".
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

# Where no reader is free, a poll shows a younger answer without any failure.
RECENT = timedelta(minutes=1)
# Creation times for dogpile: `Lookup.is_due` has decided already, not dogpile and its clock.
CURRENT, EXPIRED = math.inf, 1.0
# The first of a request's queries is asked in its own thread. As many as all others together, so
# that a request with a slot never queues for a thread.
_side_by_side = ThreadPoolExecutor(READERS * (TOGETHER - 1), thread_name_prefix="read")


class Refreshed(NamedTuple):
    """recorded: rows of the batches in the answers to this request, as they are now.

    had_no_slot: no call was made, as no reader was free.
    """

    entries: dict[str, CacheEntry]
    recorded: dict[str, SeenBatch]
    had_no_slot: bool = False


@dataclass
class _Refresh:
    """What the threads of one refresh found out. Only the request's own thread stores it.

    asked: when each query was asked. absences: queries answered by 404.
    """

    key: KeyHandle
    secret: Secret
    kind: Kind
    deadline: Deadline
    began: datetime = field(default_factory=timezone.now)
    asked: dict[str, datetime] = field(default_factory=dict)
    answers: dict[str, Answer[Any]] = field(default_factory=dict)
    absences: set[str] = field(default_factory=set)
    errors: list[RefonteError] = field(default_factory=list)
    had_no_slot: bool = False


def refresh(
    key: KeyHandle,
    due: Sequence[Query[Any]],
    known: Mapping[str, CacheEntry | None],
    kind: Kind,
    deadline: Deadline,
) -> Refreshed:
    """Ask the queries that are due: the first in this thread, the others in their own threads."""
    before = {query.id: known[query.id] or CacheEntry(asked_at=NEVER) for query in due}
    # polls with a refused key make no call and touch no lock; only a page load tries the key again
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
    # a process that was just started has an empty cache: it shows what an earlier one stored
    fetched |= recall_stored(key, [query for query in due if known[query.id] is None], fetched)
    if this.had_no_slot:
        fetched = {id: _unasked(kind, known[id], entry) for id, entry in fetched.items()}
    return Refreshed(fetched, recorded, this.had_no_slot)


def _unasked(kind: Kind, before: CacheEntry | None, failed: CacheEntry) -> CacheEntry:
    """The entry of a query that was not asked, as no reader was free.

    failed: the entry with the failure "busy", and perhaps with data from the database.
    """
    before = before or replace(failed, failure=None, next_try=None, asked_at=NEVER)
    # an answer of the last minute is good enough for a poll: a warning would come and go
    is_kept = kind is Kind.POLL and _is_recent(before)
    metrics.READS.labels("kept" if is_kept else "busy").inc()
    return before if is_kept else failed


def _is_recent(entry: CacheEntry) -> bool:
    if entry.failure and not entry.failure.is_definite:
        return False  # the page shows its failure already
    at = max(entry.as_of or NEVER, entry.asked_at if entry.failure else NEVER)
    return not is_older(at, now=timezone.now(), than=RECENT)


def _refused_entry(key: KeyHandle, refusal: KeyRefused) -> CacheEntry:
    """The entry for a poll with a refused key."""
    now = timezone.now()
    since = key.refused_at or now
    failure = Failure(outcome=refusal.outcome, message=refusal.message, since=since)
    return CacheEntry(asked_at=now, failure=failure)


def _fetch_all(this: _Refresh, due: Sequence[Query[Any]], before: Entries) -> dict[str, CacheEntry]:
    """All queries within one slot."""
    context = contextvars.copy_context
    try:
        # one slot for all: the bulkhead limits the threads of requests that wait, not the calls
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
    """How long to wait for a slot."""
    # others can show their last known state at once
    is_cold = any(_is_cold(before[query.id]) for query in due if not query.is_optional)
    return slot_wait(this.kind, this.deadline) if is_cold else 0.0


def _is_cold(entry: CacheEntry) -> bool:
    """Whether neither data nor a definite failure is known."""
    return entry.as_of is None and not (entry.failure and entry.failure.is_definite)


def _fetch(this: _Refresh, query: Query[Any], before: CacheEntry) -> CacheEntry:
    """One query under its lock. Runs in any thread, so it must not use the database."""
    fingerprint, deadline = this.key.fingerprint, query.share_of(this.deadline)

    def look() -> tuple[CacheEntry, float]:
        # dogpile calls this again once it has the lock: another request may have asked meanwhile
        [lookup], now = store.look_up(fingerprint, [query.place]), timezone.now()
        if lookup.entry is None or not lookup.is_servable(now):
            raise NeedRegenerationException
        return lookup.entry, EXPIRED if lookup.is_due(now, query.fresh) else CURRENT

    def ask() -> tuple[CacheEntry, float]:
        started = timezone.now()
        entry = _ask(this, query, before, deadline)
        floor = store.floor(fingerprint, query.scope)
        # if a write of ours came meanwhile, this answer is outdated already
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
    this.asked[query.id] = timezone.now()
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
        this.absences.add(query.id)
    if query.is_optional and type(error) is KeyRefused:
        # an account may lack access to projects alone, with a key that is accepted for batches
        error = NotFound(error.message, http_status=error.http_status)
    if not (query.is_optional and isinstance(error, VendorError)):  # says nothing of the key
        this.errors.append(error)
    if isinstance(error, KeyRefused):
        # a refused key shows nothing that was read with it
        before = replace(before, payload=None, as_of=None, stored_as_of=None)
    return before.failed(error, timezone.now(), safeguards().breaker.seconds_left)


def _send(query: Query[T], client: Client, secret: Secret, deadline: Deadline) -> Answer[T]:
    try:
        return query.ask(client, secret, deadline)
    except NoAnswerCame:
        # only our short time for an optional query is over: the breaker must not count that as a
        # failure of the vendor
        if not (query.is_optional and deadline.expired):
            raise
    raise Busy("The page stopped waiting for this.")


def _record(this: _Refresh, due: Sequence[Query[Any]]) -> dict[str, SeenBatch]:
    """Pass every usable answer to the recorder; a 404 about one batch is one too."""
    answered = [query for query in due if query.id in this.answers or query.id in this.absences]
    if not answered:
        return {}
    sightings: list[tuple[datetime, list[Sighting]]] = []
    lookups = store.look_up(this.key.fingerprint, [query.place for query in answered])
    for query, lookup in zip(answered, lookups, strict=True):
        if lookup.floor is not None and lookup.floor >= this.began:
            continue  # the answer may be from before a write of ours that came meanwhile
        # of the question: an answer may come after that to a later question, and would take back
        # what changed between the two
        at = this.asked[query.id]
        if answer := this.answers.get(query.id):
            sightings.append((at, [*query.sightings(answer.data)]))
        if query.id in this.absences:
            sightings.append((at, [Sighting.of_absence(query.about)]))
    return record_answers(fingerprint=this.key.fingerprint, answers=sightings)


def _record_key_state(this: _Refresh) -> None:
    """Record the state of the key, once for all answers of this refresh."""
    # In this order: a refusal, the longest wait, a usable answer, any other answer, a 401 or 403
    # without a reason: the first of these that came is recorded
    refusals = [error for error in this.errors if isinstance(error, KeyRefused)]
    waits = [error for error in this.errors if asks_to_wait(error)]
    waits.sort(key=lambda error: error.retry_after or 0, reverse=True)
    denials = [error for error in this.errors if isinstance(error, Denied)]
    others = [error for error in this.errors if is_other_answer(error)]
    # an answer that is too large to read shows that the key is accepted
    others.sort(key=lambda error: not isinstance(error, TooLarge))
    lesser = [] if this.answers else [*others, *denials]
    verdict = next(iter((*refusals, *waits, *lesser)), None)
    if verdict or this.answers:
        calls = len(denials)
        record_key_state(key=this.key, error=verdict, asked_at=this.began, calls=calls)

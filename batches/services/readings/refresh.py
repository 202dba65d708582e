"""One round of questions to the vendor, for one request: room, dogpile's lock, answer or reason.

Where all readers are taken, a page never read waits for one, before dogpile's lock; a poll keeps
what is younger than a minute as it is; all others get the last known state, "busy".
"""

import contextvars
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeVar

from django.utils import timezone

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
from batches.services.cache import store as cache
from batches.services.cache.entry import NEVER, NO, CacheEntry, Failure
from batches.services.cache.locks import waiting_until
from batches.services.clock import is_older
from batches.services.keys import vault
from batches.services.keys.types import KeyHandle
from batches.services.observations.record import record_answers
from batches.services.observations.sighting import Sighting
from batches.services.readings.queries import Query
from batches.services.readings.stored import stand_in, write_down
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

# Whoever tries again after a failure takes only what another one was told since.
SHARED_FOR = timedelta(seconds=3)
# So old may be what a poll leaves on screen without a word, where no reader is free.
RECENT = timedelta(minutes=1)
# The first of a request's queries is asked in its own thread. As many as all others together, so
# that who has found room never queues for a thread.
_side_by_side = ThreadPoolExecutor(READERS * (TOGETHER - 1), thread_name_prefix="read")


class Refreshed(NamedTuple):
    """What a round came to.

    recorded: what is remembered now of the batches that this very thread was told of.
    is_full: nobody was asked, as all readers were taken.
    """

    held: dict[str, CacheEntry]
    recorded: dict[str, SeenBatch]
    had_no_slot: bool = False


@dataclass
class _Round:
    """One refresh: what its threads learned, for the one thread that may write it down."""

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
    known: dict[str, CacheEntry | None],
    kind: Kind,
    deadline: Deadline,
) -> Refreshed:
    """Ask for what is due, the first in this thread and the others beside it."""
    before = {query.id: known[query.id] or CacheEntry(asked_at=NEVER) for query in due}
    if kind is Kind.POLL and (refusal := refusal_of(key, kind)):
        return Refreshed({query.id: _stands_still(key, refusal) for query in due}, {})
    try:
        secret = vault.open_key(key=key)
    except vault.KeyUnreadable as unreadable:
        refused = KeyRefused(str(unreadable))
        now = timezone.now()
        return Refreshed({id: held.failed(refused, now) for id, held in before.items()}, {})
    this = _Round(key, secret, kind, deadline)
    fetched = _fetch_all(this, due, before)
    write_down(key, this.answers, fetched)
    recorded = _record(this, due)
    _remember_key(this)
    fetched |= stand_in(key, [query for query in due if known[query.id] is None], fetched)
    if this.had_no_slot:
        fetched = {id: _unasked(kind, known[id], held) for id, held in fetched.items()}
    return Refreshed(fetched, recorded, this.had_no_slot)


def _unasked(kind: Kind, was: CacheEntry | None, now_held: CacheEntry) -> CacheEntry:
    """Where all readers were taken: for a poll what is young stays as it was, its age too.

    now_held: the same with "busy" as its failure, and perhaps with what an earlier process knew.
    """
    was = was or replace(now_held, failure=None, next_try=None, asked_at=NEVER)
    is_kept = kind is Kind.POLL and _is_young(was)
    metrics.READS.labels("kept" if is_kept else "busy").inc()
    return was if is_kept else now_held


def _is_young(held: CacheEntry) -> bool:
    """A plain no keeps like an answer; after any other failure the page already says why."""
    if held.failure and held.failure.outcome not in NO:
        return False
    at = max(held.as_of or NEVER, held.asked_at if held.failure else NEVER)
    return not is_older(at, now=timezone.now(), than=RECENT)


def _stands_still(key: KeyHandle, refusal: KeyRefused) -> CacheEntry:
    """For a poll with a refused key: the same each time, without a call, until it is lifted."""
    now = timezone.now()
    since = key.refused_at or now
    failure = Failure(outcome=refusal.outcome, message=refusal.words, since=since)
    return CacheEntry(asked_at=now, failure=failure)


def _fetch_all(
    this: _Round, due: Sequence[Query[Any]], before: Mapping[str, CacheEntry]
) -> dict[str, CacheEntry]:
    """All of them in one room of the house: it is threads that may run out, not questions."""
    context = contextvars.copy_context
    try:
        with safeguards().slot(this.kind, within=_patience(this, due, before)):
            others = {
                query.id: _side_by_side.submit(context().run, _fetch, this, query, before[query.id])
                for query in due[1:]
            }
            fetched = {due[0].id: _fetch(this, due[0], before[due[0].id])}
            return fetched | {id: other.result() for id, other in others.items()}
    except NoFreeSlot as full:
        this.had_no_slot = True
        now = timezone.now()
        return {id: held.failed(full, now) for id, held in before.items()}


def _patience(this: _Round, due: Sequence[Query[Any]], before: Mapping[str, CacheEntry]) -> float:
    """Seconds to wait for a reader: only for a page that could show nothing without it."""
    is_cold = any(_is_cold(before[query.id]) for query in due if not query.is_optional)
    return slot_wait(this.kind, this.deadline) if is_cold else 0.0


def _is_cold(held: CacheEntry) -> bool:
    """Neither an answer nor a plain no is known."""
    return held.as_of is None and (held.failure is None or held.failure.outcome not in NO)


def _fetch(this: _Round, query: Query[Any], before: CacheEntry) -> CacheEntry:
    """One query under dogpile's lock. Runs in any thread, so it touches no database."""
    address = f"{this.key.fingerprint}:{query.id}"
    floor = cache.floor(this.key.fingerprint, query.scope)
    cache.clear_the_way(this.key.fingerprint, query.id, floor)
    started, deadline = timezone.now(), query.share_of(this.deadline)

    def still_true(_: CacheEntry) -> bool:
        """A write of ours that came while we asked makes this answer old at birth."""
        floor = cache.floor(this.key.fingerprint, query.scope)
        return floor is None or floor < started

    try:
        with waiting_until(deadline):
            fetched: CacheEntry = cache.region().get_or_create(
                address,
                lambda: _create(this, query, before, deadline),
                expiration_time=(SHARED_FOR if before.failure else query.fresh).total_seconds(),
                should_cache_fn=still_true,
            )
        if query.id not in this.asked:
            metrics.READS.labels("shared").inc()
        return fetched
    except Busy as busy:
        metrics.READS.labels("busy").inc()
        return before.failed(busy, timezone.now())


def _create(this: _Round, query: Query[Any], before: CacheEntry, deadline: Deadline) -> CacheEntry:
    """dogpile's creator: never raises."""
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
        if query.about and isinstance(error, NotFound):
            this.absences[query.id] = timezone.now()
        metrics.READS.labels("failed").inc()
        if query.is_optional and type(error) is KeyRefused:
            error = NotFound(error.words, http_status=error.http_status)
        if not (query.is_optional and isinstance(error, VendorError)):  # says nothing of the key
            this.errors.append(error)
        if isinstance(error, KeyRefused):
            before = replace(before, payload=None, as_of=None, stored_as_of=None)
        rest = safeguards().breaker.seconds_left
        return before.failed(error, timezone.now(), rest)
    metrics.READS.labels("vendor").inc()
    this.answers[query.id] = answer
    return CacheEntry.of(query.id, answer, before)


def _send(query: Query[T], client: Client, secret: Secret, deadline: Deadline) -> Answer[T]:
    """That a page does not wait any longer for what is optional says nothing of the vendor."""
    try:
        return query.ask(client, secret, deadline)
    except NoAnswerCame:
        if not (query.is_optional and deadline.expired):
            raise
    raise Busy("The page stopped waiting for this.")


def _record(this: _Round, due: Sequence[Query[Any]]) -> dict[str, SeenBatch]:
    """Every usable answer passes the recorder here; that there is no such batch is one too."""
    told: list[tuple[datetime, list[Sighting]]] = []
    for query in due:
        answer, absent_at = this.answers.get(query.id), this.absences.get(query.id)
        if (answer or absent_at) and _is_old_at_birth(this, query):
            continue
        if answer:
            told.append((answer.answered_at, [*query.sightings(answer.data)]))
        if absent_at:
            told.append((absent_at, [Sighting.of_absence(query.about)]))
    return record_answers(fingerprint=this.key.fingerprint, answers=told)


def _is_old_at_birth(this: _Round, query: Query[Any]) -> bool:
    """A write of ours came while we asked: what it changed may not be in this answer."""
    floor = cache.floor(this.key.fingerprint, query.scope)
    return floor is not None and floor >= this.began


def _remember_key(this: _Round) -> None:
    """What this round taught about the key, whichever came first: a refusal, else the longest
    wait, else that it is well, as it is where an answer is too large to be read, else any answer
    that is no 401 or 403, else these.
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

"""Read through the cache: what is known, and why no more. Never raises for the vendor's sake."""

import contextvars
import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db import DatabaseError
from django.utils import timezone

from batches.models import StoredReading
from batches.refonte import (
    Answer,
    BadAnswer,
    Busy,
    Deadline,
    KeyRefused,
    NotFound,
    Outcome,
    RefonteError,
    Secret,
    Throttled,
)
from batches.services import metrics, vault, vendor
from batches.services.cache import region as cache
from batches.services.cache.held import NEVER, Held
from batches.services.cache.waiting import waiting_until
from batches.services.page_key import PageKey
from batches.services.readings.queries import LISTS, Query, scope_of
from batches.services.readings.reading import Reading

T = TypeVar("T")

STORED_FOR = timedelta(days=2)
# Whoever tries again after a failure takes only what another one was told since.
SHARED_FOR = timedelta(seconds=3)
# The first of a request's queries is asked in its own thread. As many as all others together, so
# that who has found room never queues for a thread.
_side_by_side = ThreadPoolExecutor(
    vendor.READERS * (vendor.TOGETHER - 1), thread_name_prefix="read"
)


def read(*, key: PageKey, query: Query[T], kind: vendor.Kind, deadline: Deadline) -> Reading[T]:
    """What is known about one query."""
    return read_together(key=key, queries=(query,), kind=kind, deadline=deadline)[0]


def read_together(
    *, key: PageKey, queries: Sequence[Query[Any]], kind: vendor.Kind, deadline: Deadline
) -> tuple[Reading[Any], ...]:
    """What is known about several queries; those that are due are asked side by side."""
    now = timezone.now()
    known = {query.id: _known(key, query) for query in queries}
    due = [query for query in queries if _is_due(key, query, known[query.id], now)]
    metrics.READS.labels("cache").inc(len(queries) - len(due))
    news: frozenset[str] = frozenset()
    if due:
        fetched, news = _refresh(key, due, known, kind, deadline)
        known |= fetched
    return tuple(_reading(query, known[query.id], query.id in news) for query in queries)


def last_known(*, key: PageKey, query: Query[T]) -> Reading[T]:
    """What the cache holds, asking nobody."""
    return _reading(query, _known(key, query))


def forget_batch(*, key: PageKey, name: str) -> None:
    """After a write: what was read before about this batch, and all lists, is old."""
    now = timezone.now()
    for scope in (scope_of(name), LISTS):
        cache.raise_floor(key.fingerprint, scope, now)


def take_turn(*, key: PageKey, what: str, every: timedelta, now: datetime) -> datetime | None:
    """None where it is this viewer's turn to ask for all; else when another one last did."""
    last = cache.turn(key.fingerprint, what)
    if last and now < last + every:
        return last
    cache.note_turn(key.fingerprint, what, now)
    return None


def prune(*, now: datetime) -> int:
    """Drop stored readings of more than two days. Returns how many."""
    return StoredReading.objects.filter(as_of__lt=now - STORED_FOR).delete()[0]


@dataclass
class _Round:
    """One refresh: what its threads learned, for the one thread that may write it down."""

    key: PageKey
    secret: Secret
    kind: vendor.Kind
    deadline: Deadline
    began: datetime = field(default_factory=timezone.now)
    asked: set[str] = field(default_factory=set)
    answers: dict[str, Answer[Any]] = field(default_factory=dict)
    errors: list[RefonteError] = field(default_factory=list)


def _known(key: PageKey, query: Query[Any]) -> Held | None:
    """What the cache holds and is understood."""
    held = cache.held(key.fingerprint, query.id)
    if held is None or _is_understood(query, held):
        return held
    cache.forget(key.fingerprint, query.id)
    return None


def _is_understood(query: Query[Any], held: Held) -> bool:
    """Whether its payload can be read; another version of this product may have kept it."""
    if held.as_of is None or query.id in held.made:
        return True
    try:
        held.made[query.id] = query.parse(held.payload)
    except BadAnswer:
        return False
    return True


def _is_due(key: PageKey, query: Query[Any], held: Held | None, now: datetime) -> bool:
    floor = cache.floor(key.fingerprint, query.scope)
    return held is None or held.is_due(now, query.fresh, floor)


def _refresh(
    key: PageKey,
    due: Sequence[Query[Any]],
    known: dict[str, Held | None],
    kind: vendor.Kind,
    deadline: Deadline,
) -> tuple[dict[str, Held], frozenset[str]]:
    """Ask for what is due, the first in this thread and the others beside it.

    Also names what this very thread got answered: others who waited for it hold no news.
    """
    before = {query.id: known[query.id] or Held(asked_at=NEVER) for query in due}
    try:
        secret = vault.open_key(key=key)
    except vault.KeyUnreadable as unreadable:
        refused = KeyRefused(str(unreadable))
        now = timezone.now()
        return {id: held.failed(refused, now) for id, held in before.items()}, frozenset()
    this = _Round(key, secret, kind, deadline)
    fetched = _fetch_all(this, due, before)
    _write_down(this, fetched)
    fetched |= _stand_in(key, [query for query in due if known[query.id] is None], fetched)
    return fetched, frozenset(this.answers)


def _fetch_all(
    this: _Round, due: Sequence[Query[Any]], before: Mapping[str, Held]
) -> dict[str, Held]:
    """All of them in one room of the house: it is threads that may run out, not questions."""
    context = contextvars.copy_context
    try:
        with vendor.guards().room(this.kind):
            others = {
                query.id: _side_by_side.submit(context().run, _fetch, this, query, before[query.id])
                for query in due[1:]
            }
            fetched = {due[0].id: _fetch(this, due[0], before[due[0].id])}
            return fetched | {id: other.result() for id, other in others.items()}
    except Busy as busy:
        metrics.READS.labels("busy").inc(len(due))
        now = timezone.now()
        return {id: held.failed(busy, now) for id, held in before.items()}


def _fetch(this: _Round, query: Query[Any], before: Held) -> Held:
    """One query under dogpile's lock. Runs in any thread, so it touches no database."""
    address = f"{this.key.fingerprint}:{query.id}"
    floor = cache.floor(this.key.fingerprint, query.scope)
    cache.clear_the_way(this.key.fingerprint, query.id, floor)
    started = timezone.now()

    def still_true(_: Held) -> bool:
        """A write of ours that came while we asked makes this answer old at birth."""
        floor = cache.floor(this.key.fingerprint, query.scope)
        return floor is None or floor < started

    try:
        with waiting_until(this.deadline):
            fetched: Held = cache.region().get_or_create(
                address,
                lambda: _create(this, query, before),
                expiration_time=(SHARED_FOR if before.failure else query.fresh).total_seconds(),
                should_cache_fn=still_true,
            )
        if query.id not in this.asked:
            metrics.READS.labels("shared").inc()
        return fetched
    except Busy as busy:
        metrics.READS.labels("busy").inc()
        return before.failed(busy, timezone.now())


def _create(this: _Round, query: Query[Any], before: Held) -> Held:
    """dogpile's creator: never raises."""
    this.asked.add(query.id)
    try:
        answer = vendor.ask(
            key=this.key,
            secret=this.secret,
            kind=this.kind,
            deadline=this.deadline,
            send=lambda client, secret: query.ask(client, secret, this.deadline),
        )
    except RefonteError as error:
        metrics.READS.labels("failed").inc()
        if query.is_optional and type(error) is KeyRefused:
            error = NotFound(error.words, http_status=error.http_status)
        this.errors.append(error)
        if isinstance(error, KeyRefused):
            before = replace(before, payload=None, as_of=None, stored_as_of=None)
        return before.failed(error, timezone.now())
    metrics.READS.labels("vendor").inc()
    this.answers[query.id] = answer
    return Held.of(query.id, answer, before)


def _reading(query: Query[T], held: Held | None, is_news: bool = False) -> Reading[T]:
    held = held or Held(asked_at=NEVER)
    if not _is_understood(query, held):
        held = replace(held, payload=None, as_of=None, made={})
    return Reading(
        data=held.made[query.id] if held.as_of else None,
        payload=held.payload,
        as_of=held.as_of,
        failure=held.failure,
        next_try=held.next_try,
        made=held.made,
        is_news=is_news and held.failure is None,
    )


def _stand_in(
    key: PageKey, cold: Sequence[Query[Any]], fetched: Mapping[str, Held]
) -> dict[str, Held]:
    """Where this process knows nothing and gets no answer: what an earlier one knew."""
    wanted = {query.id: query for query in cold if _lacks_data(fetched[query.id])}
    if not wanted:
        return {}
    rows = StoredReading.objects.filter(fingerprint=key.fingerprint, query__in=wanted)
    found = {
        row.query: replace(
            fetched[row.query],
            payload=json.loads(row.payload),
            as_of=row.as_of,
            stored_as_of=row.as_of,
            made={},
        )
        for row in rows
    }
    found = {id: held for id, held in found.items() if _is_understood(wanted[id], held)}
    for id, held in found.items():
        cache.complete(key.fingerprint, id, held)
    return found


def _lacks_data(held: Held) -> bool:
    failure = held.failure
    return held.as_of is None and failure is not None and failure.outcome != Outcome.KEY_REFUSED


def _write_down(this: _Round, fetched: dict[str, Held]) -> None:
    """What must outlive this process. A database that cannot be written does not stop reading."""
    changed = [
        StoredReading(
            fingerprint=this.key.fingerprint,
            query=id,
            payload=json.dumps(answer.payload),
            as_of=answer.answered_at,
        )
        for id, answer in this.answers.items()
        if fetched[id].stored_as_of == answer.answered_at
    ]
    try:
        if changed:
            StoredReading.objects.bulk_create(
                changed,
                update_conflicts=True,
                unique_fields=("fingerprint", "query"),
                update_fields=("payload", "as_of"),
            )
        _remember_key(this)
    except DatabaseError:
        vendor.log.exception("a reading could not be stored")


def _remember_key(this: _Round) -> None:
    """What this round taught about the key: a refusal or a wait tells more than an answer."""
    verdicts = [error for error in this.errors if isinstance(error, KeyRefused | Throttled)]
    if verdicts or this.answers:
        error = next(iter(verdicts), None)
        vendor.remember(key=this.key, error=error, asked_at=this.began)

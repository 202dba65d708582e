"""Every vendor call of this product goes through here.

    call_vendor = slot → open the key → ask_vendor → record what the answer says about the key
    ask_vendor  = not before → breaker → client, with a log line and a metric

`ask_vendor` touches no database, so that reads can run side by side in threads.
"""

import logging
import math
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import TypeVar

from django.conf import settings
from django.db import DatabaseError
from django.utils import timezone

from batches.refonte import (
    Answer,
    AnswerCame,
    Busy,
    Client,
    Deadline,
    Denied,
    KeyRefused,
    ListQuery,
    NotSent,
    Outcome,
    RefonteError,
    Secret,
    Throttled,
    TooLarge,
    VendorError,
)
from batches.services import metrics
from batches.services.background import budget
from batches.services.clock import is_older
from batches.services.keys import vault
from batches.services.keys.types import KeyHandle
from batches.services.vendor import key_states
from batches.services.vendor.breaker import Breaker
from batches.services.vendor.bulkhead import Bulkhead
from batches.services.vendor.export_slots import ExportSlots
from batches.services.vendor.fitting_rows import FittingRows

log = logging.getLogger(__name__)
T = TypeVar("T")
Send = Callable[[Client, Secret], Answer[T]]

# So many threads may wait for reads. Writes have their own: no hung read keeps one out.
READERS: int = settings.READERS
WRITERS: int = max(2, (settings.WEB_THREADS - READERS) // 2)
# Pages that wait until a reader is done hold a thread too: those for writes are left alone.
WAITING: int = settings.WEB_THREADS - READERS - WRITERS
WAIT_SECONDS = 1.0
# Keys watched at a time in a process; beside them one list is walked.
WATCHED_AT_ONCE = 4
# Keys side by side whose batches Refonte called about.
CALLED_AT_ONCE = 2
# Keys side by side whose bulks are sent, and whose operations are settled: some are of bulks. No
# row may find all slots taken, as it would end as not sent.
BULKS_AT_ONCE = 2
SETTLED_AT_ONCE = min(4, WRITERS)
# Background calls take no slots from people.
BACKGROUND = 1 + WATCHED_AT_ONCE + CALLED_AT_ONCE + BULKS_AT_ONCE + SETTLED_AT_ONCE
# An export keeps its thread from the first page to the last.
EXPORTS: int = settings.WEB_THREADS // 4
# A request with a slot asks this much side by side at most: the status sweep of a list.
TOGETHER = 8
UNSAVED = "unsaved"  # in place of the fingerprint of a key that is only checked
# Polls never ask with a refused key; a person's page load may, but no more than this often.
REFUSED_REST = timedelta(minutes=1)


class Kind(StrEnum):
    """Why the vendor is asked. A page load may try twice; a poll has another poll behind it."""

    PAGE = "page"
    POLL = "poll"
    WRITE = "write"
    CHECK = "check"  # a read that settles a write
    BACKGROUND = "background"  # it has taken its place in the budget already


class KeyStillRefused(KeyRefused):
    """The key was refused lately, so no call was made."""


@dataclass
class Safeguards:
    """What all calls of this process share."""

    breaker: Breaker = field(default_factory=Breaker)
    readers: Bulkhead = field(default_factory=lambda: Bulkhead(READERS, waiting=WAITING))
    writers: Bulkhead = field(default_factory=lambda: Bulkhead(WRITERS))
    background: Bulkhead = field(default_factory=lambda: Bulkhead(BACKGROUND))
    exports: ExportSlots = field(default_factory=lambda: ExportSlots(EXPORTS))
    fitting_rows: FittingRows = field(default_factory=FittingRows)

    def slot(self, kind: Kind, *, within: float = 0.0) -> AbstractContextManager[None]:
        """within: seconds that a read may wait for a reader to be done."""
        if kind is Kind.BACKGROUND:
            return self.background.enter()
        if kind in (Kind.WRITE, Kind.CHECK):
            return self.writers.enter()
        return self.readers.enter(within=within)


@cache
def safeguards() -> Safeguards:
    """Made once a process; tests make new ones with `safeguards.cache_clear()`."""
    return Safeguards()


@cache
def vendor_client() -> Client:
    """The pooled client behind every call."""
    return Client(
        settings.REFONTE_API_URL,
        ca_bundle=settings.REFONTE_CA_BUNDLE or None,
        proxy=settings.REFONTE_PROXY or None,
        pool_size=READERS * TOGETHER + WRITERS + BACKGROUND,
    )


def new_deadline() -> Deadline:
    """A total deadline for one request of ours, shared by every vendor call it makes."""
    return Deadline(settings.REFONTE_TIMEOUT)


def slot_wait(kind: Kind, deadline: Deadline) -> float:
    """Seconds that a read may wait for a slot, where nothing is known without its answer."""
    return min(WAIT_SECONDS, deadline.remaining()) if kind is Kind.PAGE else 0.0


def call_vendor(*, key: KeyHandle, kind: Kind, deadline: Deadline, send: Send[T]) -> Answer[T]:
    """Ask with a key. Raises RefonteError or vault.KeyUnreadable, never anything of requests."""
    secret = vault.open_key(key=key)
    began = timezone.now()
    try:
        with safeguards().slot(kind, within=slot_wait(kind, deadline)):
            answer = ask_vendor(key=key, secret=secret, kind=kind, deadline=deadline, send=send)
    except RefonteError as error:
        record_key_state(key=key, error=error, asked_at=began, kind=kind)
        raise
    record_key_state(key=key, error=None, asked_at=began, kind=kind)
    return answer


def ask_vendor(
    *, key: KeyHandle, secret: Secret, kind: Kind, deadline: Deadline, send: Send[T]
) -> Answer[T]:
    """Ask where key and breaker allow it; the caller holds the slot. Raises RefonteError."""
    if deadline.expired:  # no call is made, so the breaker counts nothing
        raise NotSent("There was no time left for a request to Refonte.")
    if held_back := _held_back(key, kind):
        raise held_back
    try:
        return _ask_once(key.fingerprint, secret, kind, send)
    except RefonteError as error:
        if not _may_retry(error, kind, deadline):
            raise
    return _ask_once(key.fingerprint, secret, kind, send)


def record_key_state(
    *,
    key: KeyHandle,
    error: RefonteError | None,
    asked_at: datetime,
    kind: Kind = Kind.PAGE,
    calls: int = 1,
) -> None:
    """Keep what an answer says about the key itself: refused, throttled or accepted.

    calls: how many ended with this error.
    A database that cannot be written takes nothing away from the answer.
    """
    if isinstance(error, KeyStillRefused):
        return  # no call was made: the minute until the next try goes on
    try:
        _mark_key(key, error, asked_at, kind, calls)
    except DatabaseError:
        log.exception("what an answer says about its key could not be stored")


def _mark_key(
    key: KeyHandle, error: RefonteError | None, asked_at: datetime, kind: Kind, calls: int
) -> None:
    if error is None or isinstance(error, TooLarge):  # a refused key gets no megabytes
        in_background = kind is Kind.BACKGROUND
        key_states.mark_accepted(key=key, asked_at=asked_at, in_background=in_background)
        return
    if isinstance(error, KeyRefused):
        key_states.mark_refused(key=key, words=error.message)
    if isinstance(error, Denied):
        key_states.note_denials(key=key, calls=calls)
    if asks_to_wait(error):
        key_states.mark_throttled(key=key, retry_after=error.retry_after)
    if is_other_answer(error):
        key_states.end_denials(key=key)


def is_other_answer(error: RefonteError) -> bool:
    """An answer came, and not a 401 or 403: the vendor let the key in."""
    return isinstance(error, AnswerCame) and error.http_status not in (None, 401, 403)


def asks_to_wait(error: RefonteError) -> bool:
    """A 429 does, and a vendor error with `Retry-After`. No answer about one batch does."""
    has_retry_after = isinstance(error, VendorError) and error.retry_after is not None
    return has_retry_after or isinstance(error, Throttled)


def check_unsaved_key(*, secret: Secret, deadline: Deadline) -> None:
    """The cheapest read, with a key that is not saved yet. Raises RefonteError."""
    query = ListQuery(limit=1, detailed=False)
    with safeguards().slot(Kind.PAGE, within=slot_wait(Kind.PAGE, deadline)):
        _ask_once(
            UNSAVED,
            secret,
            Kind.PAGE,
            lambda client, secret: client.list_batches(secret, query, deadline=deadline),
        )


def refusal_of(key: KeyHandle, kind: Kind) -> KeyStillRefused | None:
    """Why a refused key may not ask now; None where it may, or is not refused."""
    now, since = timezone.now(), key.refused_at
    rested = since is not None and is_older(since, now=now, than=REFUSED_REST)
    if key.is_refused and (kind in (Kind.POLL, Kind.BACKGROUND) or not rested):
        return KeyStillRefused(key.refusal)
    return None


def _held_back(key: KeyHandle, kind: Kind) -> RefonteError | None:
    """Why this key may not ask now."""
    now = timezone.now()
    if still_refused := refusal_of(key, kind):
        return still_refused
    if key.not_before and key_states.is_waiting(key, now):
        return Throttled("Refonte asked to wait.", retry_after=_seconds_until(key.not_before))
    return None


def _may_retry(error: RefonteError, kind: Kind, deadline: Deadline) -> bool:
    """Once, for a page load; never where waiting was asked for or the breaker has opened."""
    if kind is not Kind.PAGE or not error.can_retry:
        return False
    if error.retry_after or isinstance(error, Throttled | Busy):
        return False
    return deadline.has_half_left() and not safeguards().breaker.is_open


def _ask_once(fingerprint: str, secret: Secret, kind: Kind, send: Send[T]) -> Answer[T]:
    started = time.perf_counter()
    outcome = "crashed"  # unless the call ends in a known way
    try:
        with safeguards().breaker.guard():
            if kind is not Kind.BACKGROUND and fingerprint != UNSAVED:
                budget.count_call(fingerprint=fingerprint)
            answer = send(vendor_client(), secret)
        outcome = Outcome.OK
        return answer
    except RefonteError as error:
        outcome = error.outcome
        if fingerprint != UNSAVED:
            budget.count_refusal(fingerprint=fingerprint, error=error)
        raise
    finally:
        seconds = time.perf_counter() - started
        metrics.VENDOR_CALLS.labels(kind, outcome).inc()
        metrics.VENDOR_SECONDS.labels(kind).observe(seconds)
        metrics.BREAKER_OPEN.set(safeguards().breaker.is_open)
        facts = {"kind": kind, "outcome": outcome, "ms": round(seconds * 1000), "key": fingerprint}
        log.info("vendor call", extra=facts)


def _seconds_until(moment: datetime) -> int:
    return max(1, math.ceil((moment - timezone.now()).total_seconds()))

"""One page after the other: lease, consent, budget, call, and what it brought is written down.

    due? → lease → consent → a place in the budget → the vendor → under the lease: rows, position

No call is made inside a transaction; none is made with a key that may not be read with by then.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from itertools import takewhile
from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.utils import timezone

from batches.models import LeasePurpose, Walk
from batches.refonte import Answer, BatchPage, Busy, Deadline, ListQuery, NotSent, RefonteError
from batches.services.background import budget, consent, lease
from batches.services.background.lease import LeaseHandle, LeaseLost
from batches.services.keys import vault
from batches.services.keys.types import KeyHandle
from batches.services.observations.record import record_or_raise
from batches.services.observations.seen import find_seen
from batches.services.observations.sighting import Sighting, is_storable
from batches.services.vendor import key_states
from batches.services.vendor.calls import Kind, call_vendor, safeguards
from batches.services.walks import progress

log = logging.getLogger(__name__)

PAGES_A_TURN = 2  # at a turn every two seconds: a call a second
LONGEST_CALL = 20  # seconds; a lease is longer


def walk_due_keys(*, now: datetime, goes_on: Callable[[], bool] = lambda: True) -> int:
    """A turn for every key whose list is to be read further, one after the other.

    goes_on: asked before each call, as many calls that hang would keep a worker from stopping.
    Returns how many calls were made. One query where nothing is due, two where a key is watched.
    """

    def may_ask(*_: object) -> bool:
        return goes_on() and safeguards().breaker.seconds_left == 0

    if not may_ask():
        return 0
    due = _due(consent.watched_fingerprints(), now)
    return sum(_turn(fingerprint, may_ask) for fingerprint in takewhile(may_ask, due))


def _due(fingerprints: tuple[str, ...], now: datetime) -> list[str]:
    """Keys with a page that is due, and those never read."""
    if not fingerprints:
        return []
    due = set(progress.due_walks(fingerprints, now).values_list("fingerprint", flat=True))
    begun = Walk.objects.filter(fingerprint__in=fingerprints).values_list("fingerprint", flat=True)
    return [one for one in fingerprints if one in due or one not in set(begun)]


def _turn(fingerprint: str, may_ask: Callable[[], bool]) -> int:
    """Some pages of one key. Whatever goes wrong with it, it keeps no other key waiting."""
    calls = 0
    try:
        handle = lease.acquire(fingerprint=fingerprint, purpose=LeasePurpose.WALK)
        if handle is None:
            return 0
        while calls < PAGES_A_TURN and may_ask() and _read_page(handle):
            calls += 1
        lease.release(handle)
    except LeaseLost:
        log.warning("a lease was lost to another worker", extra={"key": fingerprint})
    except DatabaseError:
        # The lease is kept: until it ends, a page that cannot be stored is not asked for again.
        log.exception("a list was not read further", extra={"key": fingerprint})
    return calls


def _read_page(handle: LeaseHandle) -> bool:
    """Whether a call was made."""
    walk = _next_walk(handle)
    if walk is None:
        return False
    lease.renew(handle)
    key = _asking_key(handle.fingerprint)
    if key is None or not budget.reserve_call(fingerprint=handle.fingerprint):
        return False
    asked_at = timezone.now()
    try:
        answer = _ask(key, walk)
    except Busy:  # nobody was asked
        return False
    except vault.KeyUnreadable as error:
        _note_failure(handle, walk, NotSent(str(error)))
        return False
    except RefonteError as error:
        _note_failure(handle, walk, error)
        return True
    _note_page(handle, walk, answer, asked_at)
    return True


def _next_walk(handle: LeaseHandle) -> Walk | None:
    """New batches go before old ones."""
    now = timezone.now()
    with lease.fenced(handle):
        if not Walk.objects.filter(fingerprint=handle.fingerprint).exists():
            progress.begin(handle.fingerprint, now)
        due = progress.due_walks((handle.fingerprint,), now)
        return due.order_by("-purpose").first()


def _asking_key(fingerprint: str) -> KeyHandle | None:
    """None where it may not be read with, or Refonte asked to wait."""
    key = consent.reading_key(fingerprint=fingerprint)
    if key and key.not_before and key_states.is_waiting(key, timezone.now()):
        return None
    return key


def _ask(key: KeyHandle, walk: Walk) -> Answer[BatchPage]:
    deadline = Deadline(min(settings.REFONTE_TIMEOUT, LONGEST_CALL))
    query = ListQuery(end_time=walk.before, offset=walk.offset, limit=walk.page_size)
    return call_vendor(
        key=key,
        kind=Kind.BACKGROUND,
        deadline=deadline,
        send=lambda client, secret: client.list_batches(secret, query, deadline=deadline),
    )


def _note_page(
    handle: LeaseHandle, walk: Walk, answer: Answer[BatchPage], asked_at: datetime
) -> None:
    """Rows and position in one transaction: neither is there without the other.

    The rows are of the time of the question: a write of ours may have come while it was asked.
    """
    page, fingerprint = answer.data, handle.fingerprint
    with lease.fenced(handle):
        seen = find_seen(fingerprint=fingerprint, names=[batch.name for batch in page.batches])
        news = [b for b in page.batches if b.name not in seen and is_storable(b.name)]
        sightings = [Sighting.of_batch(batch) for batch in page.batches]
        record_or_raise(fingerprint=fingerprint, sightings=sightings, at=asked_at)
        progress.note_page(walk, page, known=seen, brings_news=bool(news), at=answer.answered_at)
    log.info("batches read", extra=_facts(walk, rows=page.rows_received, new=len(news)))


def _note_failure(handle: LeaseHandle, walk: Walk, error: RefonteError) -> None:
    with lease.fenced(handle):
        progress.note_failure(walk, error, timezone.now())
    log.warning("batches not read", extra=_facts(walk, outcome=error.outcome))


def _facts(walk: Walk, **more: Any) -> dict[str, Any]:
    return {"key": walk.fingerprint, "walk": walk.purpose, "read": walk.rows_read, **more}

"""Reads the lists of watched keys further, a page a call.

    due → lease → consent → budget → vendor → rows and position, written under the lease

No call is made inside a transaction, and each call needs the owner's consent at that moment.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from itertools import takewhile
from typing import Any

from django.utils import timezone

from batches.models import CallUse, LeasePurpose, Walk
from batches.refonte import Answer, BatchPage, Busy, ListQuery, NotSent, RefonteError
from batches.services.background import consent, requests
from batches.services.background.runs import run_with_key
from batches.services.keys import vault
from batches.services.keys.types import KeyHandle
from batches.services.leases import LeaseHandle, LeaseLost
from batches.services.observations.record import record_or_raise
from batches.services.observations.seen import find_seen
from batches.services.observations.sighting import Sighting, is_storable
from batches.services.vendor.calls import safeguards
from batches.services.walks import progress

log = logging.getLogger(__name__)

# A call a second, as the worker comes here every two seconds.
PAGES_A_RUN = 2


def walk_due_keys(*, now: datetime, goes_on: Callable[[], bool] = lambda: True) -> int:
    """Read two pages for every key whose list is due, one key after the other.

    goes_on: asked before each call, so that a worker that is to stop waits for one call at most.
    Returns how many calls were made. One query where nothing is due, two where a key is watched.
    """

    def may_call(*_: object) -> bool:
        return goes_on() and safeguards().breaker.seconds_left == 0

    if not may_call():
        return 0
    due = _due_keys(consent.watched_fingerprints(), now)
    return sum(_walk_key(fingerprint, may_call) for fingerprint in takewhile(may_call, due))


def _due_keys(fingerprints: tuple[str, ...], now: datetime) -> list[str]:
    """Keys with a page that is due, and those never read."""
    if not fingerprints:
        return []
    due = set(progress.due_walks(fingerprints, now).values_list("fingerprint", flat=True))
    walks = Walk.objects.filter(fingerprint__in=fingerprints)
    begun = set(walks.values_list("fingerprint", flat=True))
    return [one for one in fingerprints if one in due or one not in begun]


def _walk_key(fingerprint: str, may_call: Callable[[], bool]) -> int:
    return run_with_key(
        fingerprint=fingerprint,
        purpose=LeasePurpose.WALK,
        most_calls=PAGES_A_RUN,
        make_call=lambda lease: may_call() and _read_page(fingerprint, lease),
    )


def _read_page(fingerprint: str, lease: LeaseHandle) -> bool:
    """Whether a call was made. Raises LeaseLost and DatabaseError."""
    walk = _next_walk(fingerprint, lease)
    if walk is None:
        return False
    if not lease.renew():
        raise LeaseLost
    try:
        key = requests.reserve_key(fingerprint, CallUse.WALK)
    except requests.CallHeldBack:
        return False
    asked_at = timezone.now()
    try:
        answer = _ask(key, walk)
    except Busy:  # no call was made
        return False
    except vault.KeyUnreadable as error:
        _note_failure(lease, walk, NotSent(str(error)))
        return False
    except RefonteError as error:
        _note_failure(lease, walk, error)
        return True
    _note_page(lease, walk, answer, asked_at)
    return True


def _next_walk(fingerprint: str, lease: LeaseHandle) -> Walk | None:
    now = timezone.now()
    with lease.fenced():
        if not Walk.objects.filter(fingerprint=fingerprint).exists():
            progress.begin(fingerprint, now)
        due = progress.due_walks((fingerprint,), now)
        return due.order_by("-purpose").first()  # new batches first


def _ask(key: KeyHandle, walk: Walk) -> Answer[BatchPage]:
    query = ListQuery(end_time=walk.before, offset=walk.offset, limit=walk.page_size)
    return requests.list_batches(key, query)


def _note_page(
    lease: LeaseHandle, walk: Walk, answer: Answer[BatchPage], asked_at: datetime
) -> None:
    page, fingerprint = answer.data, walk.fingerprint
    # in one transaction: a position without its rows would leave batches out for ever
    with lease.fenced():
        seen = find_seen(fingerprint=fingerprint, names=[batch.name for batch in page.batches])
        news = [b for b in page.batches if b.name not in seen and is_storable(b.name)]
        sightings = [Sighting.of_batch(batch) for batch in page.batches]
        # as of the start of the call: a write of ours may have come while it was under way
        record_or_raise(fingerprint=fingerprint, sightings=sightings, at=asked_at)
        progress.note_page(walk, page, known=seen, brings_news=bool(news), at=answer.answered_at)
    log.info("batches read", extra=_facts(walk, rows=page.rows_received, new=len(news)))


def _note_failure(lease: LeaseHandle, walk: Walk, error: RefonteError) -> None:
    with lease.fenced():
        progress.note_failure(walk, error, timezone.now())
    log.warning("batches not read", extra=_facts(walk, outcome=error.outcome))


def _facts(walk: Walk, **more: Any) -> dict[str, Any]:
    return {"key": walk.fingerprint, "walk": walk.purpose, "read": walk.rows_read, **more}

"""What the worker does with the bulks of a key: one step of one bulk after the other.

    due → lease → account, role, key → has Refonte asked to wait? does it answer? → step

Several bulks of a key take turns: the one whose next step is due first. No step is made inside a
transaction.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from batches.models import Bulk, BulkState, LeasePurpose
from batches.services import clock
from batches.services.background.runs import run_with_key
from batches.services.bulks import checks, pace, reading, running, store
from batches.services.keys import vault
from batches.services.keys.types import KeyHandle
from batches.services.leases import LeaseHandle, LeaseLost
from batches.services.operations import bulk_calls
from batches.services.vendor.calls import safeguards

STEPS_A_RUN = 1_000
SECONDS_A_RUN = 10  # and the step that is under way then: other keys get the thread
LONGEST_PAUSE = timedelta(seconds=2)  # for a later step the run ends

GoesOn = Callable[[], bool]
Pause = Callable[[float], object]


def due_keys(*, now: datetime) -> list[str]:
    """Fingerprints of keys with a step that is due, the one that has waited longest first."""
    due = _due(now).order_by("next_at").values_list("fingerprint", flat=True)
    return list(dict.fromkeys(due))


def run_key(*, fingerprint: str, goes_on: GoesOn = lambda: True, pause: Pause | None = None) -> int:
    """Steps of one key's bulks, for 10 seconds; returns how many were made.

    goes_on: called before each step. pause: waits so many seconds for the next step; without it
    the run ends where none is due.
    """
    ends = time.monotonic() + SECONDS_A_RUN

    def make_step(lease: LeaseHandle) -> bool:
        bulk = _next(fingerprint, pause)
        if bulk is None or time.monotonic() > ends or not goes_on():
            return False
        if not lease.renew():
            raise LeaseLost
        _step(bulk, lease)
        return True

    return run_with_key(
        fingerprint=fingerprint,
        purpose=LeasePurpose.BULK,
        most_calls=STEPS_A_RUN,
        make_call=make_step,
    )


def _next(fingerprint: str, pause: Pause | None) -> Bulk | None:
    """The bulk whose turn it is, after a short pause where it is not due yet."""
    now = timezone.now()
    working = _working().filter(fingerprint=fingerprint).order_by("next_at", "created_at")
    if pause and (first := working.first()) and first.next_at:
        wait = first.next_at - now
        if timedelta() < wait <= LONGEST_PAUSE:
            pause(wait.total_seconds())
            now = timezone.now()
    return _due(now).filter(fingerprint=fingerprint).order_by("next_at", "created_at").first()


def _step(bulk: Bulk, lease: LeaseHandle) -> None:
    try:
        key = checks.key_to_go_on_with(bulk)
        if until := bulk_calls.wait_until(key):
            _wait(bulk, key, lease, until)
        elif bulk.state == BulkState.READING:
            reading.read_next(bulk, key, lease)
        elif safeguards().breaker.is_open:
            running.probe(bulk, key, lease)
        else:
            running.send_next(bulk, key, lease)
    except (checks.MayNotGoOn, vault.KeyUnreadable) as error:
        store.stop_working(bulk, lease, str(error))


def _wait(bulk: Bulk, key: KeyHandle, lease: LeaseHandle, until: datetime) -> None:
    if key.not_before == until:
        store.wait_as_told(bulk, lease, until=until)
    else:
        store.put_off(bulk, lease, until=until, message=store.NOT_RESPONDING)


def _due(now: datetime) -> QuerySet[Bulk]:
    return _working().filter(clock.passed("next_at", now=now, at_most=pace.LONGEST_WAIT))


def _working() -> QuerySet[Bulk]:
    return Bulk.objects.filter(state__in=BulkState.working_states(), next_at__isnull=False)

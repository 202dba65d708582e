"""Reads the batches that Refonte called about, with the key that they were created with.

    due → lease → consent → budget → vendor → recorded, under the lease

A batch is read at most once in 10 s. Without consent nothing is read: the cached readings were
dropped when the call arrived.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db.models import Max, QuerySet
from django.utils import timezone

from batches.models import CallbackAddress, CallUse, LeasePurpose
from batches.refonte import Busy, NotFound, RefonteError, Unaddressable
from batches.services import clock
from batches.services.background import consent, requests
from batches.services.background.requests import CallHeldBack
from batches.services.background.runs import run_with_key
from batches.services.callbacks.arrivals import READ_EVERY
from batches.services.clock import is_older
from batches.services.keys import vault
from batches.services.keys.types import KeyHandle
from batches.services.leases import LeaseHandle, LeaseLost
from batches.services.observations.record import record_or_raise
from batches.services.observations.sighting import Sighting
from batches.services.vendor.calls import safeguards

log = logging.getLogger(__name__)

CALLS_A_RUN = 4  # then another key gets the thread
RETRY_EVERY = timedelta(seconds=5)  # where the budget is used up, or the key has to wait
# Pages and the watcher have asked by then.
GIVE_UP = timedelta(minutes=10)

AT_ONCE = 50  # rows that one look goes through

GoesOn = Callable[[], bool]


def due_keys(*, now: datetime) -> list[str]:
    """Fingerprints of keys with a batch to read, the one that has waited longest first."""
    due = _due(now).order_by("due_at").values_list("fingerprint", flat=True)
    return list(dict.fromkeys(due))


def read_called(*, fingerprint: str, goes_on: GoesOn = lambda: True) -> int:
    """Read up to 4 batches of one key; returns how many calls were made.

    goes_on: called before each call.
    """
    return run_with_key(
        fingerprint=fingerprint,
        purpose=LeasePurpose.CALLED,
        most_calls=CALLS_A_RUN,
        make_call=lambda lease: goes_on() and _make_call(fingerprint, lease),
    )


def _make_call(fingerprint: str, lease: LeaseHandle) -> bool:
    """Whether a call was made. Raises LeaseLost and DatabaseError."""
    if consent.reading_key(fingerprint=fingerprint) is None:
        with lease.fenced():
            _of_key(fingerprint).update(due_at=None)
        return False
    # before the budget: a call that the breaker refuses would still count in it
    if safeguards().breaker.seconds_left > 0:
        _put_off(lease, fingerprint)
        return False
    row = _next(fingerprint, lease)
    if row is None:
        return False
    if not lease.renew():
        raise LeaseLost
    try:
        # directly before the call, as consent may have ended since
        key = requests.reserve_key(fingerprint, CallUse.CALLBACK)
    except CallHeldBack:
        _put_off(lease, fingerprint)
        return False
    return _read(lease, key, row)


def _next(fingerprint: str, lease: LeaseHandle) -> CallbackAddress | None:
    """The batch that is due first, and was not read in the last 10 s."""
    now = timezone.now()
    with lease.fenced():
        due = _due(now).filter(fingerprint=fingerprint).select_related("operation")
        for row in due.order_by("due_at")[:AT_ONCE]:
            if row.called_at is None or is_older(row.called_at, now=now, than=GIVE_UP):
                _one(row).update(due_at=None)
                continue
            # a create that was refused and the next one of that name have an address each
            read_at = _of_batch(row).aggregate(last=Max("read_at"))["last"]
            if read_at is None or is_older(read_at, now=now, than=READ_EVERY):
                return row
            _one(row).update(due_at=read_at + READ_EVERY)
    return None


def _read(lease: LeaseHandle, key: KeyHandle, row: CallbackAddress) -> bool:
    """Whether a call was made."""
    asked_at, name = timezone.now(), row.operation.batch_name
    # noted before the call: after a kill or a failure it is read once more, but not sooner
    _note_read(lease, row, asked_at)
    # the write may have waited for seconds, and consent may have ended meanwhile
    if consent.reading_key(fingerprint=key.fingerprint) is None:
        return False
    try:
        sighting = Sighting.of_status(name, requests.get_status(key, name).data)
    except NotFound:
        sighting = Sighting.of_absence(name)
    except (Busy, vault.KeyUnreadable):  # no call was made
        return False
    except Unaddressable:  # no URL can carry this name
        with lease.fenced():
            _one(row).update(due_at=None)
        return False
    except RefonteError as error:
        log.warning("a batch not read", extra={"key": key.fingerprint, "outcome": error.outcome})
        return True
    with lease.fenced():
        # as of the question: the answer may be from before a write of ours that came meanwhile
        record_or_raise(fingerprint=key.fingerprint, sightings=[sighting], at=asked_at)
        # one more call may have come meanwhile, from a host whose clock is behind this one
        _one(row).filter(called_at=row.called_at).update(due_at=None)
    log.info("a batch read, as Refonte called", extra={"key": key.fingerprint})
    return True


def _note_read(lease: LeaseHandle, row: CallbackAddress, asked_at: datetime) -> None:
    with lease.fenced():
        _of_batch(row).update(read_at=asked_at)
        _one(row).update(due_at=asked_at + READ_EVERY)


def _put_off(lease: LeaseHandle, fingerprint: str) -> None:
    """No call can be made now: each try would take SQLite's only writer."""
    now = timezone.now()
    with lease.fenced():
        _due(now).filter(fingerprint=fingerprint).update(due_at=now + RETRY_EVERY)


def _due(now: datetime) -> QuerySet[CallbackAddress]:
    is_due = clock.passed("due_at", now=now, at_most=READ_EVERY)
    return CallbackAddress.objects.filter(is_due, due_at__isnull=False)


def _one(row: CallbackAddress) -> QuerySet[CallbackAddress]:
    return CallbackAddress.objects.filter(pk=row.pk)


def _of_key(fingerprint: str) -> QuerySet[CallbackAddress]:
    return CallbackAddress.objects.filter(fingerprint=fingerprint, due_at__isnull=False)


def _of_batch(row: CallbackAddress) -> QuerySet[CallbackAddress]:
    return CallbackAddress.objects.filter(
        fingerprint=row.fingerprint, operation__batch_digest=row.operation.batch_digest
    )

"""The vendor calls of a bulk's operations: in the background, and counted before they are made.

People's writes are never held back; those of a bulk take what the budget leaves.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from batches.models import CallUse, Operation, State, Verb
from batches.refonte import Deadline
from batches.services.background import reservations
from batches.services.background.requests import LONGEST_CALL
from batches.services.background.reservations import Reservation
from batches.services.keys.types import KeyHandle
from batches.services.operations.vendor_session import VendorSession
from batches.services.vendor import key_states
from batches.services.vendor.calls import Kind, safeguards

RETRY_EVERY = timedelta(seconds=5)  # where the budget is used up
# Of a row that goes well: a read, the POST, a read; a priority cannot be read.
CALLS_A_ROW: dict[str, int] = {Verb.CREATE: 2, Verb.FINALIZE: 3, Verb.PRIORITIZE: 1}


def reserve(operation: Operation) -> Reservation | None:
    """For the next step of an operation; None where the minute has too few calls left."""
    calls = CALLS_A_ROW[operation.verb] if operation.state == State.WAITING else 1
    return reserve_calls(operation.fingerprint, calls)


def reserve_calls(fingerprint: str, calls: int) -> Reservation | None:
    return reservations.reserve(fingerprint=fingerprint, use=CallUse.BULK, calls=calls)


def session_of(key: KeyHandle, reserved: Reservation) -> VendorSession:
    """With one deadline for all calls of a row."""
    return VendorSession(
        key=key,
        deadline=Deadline(min(settings.REFONTE_TIMEOUT, LONGEST_CALL)),
        reads=Kind.BACKGROUND,
        writes=Kind.BACKGROUND,
        reserved=reserved,
    )


def wait_until(key: KeyHandle) -> datetime | None:
    """Until when Refonte asked to wait, or does not answer; None where it may be asked."""
    now = timezone.now()
    if key.not_before and key_states.is_waiting(key, now):
        return key.not_before
    seconds = safeguards().breaker.seconds_left
    return now + timedelta(seconds=seconds) if seconds else None

"""One worker a key and purpose: a row in the database, fenced by a token.

A holder that dies hands on when the lease ends. One that was only slow finds another token in the
row and writes nothing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from batches.models import Lease, LeasePurpose
from batches.services import clock

# Longer than one call may take, which is the longest between two renewals.
LENGTH = timedelta(seconds=45)


class LeaseLost(Exception):  # noqa: N818 - it says what is so
    """Another one holds it by now: what was just read is theirs to write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseHandle:
    """A lease as its holder knows it. length: from one renewal to its end."""

    fingerprint: str
    purpose: LeasePurpose
    token: str
    length: timedelta = LENGTH


def acquire(
    *, fingerprint: str, purpose: LeasePurpose, length: timedelta = LENGTH
) -> LeaseHandle | None:
    """The lease of a key; None while another one holds it."""
    now, token = timezone.now(), uuid4().hex
    fresh = Lease(fingerprint=fingerprint, purpose=purpose, until=now)
    Lease.objects.bulk_create([fresh], ignore_conflicts=True)
    ended = clock.passed("until", now=now, at_most=length)
    rows = Lease.objects.filter(ended, fingerprint=fingerprint, purpose=purpose)
    if not rows.update(token=token, until=now + length):
        return None
    return LeaseHandle(fingerprint=fingerprint, purpose=purpose, token=token, length=length)


def renew(handle: LeaseHandle) -> None:
    """Before each call. Raises LeaseLost."""
    if not _own(handle).update(until=timezone.now() + handle.length):
        raise LeaseLost


def release(handle: LeaseHandle) -> None:
    """Let the next one have it at once."""
    _own(handle).update(until=timezone.now())


@contextmanager
def fenced(handle: LeaseHandle) -> Iterator[None]:
    """A transaction in which nobody else can take the lease. Raises LeaseLost.

    For short writes alone, never around a call.
    """
    with transaction.atomic():
        if _own(handle).select_for_update().first() is None:
            raise LeaseLost
        yield


def _own(handle: LeaseHandle) -> QuerySet[Lease]:
    return Lease.objects.filter(
        fingerprint=handle.fingerprint, purpose=handle.purpose, token=handle.token
    )

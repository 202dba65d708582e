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
class Held:
    """A lease as its holder knows it. length: from one renewal to its end."""

    fingerprint: str
    purpose: LeasePurpose
    token: str
    length: timedelta = LENGTH


def take(*, fingerprint: str, purpose: LeasePurpose, length: timedelta = LENGTH) -> Held | None:
    """The lease of a key; None while another one holds it."""
    now, token = timezone.now(), uuid4().hex
    fresh = Lease(fingerprint=fingerprint, purpose=purpose, until=now)
    Lease.objects.bulk_create([fresh], ignore_conflicts=True)
    ended = clock.passed("until", now=now, at_most=length)
    rows = Lease.objects.filter(ended, fingerprint=fingerprint, purpose=purpose)
    if not rows.update(token=token, until=now + length):
        return None
    return Held(fingerprint=fingerprint, purpose=purpose, token=token, length=length)


def renew(held: Held) -> None:
    """Before each call. Raises LeaseLost."""
    if not _own(held).update(until=timezone.now() + held.length):
        raise LeaseLost


def release(held: Held) -> None:
    """Let the next one have it at once."""
    _own(held).update(until=timezone.now())


@contextmanager
def fenced(held: Held) -> Iterator[None]:
    """A transaction in which nobody else can take the lease. Raises LeaseLost.

    For short writes alone, never around a call.
    """
    with transaction.atomic():
        if _own(held).select_for_update().first() is None:
            raise LeaseLost
        yield


def _own(held: Held) -> QuerySet[Lease]:
    return Lease.objects.filter(
        fingerprint=held.fingerprint, purpose=held.purpose, token=held.token
    )

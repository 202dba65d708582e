"""Calls to the vendor in the background: with a key that may be used now, within its budget."""

from typing import TypeVar

from django.conf import settings
from django.utils import timezone

from batches.models import CallUse
from batches.refonte import Answer, BatchPage, BatchStatus, Deadline, ListQuery
from batches.services.background import budget, consent
from batches.services.keys.types import KeyHandle
from batches.services.vendor import key_states
from batches.services.vendor.calls import Kind, Send, call_vendor

T = TypeVar("T")
LONGEST_CALL = 20  # seconds; a lease is longer
USED_UP = "All calls of the minute were used."


class CallHeldBack(Exception):  # noqa: N818 - the name is the fact
    """No call may be made with the key now. Its text says why, for people."""


def reserve_key(fingerprint: str, use: CallUse) -> KeyHandle:
    """The key to ask with, one call of its budget taken. Raises CallHeldBack."""
    key = consent.reading_key(fingerprint=fingerprint)
    if key is None:
        raise CallHeldBack("The key may not be used in the background.")
    if key.not_before and key_states.is_waiting(key, timezone.now()):
        raise CallHeldBack("Refonte asked to wait.")
    if not budget.reserve_call(fingerprint=fingerprint, use=use):
        raise CallHeldBack(USED_UP)
    return key


def list_batches(key: KeyHandle, query: ListQuery) -> Answer[BatchPage]:
    """Raises RefonteError, and KeyUnreadable where the key does not open."""
    deadline = _deadline()
    return _call(key, deadline, lambda c, secret: c.list_batches(secret, query, deadline=deadline))


def get_status(key: KeyHandle, name: str) -> Answer[BatchStatus]:
    """Raises the same errors."""
    deadline = _deadline()
    return _call(key, deadline, lambda c, secret: c.get_status(secret, name, deadline=deadline))


def _deadline() -> Deadline:
    return Deadline(min(settings.REFONTE_TIMEOUT, LONGEST_CALL))


def _call(key: KeyHandle, deadline: Deadline, send: Send[T]) -> Answer[T]:
    return call_vendor(key=key, kind=Kind.BACKGROUND, deadline=deadline, send=send)

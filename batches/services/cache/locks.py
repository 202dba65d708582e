"""Whoever waits for another's answer waits no longer than their own request may last."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.conf import settings
from dogpile.cache.api import CacheMutex
from dogpile.cache.proxy import ProxyBackend

from batches.refonte import Busy, Deadline

# seconds; who asks with the same deadline ends a moment after it, and tells how
GRACE = 0.2

_deadline: ContextVar[Deadline] = ContextVar("deadline")


@contextmanager
def waiting_until(deadline: Deadline) -> Iterator[None]:
    """dogpile hands nothing on to its locks, so the deadline is laid beside its way."""
    token = _deadline.set(deadline)
    try:
        yield
    finally:
        _deadline.reset(token)


def patience() -> float:
    """Seconds."""
    deadline = _deadline.get(None) or Deadline(settings.REFONTE_TIMEOUT)
    return deadline.remaining() + GRACE


def held_up() -> Busy:
    """What one is told whose time is over."""
    return Busy("Another request for the same data got no answer from Refonte.", retry_after=2)


class LocalCache(ProxyBackend):
    """Memory, whose own locks are waited for without an end."""

    def get_mutex(self, key: Any) -> "LocalMutex":
        return LocalMutex()


class LocalMutex(CacheMutex):
    """dogpile's lock within one process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def acquire(self, wait: bool = True) -> bool:
        """Raises Busy where the holder is not done in time."""
        if not wait:
            return self._lock.acquire(blocking=False)
        if not self._lock.acquire(timeout=patience()):
            raise held_up()
        return True

    def release(self) -> None:
        self._lock.release()

    def locked(self) -> bool:
        return self._lock.locked()

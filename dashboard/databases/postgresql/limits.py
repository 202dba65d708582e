"""How long this process waits for PostgreSQL: without a limit for commands such as `migrate`."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

WEB_SECONDS, WORKER_SECONDS = 5.0, 60.0
SPARE_SECONDS = 1.0  # the server itself ends a slow statement first, which keeps the connection

_of_process: list[float] = []
_until: ContextVar[float | None] = ContextVar("until", default=None)


def limit_statements(seconds: float) -> None:
    """For all statements of this process from now on."""
    _of_process[:] = [seconds]


def statement_seconds() -> float | None:
    """None where there is no limit."""
    return _of_process[0] if _of_process else None


@contextmanager
def waiting_at_most(seconds: float) -> Iterator[None]:
    """For all statements in the block together, whether they are answered or not."""
    mark = _until.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _until.reset(mark)


def seconds_to_wait() -> float | None:
    """For the next statement; None where there is no limit."""
    until = _until.get()
    if until is not None:
        return max(0.05, until - time.monotonic())
    seconds = statement_seconds()
    return None if seconds is None else seconds + SPARE_SECONDS

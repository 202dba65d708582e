"""How long this process waits for PostgreSQL. A command for a person, as a migration, may take its
time; people's requests and the worker may not.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

WEB_SECONDS, WORKER_SECONDS = 5.0, 60.0
SPARE = 1.0  # seconds in which the server itself ends what took too long

_of_process: list[float] = []
_until: ContextVar[float | None] = ContextVar("until", default=None)


def serve_within(seconds: float) -> None:
    """No statement of this process takes longer from now on."""
    _of_process[:] = [seconds]


def statement_seconds() -> float | None:
    """None where there is no limit."""
    return _of_process[0] if _of_process else None


@contextmanager
def waiting_at_most(seconds: float) -> Iterator[None]:
    """All that is asked meanwhile ends by then, answered or not."""
    mark = _until.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _until.reset(mark)


def patience() -> float | None:
    """Seconds that the next question may take; None for any."""
    until = _until.get()
    if until is not None:
        return max(0.05, until - time.monotonic())
    seconds = statement_seconds()
    return None if seconds is None else seconds + SPARE

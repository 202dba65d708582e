"""Stop asking a vendor that does not answer; try again after 5 s, then ever later, to 60 s.

pybreaker keeps the states. Its own `call` holds a lock for as long as the guarded call runs, which
would send one vendor call at a time; so it is told only how a call ended, and one thread alone is
let through to probe.
"""

import logging
import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

import pybreaker

from batches.refonte import Busy, Denied, RefonteError, TooLarge
from batches.services.clock import is_ahead

log = logging.getLogger(__name__)

FAILURES_TO_OPEN = 3
FIRST_PAUSE = 5.0
LONGEST_PAUSE = 60.0
PAUSED_MESSAGE = "Refonte is not responding; pausing requests briefly."


class _Doubling(pybreaker.CircuitBreakerListener):
    """Each failed probe doubles the pause; a success sets it back. The log has both."""

    def state_change(
        self,
        cb: pybreaker.CircuitBreaker,
        old_state: pybreaker.CircuitBreakerState | None,
        new_state: pybreaker.CircuitBreakerState,
    ) -> None:
        if new_state.name == pybreaker.STATE_CLOSED:
            cb.reset_timeout = FIRST_PAUSE
            log.warning("Refonte answers again")
        elif new_state.name == pybreaker.STATE_OPEN:
            if old_state is not None and old_state.name == pybreaker.STATE_HALF_OPEN:
                cb.reset_timeout = min(cb.reset_timeout * 2, LONGEST_PAUSE)
            log.warning("Refonte is not responding: no requests for %.0f s", cb.reset_timeout)


class Breaker:
    """Shared by all keys: it is the vendor that is down, not a key."""

    def __init__(self) -> None:
        self._storage = pybreaker.CircuitMemoryStorage(pybreaker.STATE_CLOSED)
        self._circuit = pybreaker.CircuitBreaker(
            fail_max=FAILURES_TO_OPEN,
            reset_timeout=FIRST_PAUSE,
            state_storage=self._storage,
            listeners=[_Doubling()],
        )
        self._probing = threading.Lock()

    @property
    def is_open(self) -> bool:
        return self._circuit.current_state != pybreaker.STATE_CLOSED

    @property
    def seconds_left(self) -> float:
        """Until the next probe may go; 0 where calls may go."""
        opened = self._storage.opened_at
        if not self.is_open or opened is None:
            return 0.0
        now, opened = datetime.now(UTC), opened.replace(tzinfo=UTC)
        if is_ahead(opened, now=now):
            return 0.0
        return max(0.0, self._circuit.reset_timeout - (now - opened).total_seconds())

    @contextmanager
    def guard(self) -> Iterator[None]:
        """Let a call through and learn how it ended. Raises Busy while open."""
        probing = self.is_open
        if probing and not self._may_probe():
            wait = max(1, math.ceil(self.seconds_left))
            raise Busy(PAUSED_MESSAGE, retry_after=wait)
        try:
            yield
        except Busy:  # given up by who asked: nothing was learned of the vendor
            raise
        except RefonteError as error:
            self._tell(error if _is_unusable(error) else None, probing)
            raise
        else:
            self._tell(None, probing)
        finally:
            if probing:
                self._probing.release()

    def _may_probe(self) -> bool:
        """Alone, and at the end of the pause: the last probe may have failed a moment ago."""
        if not self._probing.acquire(blocking=False):
            return False
        if self.seconds_left > 0:
            self._probing.release()
            return False
        return True

    def _tell(self, error: RefonteError | None, probing: bool) -> None:
        """Report one ended call. While open only the probe's news counts.

        A call may last longer than the pause: one from before it would be taken for the probe.
        """
        if self.is_open and not probing:
            return

        def ended() -> None:
            if error is not None:
                raise error

        if probing:
            self._circuit.half_open()  # by itself it would ask the clock again, and believe it
        with suppress(RefonteError, pybreaker.CircuitBreakerError):
            self._circuit.call(ended)


def _is_unusable(error: RefonteError) -> bool:
    """A 4xx is an answer, and a 401 or 403 may be about one key alone: it stops no other key.
    What is too large is an answer as well.
    """
    if isinstance(error, Denied | TooLarge):
        return False
    return error.may_have_happened or error.outcome == "not_sent"

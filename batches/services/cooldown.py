"""Redis or PostgreSQL that does not answer is not asked for 5 s by this process.

One rest for all that uses the service, so that a request pays at most one timeout; after it one
caller tries, and the others wait for how that ends.
"""

import logging
import threading
from time import monotonic

from batches.services import metrics

log = logging.getLogger(__name__)

COOLDOWN_SECONDS = 5.0


class Cooldown:
    """Whether one service may be asked. The log has a line when it rests and when it is back."""

    def __init__(self, service: str) -> None:
        self._service, self._lock = service, threading.Lock()
        self._since: float | None = None  # monotonic seconds; None while it answers
        self._until = 0.0
        self._back_at = float("-inf")
        self.returns = 0
        metrics.COOLDOWNS.labels(service).set(0)

    @property
    def is_away(self) -> bool:
        return self._since is not None

    def may_ask(self) -> bool:
        """Of those who come after the pause only the first one may."""
        if self._since is None:
            return True
        with self._lock:
            now = monotonic()
            if now < self._until:
                return False
            self._until = now + COOLDOWN_SECONDS
            return True

    def failed(self, error: Exception) -> None:
        """It did not answer: nobody asks it for a while."""
        with self._lock:
            now = monotonic()
            is_news = self._since is None
            self._since = now if self._since is None else self._since
            self._until = now + COOLDOWN_SECONDS
        if is_news:
            metrics.COOLDOWNS.labels(self._service).set(1)
            facts = {"service": self._service, "error": type(error).__name__}
            log.warning("%s does not answer; pausing requests to it", self._service, extra=facts)

    def answered(self) -> None:
        """It is well. Costs nothing while it has been so before."""
        if self._since is None:
            return
        with self._lock:
            since, self._since = self._since, None
            if since is None:
                return
            self._back_at = monotonic()
            self.returns += 1
        metrics.COOLDOWNS.labels(self._service).set(0)
        facts = {"service": self._service, "seconds": round(self._back_at - since, 1)}
        log.warning("%s answers again", self._service, extra=facts)

    def is_just_back(self, within: float) -> bool:
        """It came back so few seconds ago that what began before may end only now."""
        return monotonic() - self._back_at < within


REDIS = Cooldown("redis")
DATABASE = Cooldown("database")

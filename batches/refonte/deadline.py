"""One time limit for all vendor calls of one request to this application."""

import time


class Deadline:
    """Counts down from its creation. Unit: seconds."""

    __slots__ = ("_ends", "total")

    def __init__(self, seconds: float) -> None:
        self.total = float(seconds)
        # monotonic: the system's clock may be set during a call
        self._ends = time.monotonic() + self.total

    def remaining(self) -> float:
        """Seconds left, never below 0."""
        return max(0.0, self._ends - time.monotonic())

    @property
    def expired(self) -> bool:
        return self.remaining() <= 0

    def has_half_left(self) -> bool:
        """Whether a write may be sent: a read after it must fit into the rest."""
        return self.remaining() >= self.total / 2

    def __repr__(self) -> str:
        return f"Deadline({self.remaining():.3f} of {self.total:g} s left)"

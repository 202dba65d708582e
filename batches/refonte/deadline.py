"""One total time limit, shared by every vendor call that one request of ours makes."""

import time


class Deadline:
    """Counts down from the moment it is made, on a clock that never jumps. Unit: seconds."""

    __slots__ = ("_ends", "total")

    def __init__(self, seconds: float) -> None:
        self.total = float(seconds)
        self._ends = time.monotonic() + self.total

    def remaining(self) -> float:
        """Seconds left, never below 0."""
        return max(0.0, self._ends - time.monotonic())

    @property
    def expired(self) -> bool:
        return self.remaining() <= 0

    def has_half_left(self) -> bool:
        """A write is sent only then, so that a reading after it still fits."""
        return self.remaining() >= self.total / 2

    def __repr__(self) -> str:
        return f"Deadline({self.remaining():.3f} of {self.total:g} s left)"

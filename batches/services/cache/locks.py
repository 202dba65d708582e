"""The lock of one entry. A caller waits for another one's answer until its own deadline at most."""

import threading

from batches.refonte import Busy, Deadline

# Seconds beyond the deadline: a holder with the same deadline ends a moment after it, and its
# answer or error is more useful to the others than "busy".
GRACE = 0.2


class EntryLock:
    """The lock of an entry for one caller. Excludes threads of one process.

    deadline: of the caller, for the wait.
    """

    def __init__(self, of_process: threading.Lock, deadline: Deadline) -> None:
        self._of_process, self._deadline = of_process, deadline

    def acquire(self, wait: bool = True) -> bool:
        """Raises Busy where the holder is not done in time."""
        if not wait:
            return self._of_process.acquire(blocking=False)
        if not self._of_process.acquire(timeout=self.seconds):
            raise waited_too_long()
        return True

    def release(self) -> None:
        self._of_process.release()

    @property
    def seconds(self) -> float:
        """How long the caller may still wait."""
        return self._deadline.remaining() + GRACE


def waited_too_long() -> Busy:
    return Busy("Another request for the same data got no answer from Refonte.", retry_after=2)

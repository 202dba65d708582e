"""Connections between two calls.

urllib3's pool keeps them in a queue. This one gives a connection out only for the key that opened
it, so that bytes which come late can never answer another person's question.
"""

import queue
from typing import Any


class IdleConnections(queue.LifoQueue[Any]):
    """Holds at most `maxsize` over all keys; the one that was used longest ago is closed first."""

    def __init__(self, maxsize: int = 0) -> None:
        super().__init__()  # never full to urllib3, which would close the newest
        self._bound = maxsize

    def _put(self, item: Any) -> None:
        if item is None or item.is_closed:  # nothing to keep: a new one is made where needed
            return
        self.queue.append(item)
        closing = [conn for conn in self.queue if conn.is_expired]
        self.queue = [conn for conn in self.queue if not conn.is_expired]
        while len(self.queue) > self._bound:
            closing.append(self.queue.pop(0))
        for conn in closing:
            conn.close()

    def _get(self) -> Any:
        """Any of them: so urllib3 closes them all, once their pool is given up."""
        return self.queue.pop()

    def take(self, owner: bytes) -> Any:
        """The one of this owner that was used last, or None."""
        with self.mutex:
            for place in reversed(range(len(self.queue))):
                if self.queue[place].owner == owner:
                    return self.queue.pop(place)
        return None

    def close_those_of(self, owner: bytes) -> None:
        """Whatever was asked on them before cannot be answered after this moment."""
        while (conn := self.take(owner)) is not None:
            conn.close()

"""The queue of idle connections in a pool of urllib3.

A connection is given only to calls with the key that opened it, so that bytes which arrive late can
never be the answer to another person's call.
"""

import queue
from typing import Any


class IdleConnections(queue.LifoQueue[Any]):
    """At most `maxsize` for all keys together; the least recently used is closed first."""

    def __init__(self, maxsize: int = 0) -> None:
        super().__init__()  # never full for urllib3, which would close the newest one
        self._maxsize = maxsize

    def _put(self, item: Any) -> None:
        if (
            item is None or item.is_closed
        ):  # urllib3 fills its queue with None: new ones are made when needed
            return
        self.queue.append(item)
        closing = [conn for conn in self.queue if conn.is_expired]
        self.queue = [conn for conn in self.queue if not conn.is_expired]
        while len(self.queue) > self._maxsize:
            closing.append(self.queue.pop(0))
        for conn in closing:
            conn.close()

    def _get(self) -> Any:
        """Any of them, for urllib3, which closes all when it closes the pool."""
        return self.queue.pop()

    def take(self, owner: bytes) -> Any:
        """The most recently used one of this owner, or None."""
        with self.mutex:
            for index in reversed(range(len(self.queue))):
                if self.queue[index].owner == owner:
                    return self.queue.pop(index)
        return None

    def close_all(self, owner: bytes) -> None:
        """Close this owner's: no answer to an earlier call can arrive any more."""
        while (conn := self.take(owner)) is not None:
            conn.close()

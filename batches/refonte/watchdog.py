"""Ends a call at its deadline, however slowly the other side drips.

A socket's timeout starts anew with each byte that arrives, so it bounds no call. At the deadline a
timer shuts the socket down, which wakes whatever waits on it, in TLS too.
"""

import socket
import threading
import time
from contextvars import ContextVar
from enum import IntEnum
from types import TracebackType

from .deadline import Deadline

CONNECT_SECONDS = 3.0


class Step(IntEnum):
    """How far a call got. Before SENDING not one byte of it has left."""

    UNKNOWN = 0  # the connection is not ours to see: a stub answers
    PREPARING = 1
    LOOKING_UP = 2
    CONNECTING = 3
    SECURING = 4
    SENDING = 5


class Watch:
    """One call's timer, and how far the call got.

    owner: the mark of the key it is made with; only connections of that key may serve it.
    is_write: it gets a connection of its own, as no late answer may settle a write.
    asked_at: when the request began to leave, in seconds since 1970.
    is_reused: whether an earlier call has used the connection.
    """

    def __init__(self, deadline: Deadline, owner: bytes = b"", *, is_write: bool = False) -> None:
        self.deadline = deadline
        self.owner = owner
        self.is_write = is_write
        self.asked_at: float | None = None
        self.is_reused = False
        self.connect = Deadline(min(CONNECT_SECONDS, deadline.remaining()))
        self.step = Step.UNKNOWN
        self.has_struck = False
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(deadline.remaining(), self._strike)
        self._timer.daemon = True

    def __enter__(self) -> "Watch":
        self._timer.start()
        self._token = current_watch.set(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        current_watch.reset(self._token)
        self._timer.cancel()
        self.let_go()

    def hold(self, sock: socket.socket) -> None:
        """Watch over `sock`, by a descriptor of our own: TLS may wrap it, urllib3 may close it."""
        with self._lock:
            self._drop()
            self._socket = socket.socket(fileno=socket.dup(sock.fileno()))
            if self.has_struck:
                self._shut()

    def begin_sending(self, sock: socket.socket) -> None:
        """From here on the request may have reached the vendor."""
        if self._socket is None:  # a connection that was kept from an earlier call
            self.hold(sock)
            self.is_reused = True
        if self.asked_at is None:
            self.asked_at = time.time()
        sock.settimeout(max(0.001, self.deadline.remaining()))
        self.step = Step.SENDING

    def let_go(self) -> None:
        """Stop watching, before another call may use the connection."""
        with self._lock:
            self._drop()

    def _strike(self) -> None:
        with self._lock:
            self.has_struck = True
            self._shut()

    def _shut(self) -> None:
        if self._socket is not None:
            try:
                self._socket.shutdown(socket.SHUT_RDWR)
            except OSError:  # the other side was quicker
                return

    def _drop(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


current_watch: ContextVar[Watch] = ContextVar("current_watch")

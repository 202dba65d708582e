"""Ends a call at its deadline, also while bytes still arrive slowly.

A socket's timeout starts again with each byte, so it does not limit a call. At the deadline a timer
shuts the socket down, which ends every read and write on it, in TLS too.
"""

import socket
import threading
import time
from contextvars import ContextVar
from enum import IntEnum
from types import TracebackType

from .deadline import Deadline

CONNECT_SECONDS = 3.0  # for DNS, TCP and TLS together


class Step(IntEnum):
    """The progress of a call. Before SENDING not one byte of the request was sent."""

    UNKNOWN = 0  # no connection of ours, as with a stub of a test
    PREPARING = 1
    RESOLVING = 2
    CONNECTING = 3
    SECURING = 4
    SENDING = 5


class Watchdog:
    """The timer and the progress of one call.

    owner: the `pool_id` of its key; only connections of that key may be used.
    is_write: a write uses a new connection, so that no late answer to another call can be its own.
    sent_at: when sending began, in seconds since 1970.
    is_reused: whether an earlier call used the connection.
    """

    def __init__(self, deadline: Deadline, owner: bytes = b"", *, is_write: bool = False) -> None:
        self.deadline = deadline
        self.owner = owner
        self.is_write = is_write
        self.sent_at: float | None = None
        self.is_reused = False
        self.connect = Deadline(min(CONNECT_SECONDS, deadline.remaining()))
        self.step = Step.UNKNOWN
        self.has_expired = False
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(deadline.remaining(), self._expire)
        self._timer.daemon = True

    def __enter__(self) -> "Watchdog":
        self._timer.start()
        self._token = current_watchdog.set(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        current_watchdog.reset(self._token)
        self._timer.cancel()
        self.release()

    def watch(self, sock: socket.socket) -> None:
        """Shut `sock` down at the deadline."""
        with self._lock:
            self._drop()
            # a descriptor of our own: TLS may wrap the socket, urllib3 may close it
            self._socket = socket.socket(fileno=socket.dup(sock.fileno()))
            if self.has_expired:
                self._shut()

    def begin_sending(self, sock: socket.socket) -> None:
        """Note that the request may reach the vendor from now on."""
        if self._socket is None:  # a connection of the pool: nothing was resolved or connected
            self.watch(sock)
            self.is_reused = True
        if self.sent_at is None:
            self.sent_at = time.time()
        # 0 would make the socket non-blocking
        sock.settimeout(max(0.001, self.deadline.remaining()))
        self.step = Step.SENDING

    def release(self) -> None:
        """Stop watching the socket, before another call may use the connection."""
        with self._lock:
            self._drop()

    def _expire(self) -> None:
        with self._lock:
            self.has_expired = True
            self._shut()

    def _shut(self) -> None:
        if self._socket is not None:
            try:
                self._socket.shutdown(socket.SHUT_RDWR)
            except OSError:  # closed by the other side already
                return

    def _drop(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


current_watchdog: ContextVar[Watchdog] = ContextVar("current_watchdog")

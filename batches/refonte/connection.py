"""urllib3's connections and pools with a deadline, and one key a connection.

They report the progress of a call and its socket to the watchdog, and resolve names in a thread.
A connection returns to its pool only after an answer that was read exactly to its end, and is used
only with the key that it was opened with.
"""

import socket
import time
from contextlib import suppress
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util.wait import wait_for_read

from .deadline import Deadline
from .dns import Address, resolve
from .framing import FramedAnswer, has_unread
from .idle_connections import IdleConnections
from .watchdog import Step, current_watchdog

MAX_IDLE = 15.0  # seconds; servers close idle connections, and one of 15 s is rarely closed yet


class WatchedConnection(HTTPConnection):
    """owner: the `pool_id` of the only key whose calls may use the connection."""

    response_class = FramedAnswer
    debuglevel = 0  # http.client's debug output would print the key
    owner = b""
    idle_since: float | None = None
    _answer: FramedAnswer | None = None
    _is_connecting = False
    # set where bytes arrived or sending failed before the whole request was sent: the next answer
    # on this connection may belong to another request
    _is_out_of_step = False

    @property
    def is_expired(self) -> bool:
        return self.idle_since is not None and time.monotonic() - self.idle_since >= MAX_IDLE

    @property
    def is_connected(self) -> bool:
        return self.sock is not None and not self.is_expired and not has_unread(self.sock)

    @property
    def is_reusable(self) -> bool:
        """Whether one whole request was followed by one whole answer and no other bytes."""
        is_complete = self._answer is not None and self._answer.is_complete
        return is_complete and not self._is_out_of_step

    def abandon(self) -> None:
        """Close it, as its answers belong to other requests. Callable from any thread."""
        self._is_out_of_step = True
        if (sock := self.sock) is not None:
            with suppress(OSError, ValueError):  # closed already, by either side
                sock.shutdown(socket.SHUT_RDWR)

    def _new_conn(self) -> socket.socket:
        watchdog = current_watchdog.get()
        watchdog.step = Step.RESOLVING
        addresses = resolve(self._dns_host, self.port or 0, watchdog.connect)
        if not addresses:
            raise OSError("no address")
        watchdog.step = Step.CONNECTING
        sock = open_socket(addresses, watchdog.connect)
        watchdog.watch(sock)
        return sock

    def connect(self) -> None:
        self._is_connecting = True
        try:
            super().connect()
        finally:
            self._is_connecting = False

    def _tunnel(self) -> None:
        super()._tunnel()
        if current_watchdog.get().has_expired:  # a truncated answer of a proxy looks complete
            raise TimeoutError

    def send(self, data: Any) -> None:
        # CONNECT to a proxy, sent while connecting, is not the request
        if not self._is_connecting:
            if self.sock is None:
                self.connect()
            self._expect_silence()
            current_watchdog.get().begin_sending(self.sock)
        try:
            super().send(data)
        except OSError:  # urllib3 goes on to read an answer that came early
            self._is_out_of_step = True
            raise

    def _expect_silence(self) -> None:
        """Raise ConnectionError where bytes arrived before the request: they answer another one."""
        if current_watchdog.get().step >= Step.SENDING:
            self._is_out_of_step |= wait_for_read(self.sock, timeout=0)
        elif has_unread(self.sock):
            raise ConnectionError("Bytes arrived before the request")

    def getresponse(self) -> Any:
        self._answer = None
        response = super().getresponse()
        self._answer = response._original_response  # type: ignore[assignment]
        return response


class WatchedHTTP(WatchedConnection):
    pass


class WatchedHTTPS(WatchedConnection, HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        sock = super()._new_conn()
        current_watchdog.get().step = Step.SECURING
        return sock


class _WatchedPool(HTTPConnectionPool):
    QueueCls = IdleConnections

    pool: IdleConnections | None

    def _get_conn(self, timeout: float | None = None) -> Any:
        watchdog = current_watchdog.get()
        conn: Any = None
        if self.pool is not None:
            if watchdog.is_write:  # a read after it must not get an answer from before it
                self.pool.close_all(watchdog.owner)
            conn = self.pool.take(watchdog.owner)
        if conn is not None and not conn.is_connected:
            conn.close()
            conn = None
        conn = conn or self._new_conn()
        conn.owner = watchdog.owner
        return conn

    def _put_conn(self, conn: Any) -> None:
        watchdog = current_watchdog.get()
        # first, so that this call's timer cannot close the socket of the next one
        watchdog.release()
        if conn is not None:
            if watchdog.has_expired or watchdog.is_write or not conn.is_reusable:
                conn.close()
            conn.idle_since = time.monotonic()
        super()._put_conn(conn)


class WatchedHTTPPool(_WatchedPool):
    ConnectionCls = WatchedHTTP


class WatchedHTTPSPool(_WatchedPool, HTTPSConnectionPool):
    ConnectionCls = WatchedHTTPS


POOLS = {"http": WatchedHTTPPool, "https": WatchedHTTPSPool}


def open_socket(addresses: list[Address], limit: Deadline) -> socket.socket:
    """Connect to the first address that accepts. Raises the last OSError where none does."""
    failure = OSError("no address")
    for index, (family, kind, proto, address) in enumerate(addresses):
        sock = socket.socket(family, kind, proto)
        try:
            # an equal share of the time left, so that one without an answer leaves some to the next
            sock.settimeout(max(0.001, limit.remaining() / (len(addresses) - index)))
            sock.connect(address)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            sock.close()
            failure = error
        else:
            sock.settimeout(max(0.001, limit.remaining()))
            return sock
    raise failure

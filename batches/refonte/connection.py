"""urllib3's connections and pools, under a watch.

They tell the watch how far a call got, hand it the socket, and look names up where that can be
abandoned. A connection goes back to its pool only after an answer that was read exactly to its end,
and serves only the key that it was opened with.
"""

import socket
import time
from contextlib import suppress
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util.wait import wait_for_read

from .dns import dial, look_up
from .framing import FramedAnswer, has_unread
from .idle_connections import IdleConnections
from .watchdog import Step, current_watch

MAX_IDLE = 15.0  # seconds; a connection idle for longer may be cut just as it is used


class Watched(HTTPConnection):
    """owner: the mark of the key whose calls alone may use the connection."""

    response_class = FramedAnswer
    debuglevel = 0  # else http.client prints headers, the key among them, once anybody turns it on
    owner = b""
    idle_since: float | None = None
    _answer: FramedAnswer | None = None
    _is_connecting = False
    _is_out_of_step = False  # bytes came, or the sending failed, before the whole request had left

    @property
    def is_expired(self) -> bool:
        return self.idle_since is not None and time.monotonic() - self.idle_since >= MAX_IDLE

    @property
    def is_connected(self) -> bool:
        return self.sock is not None and not self.is_expired and not has_unread(self.sock)

    @property
    def is_reusable(self) -> bool:
        """Whether one whole request has led to one whole answer, and to nothing more."""
        is_complete = self._answer is not None and self._answer.is_complete
        return is_complete and not self._is_out_of_step

    def give_up(self) -> None:
        """Its last answer was to something else, so the next one would be. From any thread: who
        uses it by now gets no answer.
        """
        self._is_out_of_step = True
        if (sock := self.sock) is not None:
            with suppress(OSError, ValueError):  # the other side, or our own, was quicker
                sock.shutdown(socket.SHUT_RDWR)

    def _new_conn(self) -> socket.socket:
        watch = current_watch.get()
        watch.step = Step.LOOKING_UP
        addresses = look_up(self._dns_host, self.port or 0, watch.connect)
        if not addresses:
            raise OSError("no address")
        watch.step = Step.CONNECTING
        sock = dial(addresses, watch.connect)
        watch.hold(sock)
        return sock

    def connect(self) -> None:
        self._is_connecting = True
        try:
            super().connect()
        finally:
            self._is_connecting = False

    def _tunnel(self) -> None:
        super()._tunnel()
        if current_watch.get().has_struck:  # a proxy's answer that was cut reads like a whole one
            raise TimeoutError

    def send(self, data: Any) -> None:
        # what a proxy is told while connecting is not yet the request
        if not self._is_connecting:
            if self.sock is None:
                self.connect()
            self._expect_silence()
            current_watch.get().begin_sending(self.sock)
        try:
            super().send(data)
        except OSError:  # urllib3 goes on and reads what the vendor may have answered early
            self._is_out_of_step = True
            raise

    def _expect_silence(self) -> None:
        """Nothing may have come before the request was sent: it would answer something else."""
        if current_watch.get().step >= Step.SENDING:
            self._is_out_of_step |= wait_for_read(self.sock, timeout=0)
        elif has_unread(self.sock):
            raise ConnectionError("Bytes came that nobody asked for")

    def getresponse(self) -> Any:
        self._answer = None
        response = super().getresponse()
        self._answer = response._original_response  # type: ignore[assignment]
        return response


class WatchedHTTP(Watched):
    pass


class WatchedHTTPS(Watched, HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        sock = super()._new_conn()
        current_watch.get().step = Step.SECURING
        return sock


class _WatchedPool(HTTPConnectionPool):
    QueueCls = IdleConnections

    pool: IdleConnections | None

    def _get_conn(self, timeout: float | None = None) -> Any:
        watch = current_watch.get()
        conn: Any = None
        if self.pool is not None:
            if watch.is_write:  # nor may the reading after it get what was read before
                self.pool.close_those_of(watch.owner)
            conn = self.pool.take(watch.owner)
        if conn is not None and not conn.is_connected:
            conn.close()
            conn = None
        conn = conn or self._new_conn()
        conn.owner = watch.owner
        return conn

    def _put_conn(self, conn: Any) -> None:
        watch = current_watch.get()
        # first, so that this call's watch cannot strike the next call's socket
        watch.let_go()
        if conn is not None:
            if watch.has_struck or watch.is_write or not conn.is_reusable:
                conn.close()
            conn.idle_since = time.monotonic()
        super()._put_conn(conn)


class WatchedHTTPPool(_WatchedPool):
    ConnectionCls = WatchedHTTP


class WatchedHTTPSPool(_WatchedPool, HTTPSConnectionPool):
    ConnectionCls = WatchedHTTPS


POOLS = {"http": WatchedHTTPPool, "https": WatchedHTTPSPool}

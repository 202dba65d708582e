"""urllib3's connections and pools, under a watch.

They tell the watch how far a call got, hand it the socket, and look names up where that can be
abandoned. Nothing here decides anything.
"""

import http.client
import io
import socket
import time
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from .dialing import dial, look_up
from .watch import Step, current_watch

MAX_IDLE = 15.0  # seconds; a connection idle for longer may be cut just as it is used


class _LineFile(io.BufferedReader):
    """Remembers the last line read."""

    last_line = b"\n"

    def readline(self, size: int | None = -1, /) -> bytes:
        self.last_line = super().readline(size)
        return self.last_line


class WholeHeaders(http.client.HTTPResponse):
    """Refuses headers that were cut: http.client takes their end for an empty line.

    Else a "200" whose connection broke early would be an empty, that is a good, answer.
    """

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp: io.BufferedReader = _LineFile(self.fp.detach())

    def begin(self) -> None:
        fp = self.fp
        super().begin()
        if isinstance(fp, _LineFile) and fp.last_line == b"":
            raise http.client.RemoteDisconnected("The headers were cut")


class _Watched(HTTPConnection):
    response_class = WholeHeaders
    idle_since: float | None = None
    _is_connecting = False

    @property
    def is_connected(self) -> bool:
        idle = 0.0 if self.idle_since is None else time.monotonic() - self.idle_since
        return idle < MAX_IDLE and super().is_connected

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
            current_watch.get().begin_sending(self.sock)
        super().send(data)


class WatchedHTTP(_Watched):
    pass


class WatchedHTTPS(_Watched, HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        sock = super()._new_conn()
        current_watch.get().step = Step.SECURING
        return sock


class _WatchedPool(HTTPConnectionPool):
    def _put_conn(self, conn: Any) -> None:
        if conn is not None:
            conn.idle_since = time.monotonic()
        # first, so that this call's watch cannot strike the next call's socket
        current_watch.get().let_go()
        super()._put_conn(conn)


class WatchedHTTPPool(_WatchedPool):
    ConnectionCls = WatchedHTTP


class WatchedHTTPSPool(_WatchedPool, HTTPSConnectionPool):
    ConnectionCls = WatchedHTTPS


POOLS = {"http": WatchedHTTPPool, "https": WatchedHTTPSPool}

"""An HTTP/1.1 server with keep-alive that can also send broken answers."""

import select
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread, current_thread
from typing import Any

from .raw_answers import Ending, Parts

BODY_MAX = 4 * 1024 * 1024
RESET_AT_ONCE = struct.pack("ii", 1, 0)  # SO_LINGER: on, no seconds: close sends RST


@dataclass(frozen=True, slots=True)
class Incoming:
    """A request as it was received: path and query still percent-encoded."""

    method: str
    path: str
    query: str
    headers: dict[str, str]  # names in lower case
    body: bytes
    peer: str


METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
Responder = Callable[[Incoming], Parts]


class Connection(BaseHTTPRequestHandler):
    """One connection and the requests on it."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # parts of an answer must not wait for each other
    server: "Server"

    def setup(self) -> None:
        super().setup()
        self.server.add_connection(self.connection)

    def finish(self) -> None:
        with suppress(OSError):  # flushing fails after a reset of our own
            super().finish()
        self.server.remove_connection(self.connection)

    def handle(self) -> None:
        # a client may reset a connection that it keeps open between two requests
        with suppress(ConnectionError):
            super().handle()

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: calls are in the call log."""

    def _handle_request(self) -> None:
        length = self._length()
        if length is None:
            self.send_error(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return
        path, _, query = self.path.partition("?")
        # the path stays encoded: a decoded slash in a name would split it
        incoming = Incoming(
            method=self.command,
            path=path,
            query=query,
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(length),
            peer=self.client_address[0],
        )
        self._send(self.server.respond(incoming))

    def __getattr__(self, name: str) -> Callable[[], None]:
        """The base class calls `do_GET` and so on; one method serves all of them."""
        if name.removeprefix("do_") in METHODS:
            return self._handle_request
        raise AttributeError(name)

    def _length(self) -> int | None:
        """Of the body, in bytes; None where it is unknown or too large."""
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdecimal():
            return None
        return int(length) if int(length) <= BODY_MAX else None

    def _send(self, parts: Parts) -> None:
        for part in parts:
            # an endless answer must not outlive stop()
            if self.server.stopping.is_set():
                self.close_connection = True
                return
            if isinstance(part, bytes):
                self.wfile.write(part)
            elif isinstance(part, float | int):
                self.server.stopping.wait(part)
            else:
                self._end(part)

    def _end(self, ending: Ending) -> None:
        self.close_connection = True
        if ending is Ending.HANG:
            while not self.server.stopping.wait(0.05) and not self._peer_has_closed():
                pass
        elif ending is Ending.RESET:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_AT_ONCE)
            # a shutdown would send FIN first; only a close of every handle sends RST
            self.rfile.close()
            self.connection.close()

    def _peer_has_closed(self) -> bool:
        readable, _, _ = select.select([self.connection], [], [], 0)
        return bool(readable) and not self.connection.recv(1, socket.MSG_PEEK)


class Server(ThreadingHTTPServer):
    """One thread a connection. stop() ends all of them at once, hanging answers included."""

    daemon_threads = True
    request_queue_size = 128  # tests connect by the hundred at once

    def __init__(self, address: tuple[str, int], respond: Responder) -> None:
        self.respond = respond
        self.stopping = Event()
        self._open: dict[socket.socket, Thread] = {}
        self._lock = Lock()
        super().__init__(address, Connection)
        self._thread = Thread(target=self.serve_forever, args=(0.02,), daemon=True)

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self.stopping.set()
        self.shutdown()
        self._thread.join()
        with self._lock:
            remaining = dict(self._open)
        for connection in remaining:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        # not for ever: a thread may be writing to a client that reads nothing
        for thread in remaining.values():
            thread.join(2)
        self.server_close()

    def add_connection(self, connection: socket.socket) -> None:
        with self._lock:
            self._open[connection] = current_thread()

    def remove_connection(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.pop(connection, None)

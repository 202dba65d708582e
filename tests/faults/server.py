"""A vendor that misbehaves byte by byte, for whatever must survive it.

    with FaultServer("body_dripped", act=create_the_batch) as vendor:
        client = Client(vendor.url)
        ...
        vendor.fault = "ok"
    vendor.requests[0].method

`faults.py` names every fault. `act` is called with each request that the vendor carries out,
whether or not its answer ever arrives; faults that refuse do not act.
"""

import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType

from tests.faults.exchange import Exchange, Received
from tests.faults.faults import FAULTS, REFUSING
from tests.faults.framed import Fault

DEFAULT_ANSWER = b'{"name": "kitten-07", "status": "staging", "result": "success", "docs": []}'


class FaultServer:
    """Listens on a free loopback port while the `with` lasts.

    fault: a name in `FAULTS`, or a fault of your own; may be set anew between requests.
    answer: the JSON body that a good answer carries; `answer_to` makes one for each request.
    tls: a server context; then `url` is https and names `host`.
    """

    def __init__(
        self,
        fault: str | Fault = "ok",
        *,
        act: Callable[[Received], object] | None = None,
        answer: bytes = DEFAULT_ANSWER,
        answer_to: Callable[[Received], bytes] | None = None,
        tls: ssl.SSLContext | None = None,
        host: str = "127.0.0.1",
    ) -> None:
        self.fault = fault
        self.requests: list[Received] = []
        self.connections = 0
        self._act, self._answer, self._answer_to, self._tls = act, answer, answer_to, tls
        self._ended, self._has_ended = 0, threading.Condition()
        self._stop = threading.Event()
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        scheme, port = ("https" if tls else "http"), self._listener.getsockname()[1]
        self.url = f"{scheme}://{host}:{port}/v1"

    def __enter__(self) -> "FaultServer":
        self._start(self._accept)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stop.set()
        for sock in (self._listener, *self._open):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(timeout=5)
        self._listener.close()

    def _start(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):  # the listener was shut
            while True:
                conn, _ = self._listener.accept()
                self.connections += 1
                self._open.add(conn)
                self._start(self._serve, conn)

    def _serve(self, conn: socket.socket) -> None:
        try:
            if self._tls is not None:
                conn = secured = self._wrap(conn, self._tls)
                secured.do_handshake()
            while self._answer_and_note(Exchange(conn, self._stop, self._answer)):
                pass
        except OSError:  # the client left, which is what it is tested for
            pass
        finally:
            self._open.discard(conn)
            conn.close()

    def _wrap(self, conn: socket.socket, tls: ssl.SSLContext) -> ssl.SSLSocket:
        wrapped = tls.wrap_socket(conn, server_side=True, do_handshake_on_connect=False)
        self._open.discard(conn)
        self._open.add(wrapped)
        return wrapped

    def _answer_and_note(self, exchange: Exchange) -> bool:
        try:
            return self._answer_one(exchange)
        finally:
            if exchange.received.method:  # it did not end before a request came
                with self._has_ended:
                    self._ended += 1
                    self._has_ended.notify_all()

    def wait_for_idle(self) -> None:
        """Until all that is to be sent for the requests so far was sent."""
        with self._has_ended:
            assert self._has_ended.wait_for(lambda: self._ended >= len(self.requests), timeout=60)

    def wait_for(self, requests: int) -> None:
        """Until so many have come, answered or not."""
        with self._has_ended:
            assert self._has_ended.wait_for(lambda: len(self.requests) >= requests, timeout=60)

    def _answer_one(self, exchange: Exchange) -> bool:
        """Whether the connection goes on."""
        received = exchange.receive()
        with self._has_ended:
            self.requests.append(received)
            self._has_ended.notify_all()
        if self._answer_to is not None:
            exchange.answer = self._answer_to(received)
        if self._act is not None and self.fault not in REFUSING:
            self._act(received)
        answer = FAULTS[self.fault] if isinstance(self.fault, str) else self.fault
        return answer(exchange)

"""A way to a server that can go silent: what is sent is taken, and nothing comes back."""

import select
import socket
import threading
from contextlib import suppress

from tests.faults.exchange import Exchange


class Way:
    """Listens on 127.0.0.1 and hands on to a server, until it is frozen."""

    def __init__(self, host: str, port: int) -> None:
        self._server = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._flows, self._over = threading.Event(), threading.Event()
        self._flows.set()
        threading.Thread(target=self._accept, daemon=True).start()

    def freeze(self) -> None:
        self._flows.clear()

    def thaw(self) -> None:
        self._flows.set()

    def close(self) -> None:
        self._over.set()
        self._flows.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client = self._listener.accept()[0]
                threading.Thread(target=self._hand_on, args=(client,), daemon=True).start()

    def _hand_on(self, client: socket.socket) -> None:
        with client, socket.create_connection(self._server) as server, suppress(OSError):
            other = {client: server, server: client}
            while not self._over.is_set():
                for ready in select.select([client, server], [], [], 0.1)[0]:
                    self._flows.wait()
                    data = ready.recv(65536)
                    if not data:
                        return
                    other[ready].sendall(data)


def tunnel(exchange: Exchange) -> bool:
    """Join the client with where its CONNECT leads."""
    exchange.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
    with socket.create_connection(exchange.leads_to) as onward:
        back = threading.Thread(target=pump, args=(onward, exchange.conn), daemon=True)
        back.start()
        pump(exchange.conn, onward)
        back.join(timeout=60)
    return False


def pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):  # one side left
        while data := source.recv(65536):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)

"""One request on a raw connection, and the ways to answer it badly."""

import socket
import struct
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from select import select

DRIP_EVERY = 0.05  # seconds; well below any socket timeout, so that only a total deadline ends it


class Gone(ConnectionError):  # noqa: N818 - it says what the client is
    """The client closed the connection."""


@dataclass(frozen=True, kw_only=True)
class Received:
    """A request as it stood on the wire."""

    method: str
    target: str
    headers: dict[str, str]  # names in lower case
    body: bytes


class Exchange:
    """`answer` is the JSON body that a good answer would carry, under `status`."""

    def __init__(self, conn: socket.socket, stop: threading.Event, answer: bytes) -> None:
        self.conn = conn
        self.answer = answer
        self.status = "200 OK"
        self.received = Received(method="", target="", headers={}, body=b"")
        self.leads_to = ("", 0)  # where a CONNECT wants to go
        self._stop = stop

    def receive(self) -> Received:
        head = self._receive_until(b"\r\n\r\n")
        request_line, *lines = head.decode("latin-1").split("\r\n")
        method, target, _ = request_line.split(" ", 2)
        if method == "CONNECT":
            host, _, port = target.rpartition(":")
            self.leads_to = (host, int(port))
        headers = dict(_header(line) for line in lines)
        body = self._receive_exactly(int(headers.get("content-length", "0")))
        self.received = Received(method=method, target=target, headers=headers, body=body)
        return self.received

    def _receive_until(self, end: bytes) -> bytes:
        data = b""
        while not data.endswith(end):
            data += self._receive_exactly(1)
        return data.removesuffix(end)

    def _receive_exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            piece = self.conn.recv(size - len(data))
            if not piece:
                raise Gone
            data += piece
        return data

    def send(self, data: bytes) -> None:
        self.conn.sendall(data)

    def send_json(self, status: str, body: bytes, *headers: str) -> None:
        self.send(head(status, "Content-Type: application/json", *headers, length=len(body)) + body)

    def drip(self, data: bytes) -> None:
        """One byte at a time, for ever if need be: after the last byte nothing more comes."""
        for byte in data:
            self.send(bytes([byte]))
            self.wait(DRIP_EVERY)
        self.wait()

    def repeat(self, data: bytes, every: float = 0.0) -> None:
        while not self._stop.is_set():
            self.send(data)
            self.wait(every)

    def wait(self, seconds: float | None = None) -> None:
        """Sleep, but not longer than the server runs."""
        self._stop.wait(seconds)

    def wait_for_next(self, at_most: float) -> None:
        """Until the next request begins to come on this connection, if one does."""
        select([self.conn], [], [], at_most)

    def reset(self) -> None:
        """Close so that the other side gets a RST."""
        self.conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.conn.close()


def head(status: str, *headers: str, length: int | None = None) -> bytes:
    """A status line and headers, complete with the empty line."""
    now = format_datetime(datetime.now(UTC), usegmt=True)
    lines = [f"HTTP/1.1 {status}", f"Date: {now}", *headers]
    if length is not None:
        lines.append(f"Content-Length: {length}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def _header(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.strip().lower(), value.strip()

"""Reads an answer off the wire, and knows whether it was read exactly to its end.

http.client skips only a 100 of the interim answers, takes headers that were cut for whole ones, and
throws away what came behind a body. Each of these leaves bytes of one answer for the next question.
"""

import http.client
import io
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

MAX_INTERIM = 32  # 1xx answers before the final one
MAX_INTERIM_BYTES = 64 * 1024  # of their headers, all together
_NOTHING_YET = (BlockingIOError, ssl.SSLWantReadError)


class _LineFile(io.BufferedReader):
    """Remembers the last two lines read, and reads no amount without a bound."""

    lines = (b"\n", b"\n")

    def readline(self, size: int | None = -1, /) -> bytes:
        line = super().readline(size)
        self.lines = (self.lines[1], line)
        return line

    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or size < 0:  # a chunk that says it is -1 long would be read without end
            raise http.client.HTTPException("A length below 0")
        return super().read(size)


class FramedAnswer(http.client.HTTPResponse):
    """An answer whose end is checked.

    is_complete: it was read to the end that its headers told, and nothing came behind it. Only then
        may the connection serve another call.
    """

    is_complete = False
    _is_begun = False
    _is_malformed = False

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self._sock = sock
        self.fp: io.BufferedReader = _LineFile(self.fp.detach())

    def begin(self) -> None:
        """Read the headers. Refuses those that were cut: http.client takes their end for an empty
        line, and a "200" whose connection broke early would be an empty, that is a good, answer.
        """
        file = self.fp
        super().begin()
        if isinstance(file, _LineFile) and file.lines[1] == b"":
            raise http.client.RemoteDisconnected("The headers were cut")
        self._is_malformed = _clear_malformed(self.headers)
        self._is_begun = True

    def _read_status(self) -> Any:
        """The status line of the final answer. A proxy's answer to CONNECT is read here, too."""
        room = MAX_INTERIM_BYTES
        for _ in range(MAX_INTERIM + 1):
            told = super()._read_status()  # type: ignore[misc]  # typeshed leaves it out
            if told[1] == http.HTTPStatus.SWITCHING_PROTOCOLS or not 100 <= told[1] < 200:
                return told
            room = self._skip_headers(room)
        raise http.client.HTTPException("Too many interim answers")

    def _skip_headers(self, room: int) -> int:
        """Read to the empty line; what is left of `room`, in bytes."""
        while True:
            line = self.fp.readline(room + 1)
            room -= len(line)
            if not line:
                raise http.client.RemoteDisconnected("An interim answer was cut")
            if room < 0:
                raise http.client.HTTPException("Interim answers too large")
            if line in (b"\r\n", b"\n"):
                return room

    def _close_conn(self) -> None:
        """Called once the body's end was reached, and by whoever gives the answer up."""
        if isinstance(self.fp, _LineFile):
            self.is_complete = self._has_ended(self.fp) and not _has_more(self._sock, self.fp)
        super()._close_conn()  # type: ignore[misc]  # typeshed leaves it out

    def _has_ended(self, file: _LineFile) -> bool:
        """Whether the body ended where exactly one, plain header says that it ends."""
        if not self._is_begun or self._is_malformed or self.status < 200 or self.will_close:
            return False
        lengths = self.headers.get_all("Content-Length", [])
        encodings = self.headers.get_all("Transfer-Encoding", [])
        if self.chunked:
            return not lengths and len(encodings) == 1 and _is_last_chunk(*file.lines)
        return self.length == 0 and not encodings and len(lengths) == 1 and _is_plain(lengths[0])


def has_unread(sock: socket.socket) -> bool:
    """Whether bytes wait that no question led to, or the end of the connection.

    Reads instead of asking the system: in TLS, a ticket that waits is no such byte.
    """
    try:
        with _without_waiting(sock):
            sock.recv(1)
    except _NOTHING_YET:
        return False
    except OSError:
        return True
    return True


def _has_more(sock: socket.socket, file: _LineFile) -> bool:
    """Whether bytes came behind the answer, in the buffer or on the socket."""
    try:
        with _without_waiting(sock):
            return file.peek(1) != b""
    except _NOTHING_YET:
        return False
    except OSError:
        return True


@contextmanager
def _without_waiting(sock: socket.socket) -> Iterator[None]:
    timeout = sock.gettimeout()
    sock.settimeout(0)
    try:
        yield
    finally:
        sock.settimeout(timeout)


def _clear_malformed(headers: http.client.HTTPMessage) -> bool:
    """Whether lines could not be read as headers. urllib3 would log them, with the address."""
    rest = headers.get_payload()
    is_malformed = bool(headers.defects) or (isinstance(rest, str) and rest != "")
    headers.defects.clear()
    headers.set_payload("")
    return is_malformed


def _is_last_chunk(size: bytes, end: bytes) -> bool:
    """A chunk of no bytes and the empty line. With trailers, which nobody sends, it is unsure."""
    return end == b"\r\n" and size.strip(b"\r\n").strip(b"0") == b"" and size.startswith(b"0")


def _is_plain(length: str) -> bool:
    return length.isascii() and length.isdigit()

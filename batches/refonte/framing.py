"""Reads an HTTP/1.1 answer (RFC 9112) and checks that it was read exactly to its end.

http.client skips no interim answer but 100, accepts headers that were cut, and ignores bytes after
a body. Each of these leaves bytes of one answer to be read as the answer to the next request.
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
    """Keeps the last two lines read, and never reads an unlimited amount."""

    lines = (b"\n", b"\n")

    def readline(self, size: int | None = -1, /) -> bytes:
        line = super().readline(size)
        self.lines = (self.lines[1], line)
        return line

    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or size < 0:  # a chunk of length -1 would be read without end
            raise http.client.HTTPException("A length below 0")
        return super().read(size)


class FramedAnswer(http.client.HTTPResponse):
    """An answer whose end is checked.

    is_complete: it was read to the end that its headers give, and no byte came after it. Only then
        may another call use the connection.
    """

    is_complete = False
    _is_begun = False
    _is_malformed = False

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self._sock = sock
        self.fp: io.BufferedReader = _LineFile(self.fp.detach())

    def begin(self) -> None:
        """Read the headers. Raises RemoteDisconnected where they were cut."""
        file = self.fp
        super().begin()
        # http.client takes the end of the connection for the empty line: a 200 that was cut here
        # would be an empty, and so a successful, answer
        if isinstance(file, _LineFile) and file.lines[1] == b"":
            raise http.client.RemoteDisconnected("The headers were cut")
        self._is_malformed = _clear_malformed(self.headers)
        self._is_begun = True

    def _read_status(self) -> Any:
        """The status line of the final answer, also of a proxy's answer to CONNECT."""
        bytes_left = MAX_INTERIM_BYTES
        for _ in range(MAX_INTERIM + 1):
            line = super()._read_status()  # type: ignore[misc]  # typeshed leaves it out
            if line[1] == http.HTTPStatus.SWITCHING_PROTOCOLS or not 100 <= line[1] < 200:
                return line
            bytes_left = self._skip_headers(bytes_left)
        raise http.client.HTTPException("Too many interim answers")

    def _skip_headers(self, bytes_left: int) -> int:
        """Read to the empty line. Returns what is left of the limit."""
        while True:
            line = self.fp.readline(bytes_left + 1)
            bytes_left -= len(line)
            if not line:
                raise http.client.RemoteDisconnected("An interim answer was cut")
            if bytes_left < 0:
                raise http.client.HTTPException("Interim answers too large")
            if line in (b"\r\n", b"\n"):
                return bytes_left

    def _close_conn(self) -> None:
        """Called at the end of the body, and when the answer is closed early."""
        if isinstance(self.fp, _LineFile):
            self.is_complete = self._has_ended(self.fp) and not _has_more(self._sock, self.fp)
        super()._close_conn()  # type: ignore[misc]  # typeshed leaves it out

    def _has_ended(self, file: _LineFile) -> bool:
        """Whether the body has ended where one unambiguous header says so."""
        if not self._is_begun or self._is_malformed or self.status < 200 or self.will_close:
            return False
        lengths = self.headers.get_all("Content-Length", [])
        encodings = self.headers.get_all("Transfer-Encoding", [])
        if self.chunked:
            return not lengths and len(encodings) == 1 and _is_last_chunk(*file.lines)
        return self.length == 0 and not encodings and len(lengths) == 1 and _is_plain(lengths[0])


def has_unread(sock: socket.socket) -> bool:
    """Whether bytes of an answer, or the end of the connection, are waiting to be read."""
    try:
        # a read, not select(): a TLS ticket that waits is no byte of an answer
        with _non_blocking(sock):
            sock.recv(1)
    except _NOTHING_YET:
        return False
    except OSError:
        return True
    return True


def _has_more(sock: socket.socket, file: _LineFile) -> bool:
    """Whether bytes came after the answer, in the buffer or on the socket."""
    try:
        with _non_blocking(sock):
            return file.peek(1) != b""
    except _NOTHING_YET:
        return False
    except OSError:
        return True


@contextmanager
def _non_blocking(sock: socket.socket) -> Iterator[None]:
    timeout = sock.gettimeout()
    sock.settimeout(0)
    try:
        yield
    finally:
        sock.settimeout(timeout)


def _clear_malformed(headers: http.client.HTTPMessage) -> bool:
    """Whether some lines were no headers. They are removed."""
    # urllib3 would log them with the URL, which has the batch's name
    unparsed = headers.get_payload()
    is_malformed = bool(headers.defects) or (isinstance(unparsed, str) and unparsed != "")
    headers.defects.clear()
    headers.set_payload("")
    return is_malformed


def _is_last_chunk(size: bytes, end: bytes) -> bool:
    """Whether these two lines are a chunk of size 0 and the empty line."""
    # false with trailers, too: they are rare, and closing the connection is always safe
    return end == b"\r\n" and size.strip(b"\r\n").strip(b"0") == b"" and size.startswith(b"0")


def _is_plain(length: str) -> bool:
    return length.isascii() and length.isdigit()

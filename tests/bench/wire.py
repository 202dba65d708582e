"""A client that costs next to nothing, so that what is timed is the server: bytes on a socket."""

import socket
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlencode, urlsplit

PATIENCE = 60


@dataclass(frozen=True, slots=True)
class Ask:
    """One request, ready to be sent again and again."""

    port: int
    raw: bytes

    @classmethod
    def of(
        cls, url: str, headers: dict[str, str], form: list[tuple[str, str]] | None = None
    ) -> Self:
        """A GET, or a POST of a form; compressed answers are welcome, as to every browser."""
        parts = urlsplit(url)
        method, body = ("GET", b"") if form is None else ("POST", urlencode(form).encode())
        headers = {"Host": parts.netloc, "Accept-Encoding": "gzip"} | headers
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            headers["Content-Length"] = str(len(body))
        lines = [f"{method} {parts.path}?{parts.query} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return cls(parts.port or 80, "\r\n".join([*lines, "", ""]).encode() + body)


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    size: int  # bytes on the wire, headers included
    seconds: float


class Wire:
    """A connection that is kept open; use it in a `with`."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._socket = self._connected()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *ignored: object) -> None:
        self._socket.close()

    def send(self, ask: Ask) -> Answer:
        began = time.perf_counter()
        self._socket.sendall(ask.raw)
        head, _, body = self._until(b"\r\n\r\n").partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        headers = {n.lower(): v.strip() for n, _, v in (line.partition(":") for line in lines[1:])}
        length = int(headers.get("content-length", 0))
        while len(body) < length:
            body += self._some()
        seconds = time.perf_counter() - began
        if headers.get("connection") == "close":
            self._socket.close()
            self._socket = self._connected()
        return Answer(int(lines[0].split()[1]), len(head) + 4 + len(body), seconds)

    def _connected(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)

    def _until(self, mark: bytes) -> bytes:
        received = b""
        while mark not in received:
            received += self._some()
        return received

    def _some(self) -> bytes:
        part = self._socket.recv(65536)
        if not part:
            raise ConnectionError("The server closed the connection in an answer.")
        return part


def answers_in(seconds: float, ask: Ask, *, status: int, wires: int = 4) -> int:
    """How many answers of this status come in a time. Raises where others come too often."""
    until = time.monotonic() + seconds

    def drive(_: int) -> Counter[int]:
        statuses: Counter[int] = Counter()
        with Wire(ask.port) as wire:
            while time.monotonic() < until:
                statuses[wire.send(ask).status] += 1
        return statuses

    with ThreadPoolExecutor(wires) as pool:
        statuses = sum(pool.map(drive, range(wires)), Counter[int]())
    # now and then a time limit or the clock changes what a page shows
    if statuses[status] < 0.95 * statuses.total():
        raise AssertionError(f"Instead of {status}: {statuses}, for {ask.raw[:200]!r}")
    return statuses[status]


def one_by_one(asks: list[Ask]) -> list[Answer]:
    with Wire(asks[0].port) as wire:
        return [wire.send(ask) for ask in asks]


def at_a_pace(
    ask: Callable[[], Ask], *, viewers: int, every: float, until: float
) -> Callable[[], list[Answer]]:
    """Start viewers that each ask once in a while; call what is returned to wait for them."""
    answers: list[Answer] = []
    pool = ThreadPoolExecutor(viewers)

    def view(first: float) -> None:
        due = time.monotonic() + first
        with Wire(ask().port) as wire:
            while due < until:
                time.sleep(max(0, due - time.monotonic()))
                answers.append(wire.send(ask()))
                due += every

    started = [pool.submit(view, every * place / viewers) for place in range(viewers)]

    def ended() -> list[Answer]:
        for one in started:
            one.result()
        pool.shutdown()
        return answers

    return ended

"""The product in this very process, as it ships: hashed static files, its policy, its sessions.

A test has the database, the vendor and the cache of the server that its browser speaks to at hand.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.core.handlers.wsgi import WSGIHandler
from django.core.servers.basehttp import ThreadedWSGIServer
from django.test.testcases import QuietWSGIRequestHandler

from tests.support.static_files import shipped

QUIET_SECONDS = 60


@dataclass(slots=True)
class Visit:
    """One request as the server saw it; `ended` is None while it is being answered."""

    method: str
    path: str
    query: str
    status: int = 0
    began: float = field(default_factory=time.monotonic)
    ended: float | None = None


class Site:
    """Serves from threads, and notes every request but those for static files."""

    def __init__(self, application: Any) -> None:
        self.visits: list[Visit] = []
        self._application = application
        self._server = ThreadedWSGIServer(("127.0.0.1", 0), QuietWSGIRequestHandler)
        self._server.set_app(self._answer)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    @contextmanager
    def running(self) -> Iterator["Site"]:
        thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()

    def polls(self) -> list[Visit]:
        return [visit for visit in list(self.visits) if visit.path.endswith("/live/")]

    def sent(self, path: str) -> list[Visit]:
        """The writes that came to an address."""
        return [v for v in list(self.visits) if v.method == "POST" and v.path.endswith(path)]

    def asked(self, path: str) -> list[Visit]:
        """The pages and pieces that were asked for at an address."""
        return [v for v in list(self.visits) if v.method == "GET" and v.path.endswith(path)]

    def most_at_once(self) -> int:
        """How many polls were ever in flight together."""
        polls = self.polls()
        ends = [poll.ended or time.monotonic() for poll in polls]
        return max(
            sum(
                other.began < end and (other.ended or end) > poll.began
                for other in polls
                if other.began <= poll.began
            )
            for poll, end in zip(polls, ends, strict=True)
        )

    def wait_until_quiet(self) -> None:
        """Until nothing is being answered: what comes late belongs to no test."""
        deadline = time.monotonic() + QUIET_SECONDS
        while any(visit.ended is None for visit in list(self.visits)):
            assert time.monotonic() < deadline, self.visits
            time.sleep(0.01)
        self.visits.clear()

    def _answer(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        visit = Visit(environ["REQUEST_METHOD"], path, environ.get("QUERY_STRING", ""))
        if not path.startswith("/static/"):
            self.visits.append(visit)

        def start_answer(status: str, *arguments: Any) -> Any:
            visit.status = int(status.split(maxsplit=1)[0])
            return start(status, *arguments)

        try:
            answer: Iterable[bytes] = self._application(environ, start_answer)
            return answer
        finally:
            visit.ended = time.monotonic()


def application(folder: Path) -> WSGIHandler:
    """The middleware as it ships; WhiteNoise learns its files now."""
    with shipped(folder):
        return WSGIHandler()

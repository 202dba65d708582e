"""The simulated vendor behind an HTTP server on this machine."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, parse_qsl, unquote

from .call_log import Call
from .callbacks import CallbackThread
from .control import PREFIX, control
from .demo_keys import key_of
from .faults import QUIRKS, perform
from .raw_answers import Parts, whole
from .replies import Refusal, Reply, json_reply
from .routes import Request, answer
from .server import Incoming, Server
from .vendor import Vendor, utc_now

API = "/v1/"


class Sandbox(Vendor):
    """Serves from a thread, on a free loopback port unless one is given. Use it in a `with`."""

    def __init__(
        self,
        *,
        batches: int = 60,
        seed: int = 1,
        now: Callable[[], datetime] = utc_now,
        state: Path | str | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        **kind: Any,
    ) -> None:
        """`kind`: `growing`, `demo` and `speed` of `Vendor`."""
        super().__init__(batches=batches, seed=seed, now=now, state=state, **kind)
        self._host, self._port = host, port
        self._server: Server | None = None
        self._callbacks: CallbackThread | None = None

    def start(self) -> Self:
        # after a stop the same port again, so that a client that has the URL connects again
        self._server = Server((self._host, self._port), self.respond)
        self._port = self._server.port
        self._server.start()
        self._callbacks = CallbackThread(self.take_callbacks)
        self._callbacks.start()
        return self

    def stop(self) -> None:
        """Refuse connections, post to no callback. Data is kept for the next start()."""
        if self._callbacks is not None:
            self._callbacks.stop()
            self._callbacks = None
        if self._server is not None:
            self._server.stop()
            self._server = None

    def close(self) -> None:
        self.stop()
        self._store.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def url(self) -> str:
        return f"http://{self._host}:{self._port}/v1"

    def respond(self, incoming: Incoming) -> Parts:
        """The parts of the answer, computed lazily: a latency passes before the call has effect."""
        if incoming.path.startswith(PREFIX):
            return whole(control(self, incoming), self.now())
        if not incoming.path.startswith(API):
            return whole(json_reply({"status_code": 404, "error": "Not found"}, 404), self.now())
        return self._respond_as_vendor(incoming)

    def _respond_as_vendor(self, incoming: Incoming) -> Parts:
        mode = self._keys.get(key_of(incoming.headers.get("authorization")) or "")
        moment = self.now()
        # before any fault: a call whose answer is lost was received too
        self._record(incoming, mode, moment)
        faults = self.faults.take(
            incoming.method, incoming.path, incoming.query, moment.timestamp()
        )
        quirks = {f.kind: f.options.get("seconds", 0.0) for f in faults if f.kind in QUIRKS}
        return perform(faults, partial(self._act, incoming, mode, quirks), self.now)

    def _record(self, incoming: Incoming, mode: str | None, moment: datetime) -> None:
        path = "/" + incoming.path.removeprefix(API)
        query = dict(parse_qsl(incoming.query, keep_blank_values=True))
        self._log.add(Call(incoming.method, path, mode, query, moment, incoming.body))

    def _act(self, incoming: Incoming, mode: str | None, quirks: dict[str, float]) -> Reply:
        if mode is None:
            return self.variants.error(401, "Invalid API key")
        try:
            segments = decoded(incoming.path.removeprefix(API))
        except Refusal as refusal:
            return self.variants.error(refusal.status, refusal.message)
        with self._lock:
            return answer(
                Request(
                    method=incoming.method,
                    segments=segments,
                    query=parse_qs(incoming.query, keep_blank_values=True),
                    body=incoming.body,
                    world=self.world(mode),
                    variants=self.variants,
                    at=self._at(),
                    quirks=quirks,
                )
            )


def decoded(path: str) -> tuple[str, ...]:
    """The percent-decoded segments of a raw path. Raises Refusal where they are not UTF-8."""
    try:
        # split first: an encoded slash belongs to a name
        return tuple(unquote(segment, errors="strict") for segment in path.split("/"))
    except UnicodeDecodeError as error:
        raise Refusal(400, "The path must be valid UTF-8") from error

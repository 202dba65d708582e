"""The stand-in as one thing: start it, arrange its worlds, break it, count its calls."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, parse_qsl, unquote

from .call_log import Call, CallLog
from .control import PREFIX, control
from .demo_keys import LIVE_KEY, TEST_KEY, key_of
from .faults import QUIRKS, Fault, FaultBoard, perform
from .initial_batches import seed_world
from .models import Batch, Project, in_ms
from .pace import Pace
from .raw_answers import Parts, whole
from .replies import Refusal, Reply, json_reply
from .routes import Request, answer, plan_for
from .server import Incoming, Server
from .store import Store
from .variants import Variants
from .worlds import World, plain_keys

API = "/v1/"
NO_COUNTS = {"pending": 0, "completed": 0, "error": 0, "canceled": 0}


def clock_of_this_machine() -> datetime:
    return datetime.now(UTC)


class Sandbox:
    """A stand-in vendor on a loopback port, served from a thread. Use it in a `with`."""

    def __init__(
        self,
        *,
        batches: int = 60,
        seed: int = 1,
        now: Callable[[], datetime] = clock_of_this_machine,
        state: Path | str | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        growing: bool = False,
    ) -> None:
        """`batches` is the size of the live world; if `growing`, new ones come by the clock."""
        self.now = now
        self.variants = Variants()
        self.faults = FaultBoard()
        self._host, self._port = host, port
        self._keys = {LIVE_KEY: "live", TEST_KEY: "test"}
        self._log = CallLog()
        self._lock = RLock()
        self._store = Store(state)
        self._count, self._seed, self._growing = batches, seed, growing
        self._anchor = self._begin()
        self._pace = Pace(seed, self._anchor)
        self._worlds: dict[str, World] = {}
        self._server: Server | None = None

    def _begin(self) -> float:
        """The moment of the first start; a kept state must come from the same seed and size."""
        wanted = {"seed": self._seed, "batches": self._count}
        kept: dict[str, Any] = dict(self._store.load("meta", "")).get("beginning", {})
        if kept and any(kept[name] != value for name, value in wanted.items()):
            self._store.close()
            raise ValueError(f"The state file was made with {kept}, not with {wanted}: remove it")
        if not kept:
            kept = {**wanted, "anchor": self.now().timestamp()}
            self._store.save("meta", "", "beginning", kept)
        return float(kept["anchor"])

    # Running

    def start(self) -> Self:
        """Serve, on the port it had before if it was stopped."""
        self._server = Server((self._host, self._port), self.respond)
        self._port = self._server.port
        self._server.start()
        return self

    def stop(self) -> None:
        """Refuse connections; what was created stays for the next start()."""
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

    # Answering

    def respond(self, incoming: Incoming) -> Parts:
        """What goes back for a request, lazily: latencies pass before the vendor acts."""
        if incoming.path.startswith(PREFIX):
            return whole(control(self, incoming), self.now())
        if not incoming.path.startswith(API):
            return whole(json_reply({"status_code": 404, "error": "Not found"}, 404), self.now())
        return self._vendor(incoming)

    def _vendor(self, incoming: Incoming) -> Parts:
        mode = self._keys.get(key_of(incoming.headers.get("authorization")) or "")
        moment = self.now()
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
            return self.variants.error(refusal.status, refusal.words)
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

    def _at(self) -> float:
        return self.now().timestamp()

    # Telling it what to be

    def configure(self, **choices: str) -> None:
        """Answer in these variants (`variants.CHOICES`); "default" pleases every reader."""
        self.variants = self.variants.changed(**choices)

    def fault(
        self,
        kind: str,
        match: str = "*",
        times: int | None = None,
        *,
        skip: int = 0,
        **options: Any,
    ) -> None:
        """Set one of `faults.OPTIONS` for calls like "POST /v1/batches*"; None is until reset."""
        self.faults.add(Fault(kind, match, times, skip, options, since=self._at()))

    def reset(self) -> None:
        """No faults, default variants, the two demo keys. The worlds stay as they are."""
        self.faults.clear()
        self.variants = Variants()
        self._keys = {LIVE_KEY: "live", TEST_KEY: "test"}

    def add_key(self, key: str, mode: str) -> None:
        """Let a key open a world; one other than "live" and "test" begins empty."""
        self._keys[key] = mode

    def refuse_key(self, key: str) -> None:
        self._keys.pop(key, None)

    # What was asked of it

    @property
    def calls(self) -> list[Call]:
        return self._log.all()

    def calls_to(self, method: str, path: str) -> list[Call]:
        """Calls such as ("GET", "/batches/*/status"), paths as they were sent."""
        return self._log.to(method, path)

    def forget_calls(self) -> None:
        self._log.forget()

    # Its worlds

    def world(self, mode: str = "live") -> World:
        with self._lock:
            if mode not in self._worlds:
                seeds = seed_world(mode, self._count, self._seed, self._anchor)
                self._worlds[mode] = World(mode, seeds, self._pace, self._store)
            if self._growing and mode == "live":
                self._worlds[mode].grow(self._seed, self._anchor, self._at())
            return self._worlds[mode]

    def add_project(
        self, name: str, *, kind: str = "enterprise", calibrated: bool = True, mode: str = "live"
    ) -> None:
        """Add a project of kind "enterprise", "rapid" or "studio"."""
        project = Project(name, kind, created_ms=in_ms(self._at()), calibrated=calibrated)
        with self._lock:
            self.world(mode).keep_project(project)

    def add_batch(
        self,
        name: str,
        *,
        project: str | None = None,
        status: str = "in_progress",
        created_at: datetime | None = None,
        counts: dict[str, Any] | None = None,
        mode: str = "live",
        frozen: bool = True,
        **details: Any,
    ) -> None:
        """Add a batch, replacing one of that name. Not frozen, the clock moves it.

        An unknown project is made: Rapid for a batch in staging, Enterprise for any other. `counts`
        may hold anything JSON can; `details` are `callback`, `metadata` and the two flags.
        """
        at = self._at()
        created = at if created_at is None else created_at.timestamp()
        kind = "rapid" if status == "staging" else "enterprise"
        batch = Batch(
            name, project or f"{kind} project", in_ms(created), plan_for(name, created), **details
        )
        if frozen:
            batch.status, batch.counts = status, plain_keys(NO_COUNTS if counts is None else counts)
        with self._lock:
            world = self.world(mode)
            if batch.project not in world.projects:
                self.add_project(batch.project, kind=kind, mode=mode)
            batch.staged = world.projects[batch.project].stages
            if batch.staged and status != "staging":
                batch.finalized_at = created
            world.add(batch)

    def set_counts(self, name: str, *, mode: str = "live", **counts: Any) -> None:
        with self._lock:
            self.world(mode).set_counts(name, counts, self._at())

    def set_status(self, name: str, status: str, *, mode: str = "live") -> None:
        with self._lock:
            self.world(mode).set_status(name, status, self._at())

    def remove(self, name: str, *, mode: str = "live") -> None:
        with self._lock:
            self.world(mode).remove(name)

    def status_of(self, name: str, *, mode: str = "live") -> str:
        with self._lock:
            return self.world(mode).progress(self.world(mode).batches[name], self._at()).status

    def priorities_of(self, name: str, *, mode: str = "live") -> list[int]:
        """The priorities sent for a batch, which no answer of the vendor tells."""
        return [priority for _, priority in self.world(mode).batches[name].priorities]


def decoded(path: str) -> tuple[str, ...]:
    """The segments of a raw path, each percent-decoded once: `%2F` is no separator."""
    try:
        return tuple(unquote(segment, errors="strict") for segment in path.split("/"))
    except UnicodeDecodeError as error:
        raise Refusal(400, "The path must be valid UTF-8") from error

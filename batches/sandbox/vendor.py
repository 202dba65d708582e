"""The simulated vendor without HTTP: its data, keys, answer variants, faults and call log."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from threading import RLock
from typing import Any

from .call_log import Call, CallLog
from .callbacks import Call as CallbackCall
from .demo_batches import DEMO_STREAMS, PAST, demo_data
from .demo_keys import LIVE_KEY, TEST_KEY
from .faults import Fault, FaultBoard
from .initial_batches import InitialData, initial_data
from .later_batches import GROWTH, Birth
from .models import Batch, Project, in_ms
from .pace import Pace
from .routes import plan_for
from .speeds import Speeds
from .store import Store
from .variants import Variants
from .worlds import World, without_prefix

NO_COUNTS = {"pending": 0, "completed": 0, "error": 0, "canceled": 0}
DEMO_KEYS = {LIVE_KEY: "live", TEST_KEY: "test"}


def utc_now() -> datetime:
    return datetime.now(UTC)


class Vendor:
    """What tests and the control endpoints arrange, and what calls read and change."""

    def __init__(
        self,
        *,
        batches: int = 60,
        seed: int = 1,
        now: Callable[[], datetime] = utc_now,
        state: Path | str | None = None,
        growing: bool = False,
        demo: bool = False,
        speed: float = 1.0,
    ) -> None:
        """`batches` is the number of live ones; `growing` adds new ones as time passes.

        demo: the batches of `demo_cast`, and others with a past, in place of those drawn at random.
        speed: how many times as fast as usual work and arrivals go from now on.
        Raises ValueError for a state file of other data, and for a speed of 0 or less.
        """
        if not speed > 0:
            raise ValueError(f"The speed must be above 0, not {speed}")
        self.now = now
        self.variants = Variants()
        self.faults = FaultBoard()
        self._keys = dict(DEMO_KEYS)
        self._log = CallLog()
        # one lock for all data: a call reads and writes several objects, and is short
        self._lock = RLock()
        self._store = Store(state)
        self._count, self._seed, self._growing, self._demo = batches, seed, growing, demo
        anchor = self._load_first_start()
        self._birth = Birth(seed, anchor, self._load_speeds(speed))
        self._pace = Pace(seed, anchor - (PAST if demo else 0.0), self._birth.speeds)
        self._worlds: dict[str, World] = {}

    def _load_first_start(self) -> float:
        """Seconds since 1970. Generated data depends on it, so a restart must not change it."""
        expected = {"seed": self._seed, "batches": self._count, "demo": self._demo}
        stored: dict[str, Any] = dict(self._store.load("meta", "")).get("beginning", {})
        # a state of an earlier version is none of the demo of today
        if stored and any(stored.get(name, False) != value for name, value in expected.items()):
            self._store.close()
            raise ValueError(
                f"The state file was made with {stored}, not with {expected}: remove it"
            )
        if not stored:
            stored = {**expected, "anchor": self.now().timestamp()}
            self._store.save("meta", "", "beginning", stored)
        return float(stored["anchor"])

    def _load_speeds(self, speed: float) -> Speeds:
        """Those of earlier starts, and this one from now on."""
        stored = dict(self._store.load("meta", "")).get("speeds", [])
        speeds = Speeds([(at, factor) for at, factor in stored])
        if speed != speeds.last:
            speeds.set(self._at(), speed)
            self._store.save("meta", "", "speeds", speeds.steps)
        return speeds

    def _at(self) -> float:
        return self.now().timestamp()

    # Answers and keys

    def configure(self, **choices: str) -> None:
        """Choose answer variants (`variants.CHOICES`). "default" suits every client."""
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
        """No faults, default variants, the two demo keys. Data is not changed."""
        self.faults.clear()
        self.variants = Variants()
        self._keys = dict(DEMO_KEYS)

    def add_key(self, key: str, mode: str) -> None:
        """Accept a key. A mode other than "live" and "test" has no data at first."""
        self._keys[key] = mode

    def refuse_key(self, key: str) -> None:
        self._keys.pop(key, None)

    # Calls received

    @property
    def calls(self) -> list[Call]:
        return self._log.all()

    def calls_to(self, method: str, path: str) -> list[Call]:
        """Calls such as ("GET", "/batches/*/status"), paths as they were sent."""
        return self._log.to(method, path)

    def forget_calls(self) -> None:
        self._log.clear()

    # Data

    def world(self, mode: str = "live") -> World:
        with self._lock:
            if mode not in self._worlds:
                self._worlds[mode] = World(mode, self._data(mode), self._pace, self._store)
            if self._growing and mode == "live":
                for stream in DEMO_STREAMS if self._demo else GROWTH:
                    self._worlds[mode].grow(stream, self._birth, self._at())
            return self._worlds[mode]

    def _data(self, mode: str) -> InitialData:
        if self._demo and mode == "live":
            return demo_data(self._count, self._birth, self._pace)
        return initial_data(mode, self._count, self._seed, self._birth.anchor)

    @property
    def beginning(self) -> dict[str, Any]:
        """What all generated data follows from: seed, number of batches, anchor, demo."""
        return dict(self._store.load("meta", ""))["beginning"]  # type: ignore[no-any-return]  # JSON

    def take_callbacks(self) -> list[CallbackCall]:
        """What is to be posted now: batches that have completed since, each once."""
        with self._lock:
            at = self._at()
            return [
                (batch.callback or "", self._rendered(world, batch, at))
                for world in self._worlds.values()
                for batch in world.take_completed(at)
            ]

    def _rendered(self, world: World, batch: Batch, at: float) -> dict[str, Any]:
        return self.variants.batch(batch, world.progress(batch, at), detailed=True)

    def add_project(
        self, name: str, *, kind: str = "enterprise", calibrated: bool = True, mode: str = "live"
    ) -> None:
        """Add a project of kind "enterprise", "rapid" or "studio"."""
        project = Project(name, kind, created_ms=in_ms(self._at()), calibrated=calibrated)
        with self._lock:
            self.world(mode).save_project(project)

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
        """Add a batch, replacing one of that name. If not `frozen`, it progresses with the clock.

        An unknown project is created: Rapid for a batch in staging, Enterprise for any other.
        `counts` takes any JSON value; `details` are `callback`, `metadata` and the two flags.
        """
        at = self._at()
        created = at if created_at is None else created_at.timestamp()
        kind = "rapid" if status == "staging" else "enterprise"
        batch = Batch(
            name, project or f"{kind} project", in_ms(created), plan_for(name, created), **details
        )
        if frozen:
            batch.status = status
            batch.counts = without_prefix(NO_COUNTS if counts is None else counts)
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
        """The priorities sent for a batch."""
        # for tests alone: no endpoint of the vendor returns them
        return [priority for _, priority in self.world(mode).batches[name].priorities]

"""What is kept of a project and of a batch. Plain data: the clock and the worlds act on it."""

from dataclasses import asdict, dataclass, field
from typing import Any, Self

HOUR = 3600.0


def in_ms(at: float) -> int:
    """A moment's whole milliseconds, safe from what a float loses behind its point."""
    return round(at * 1_000_000) // 1000


@dataclass(frozen=True, slots=True)
class Plan:
    """How a batch goes by itself: what has come and been done at `since`, the pace from there.

    Rates are tasks an hour at normal speed; `errors`, `cancellations` are shares of the work done.
    """

    total: int = 0
    since: float = 0.0
    arrived: int = 0
    arrival_rate: float = 0.0
    done: int = 0
    rate: float = 0.0
    errors: float = 0.0
    cancellations: float = 0.0


@dataclass(slots=True)
class Project:
    """A project. `shares` are the moments at which a priority slowed or sped the rest of it."""

    name: str
    kind: str = "enterprise"  # or rapid, studio
    type: str = "imageannotation"
    created_ms: int = 0
    calibrated: bool = False
    zone: int = 0  # where its workers live, in hours from UTC
    params: list[dict[str, Any]] = field(default_factory=list)
    shares: list[tuple[float, float]] = field(default_factory=list)

    @property
    def stages(self) -> bool:
        """Whether its batches wait in staging for finalize."""
        return self.kind in {"rapid", "studio"}

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, body: dict[str, Any]) -> Self:
        return cls(**{**body, "shares": [(at, share) for at, share in body["shares"]]})


@dataclass(slots=True)
class Batch:
    """A batch. `status` and `counts` are None while the clock decides them; set, they stay."""

    name: str
    project: str
    created_ms: int
    plan: Plan = field(default_factory=Plan)
    staged: bool = False  # begins in staging and waits for finalize
    finalized_at: float | None = None
    callback: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    calibration_batch: bool = False
    self_label_batch: bool = False
    priorities: list[tuple[float, int]] = field(default_factory=list)
    visible_from: float = 0.0
    status: str | None = None
    counts: dict[str, Any] | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, body: dict[str, Any]) -> Self:
        priorities = [(at, priority) for at, priority in body["priorities"]]
        return cls(**{**body, "plan": Plan(**body["plan"]), "priorities": priorities})

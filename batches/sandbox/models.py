"""Projects and batches as they are stored. Plain data: `pace` and `worlds` work on it."""

import math
from dataclasses import asdict, dataclass, field
from typing import Any, Self

HOUR = 3600.0


def in_ms(at: float) -> int:
    """Whole milliseconds of a moment in seconds."""
    # by way of microseconds: a float of 12.001 s times 1000 may fall just below 12001
    return round(at * 1_000_000) // 1000


@dataclass(frozen=True, slots=True)
class Plan:
    """Tasks received and done at `since` (seconds since 1970), and the rates from then on.

    Rates are tasks an hour at normal speed; `errors`, `cancellations` are shares of the work done.
    more_errors: the share of errors once `errors_after` tasks are done.
    sent_back: at which moments how many tasks that were done become pending again, oldest first.
    stops_at, paused_at: from then on nothing is done; paused is also what the status says.
    """

    total: int = 0
    since: float = 0.0
    arrived: int = 0
    arrival_rate: float = 0.0
    done: int = 0
    rate: float = 0.0
    errors: float = 0.0
    cancellations: float = 0.0
    errors_after: int = 0
    more_errors: float | None = None
    sent_back: tuple[tuple[float, int], ...] = ()
    stops_at: float = math.inf
    paused_at: float = math.inf

    @classmethod
    def from_json(cls, body: dict[str, Any]) -> Self:
        sent_back = tuple((at, tasks) for at, tasks in body.get("sent_back", ()))
        return cls(**{**body, "sent_back": sent_back})


@dataclass(slots=True)
class Project:
    """`shares`: from each moment on, the factor that priorities leave for the other batches."""

    name: str
    kind: str = "enterprise"  # or rapid, studio
    type: str = "imageannotation"
    created_ms: int = 0
    calibrated: bool = False
    zone: int = 0  # of its workers, in hours from UTC
    rhythm: str = "shifts"  # when they work: a name in `rhythms.RHYTHMS`
    params: list[dict[str, Any]] = field(default_factory=list)
    shares: list[tuple[float, float]] = field(default_factory=list)

    @property
    def stages(self) -> bool:
        """Whether its batches stay in staging until they are finalized."""
        return self.kind in {"rapid", "studio"}

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, body: dict[str, Any]) -> Self:
        return cls(**{**body, "shares": [(at, share) for at, share in body["shares"]]})


@dataclass(slots=True)
class Batch:
    """`status` and `counts` are None while they follow from the clock; once set, they stay."""

    name: str
    project: str
    created_ms: int
    plan: Plan = field(default_factory=Plan)
    staged: bool = False  # begins in staging, until it is finalized
    finalized_at: float | None = None
    callback: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    calibration_batch: bool = False
    self_label_batch: bool = False
    priorities: list[tuple[float, int]] = field(default_factory=list)
    visible_from: float = 0.0
    called_back: bool = False  # its callback was posted to
    status: str | None = None
    counts: dict[str, Any] | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, body: dict[str, Any]) -> Self:
        priorities = [(at, priority) for at, priority in body["priorities"]]
        return cls(**{**body, "plan": Plan.from_json(body["plan"]), "priorities": priorities})

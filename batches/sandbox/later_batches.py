"""Batches created after the first start, so that a demo left running still shows new ones."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random

from .models import HOUR, Batch, Plan, in_ms
from .sample_names import SUBJECTS, propose_name
from .seeded_random import seeded_random
from .speeds import Speeds

MAX_BATCHES = 5000  # about forty days


@dataclass(frozen=True, slots=True)
class Birth:
    """The world at its first start, from which each later batch follows."""

    seed: int
    anchor: float  # the moment, in seconds since 1970
    speeds: Speeds

    def after(self, seconds: float, since: float | None = None) -> float:
        """The moment at which so many seconds at normal speed have passed; may be before it."""
        return self.speeds.moment(self.anchor if since is None else since, seconds)


@dataclass(frozen=True, slots=True)
class Stream:
    """Batches that are created one after the other, `every` so many seconds at normal speed."""

    name: str
    every: float
    make: Callable[[Birth, int], Batch]  # by the number, counted from 1 after the first start

    def due(self, birth: Birth, at: float) -> int:
        """How many were created since the first start."""
        elapsed = birth.speeds.elapsed(birth.anchor, at)
        return max(0, min(MAX_BATCHES, int(elapsed / self.every)))


def grown_batch(birth: Birth, number: int) -> Batch:
    # by the number alone, so that a restart generates the same batch without those before
    random = seeded_random(f"{birth.seed}/growth/{number}")
    subject = random.choice(SUBJECTS)
    # at irregular times, but never after the moment at which it is due
    created = birth.after(number * INTERVAL - random.uniform(0, INTERVAL / 2))
    name = propose_name(subject, datetime.fromtimestamp(created, UTC), random)
    staged = subject.kind == "rapid"
    is_forgotten = random.random() < 0.1
    return Batch(
        name=f"{name}-{number:03}",  # unique: no other batch has the number
        project=subject.name,
        created_ms=in_ms(created),
        plan=_plan(random, created),
        staged=staged,
        finalized_at=birth.after(random.uniform(0.3, 2) * HOUR, created)
        if staged and not is_forgotten
        else None,
    )


def _plan(random: Random, created: float) -> Plan:
    total = random.randint(60, 1500)
    return Plan(
        total=total,
        since=created,
        arrival_rate=total * random.uniform(1, 6),
        rate=random.choice((120.0, 240.0, 600.0, 1200.0)),
        errors=random.choice((0.0, 0.005, 0.02)),
        cancellations=random.choice((0.0, 0.005)),
    )


INTERVAL = HOUR / 5
GROWTH = (Stream("growth", INTERVAL, grown_batch),)

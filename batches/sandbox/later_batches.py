"""Batches created after the first start, so that a demo left running still shows new ones."""

from datetime import UTC, datetime
from random import Random

from .models import HOUR, Batch, Plan, in_ms
from .sample_names import SUBJECTS, propose_name
from .seeded_random import seeded_random

INTERVAL = HOUR / 5
MAX_BATCHES = 5000  # about forty days


def batches_due(anchor: float, at: float) -> int:
    """The number of batches created between two moments."""
    return max(0, min(MAX_BATCHES, int((at - anchor) / INTERVAL)))


def grown_batch(seed: int, anchor: float, number: int) -> Batch:
    """The batch of one number, counted from 1."""
    # by the number alone, so that a restart generates the same batch without those before
    random = seeded_random(f"{seed}/growth/{number}")
    subject = random.choice(SUBJECTS)
    # at irregular times, but never after the moment at which it is due
    created = anchor + number * INTERVAL - random.uniform(0, INTERVAL / 2)
    name = propose_name(subject, datetime.fromtimestamp(created, UTC), random)
    staged = subject.kind == "rapid"
    is_forgotten = random.random() < 0.1
    return Batch(
        name=f"{name}-{number:03}",  # unique: no other batch has the number
        project=subject.name,
        created_ms=in_ms(created),
        plan=_plan(random, created),
        staged=staged,
        finalized_at=created + random.uniform(0.3, 2) * HOUR
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

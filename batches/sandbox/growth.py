"""New batches that go on coming after the first start, so that a demo left running stays alive.

Each stands at its place in time by the seed alone: a restart finds the same ones.
"""

from datetime import UTC, datetime
from random import Random

from .names import SUBJECTS, propose_name
from .records import HOUR, Batch, Plan, in_ms
from .seeded_random import dice_of

EVERY = HOUR / 5
MOST = 5000  # some forty days of them


def places_passed(anchor: float, at: float) -> int:
    """How many batches have come by now."""
    return max(0, min(MOST, int((at - anchor) / EVERY)))


def grown_batch(seed: int, anchor: float, place: int) -> Batch:
    """The batch that came at a place, counted from 1."""
    dice = dice_of(f"{seed}/growth/{place}")
    subject = dice.choice(SUBJECTS)
    created = anchor + place * EVERY - dice.uniform(0, EVERY / 2)
    name = propose_name(subject, datetime.fromtimestamp(created, UTC), dice)
    staged = subject.kind == "rapid"
    forgotten = dice.random() < 0.1
    return Batch(
        name=f"{name}-{place:03}",  # no other place can have it
        project=subject.name,
        created_ms=in_ms(created),
        plan=_plan(dice, created),
        staged=staged,
        finalized_at=created + dice.uniform(0.3, 2) * HOUR if staged and not forgotten else None,
    )


def _plan(dice: Random, created: float) -> Plan:
    total = dice.randint(60, 1500)
    return Plan(
        total=total,
        since=created,
        arrival_rate=total * dice.uniform(1, 6),
        rate=dice.choice((120.0, 240.0, 600.0, 1200.0)),
        errors=dice.choice((0.0, 0.005, 0.02)),
        cancellations=dice.choice((0.0, 0.005)),
    )

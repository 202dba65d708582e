"""What the worker spends on estimates: of its processor, a batch and a round of many.

`python -m tests.bench.estimating [batches]` prints these figures alone; on PostgreSQL with
`TEST_DATABASE_URL`.
"""

import logging
import random
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

import django

from tests.bench.table import HEADS, Figure, at_most

DAYS, OPEN, FINISHED = 12, 400, 60
KEY = "0123456789abcdef"
TOTAL = 4_000


def main(batches: int) -> None:
    django.setup()
    logging.disable()
    from django.db import connection

    connection.creation.create_test_db(verbosity=0)
    sys.stdout.write(f"{connection.vendor}, {batches} open batches\n\n{HEADS}\n")
    try:
        for figure in figures(batches, datetime.now(UTC)):
            sys.stdout.write(f"{figure.line()}\n")
            sys.stdout.flush()
    finally:
        connection.creation.destroy_test_db(":memory:", verbosity=0)


def figures(batches: int, now: datetime) -> Iterator[Figure]:
    from batches.models import Estimate, SeenBatch
    from batches.services.estimates.arrays import series_of
    from batches.services.estimates.compute import estimate_due
    from batches.services.estimates.due import find_due
    from batches.services.estimates.read import estimates_of
    from batches.services.observations.thinning import thin_samples

    fill(batches, now)
    thin_samples(now=now)
    rows = list(SeenBatch.objects.filter(status="in_progress")[:20])
    yield each("samples of a batch, read as arrays", lambda: series_of(rows), 20, 5)
    yield each(
        "first round, a batch, open or ended",
        lambda: estimate_due(now=now),
        batches + FINISHED,
        100,
    )
    yield each("what is due, nothing new", lambda: find_due(now=now), 1, 20)
    later = now + timedelta(seconds=30)
    SeenBatch.objects.filter(status="in_progress").update(counts_at=later)
    yield each("what is due, all looked at since", lambda: find_due(now=later), 1, 50)
    Estimate.objects.update(at=now - timedelta(minutes=5))
    yield each("a batch in a later round", lambda: estimate_due(now=later), batches, 25)
    names = [row.name for row in rows]
    read = partial(estimates_of, fingerprint=KEY, names=names, now=now)
    read()  # Django writes the query once
    yield each("20 estimates for a page", read, 1, 5)


def each(name: str, job: Callable[[], object], count: int, most: float) -> Figure:
    """Milliseconds of the processor, which other work on the machine changes little."""
    began = time.process_time()
    job()
    took = (time.process_time() - began) * 1000
    note = f", {took / 1000:,.1f} s in all" if count > 20 else ""
    return at_most(name, took / count, most, "ms", note)


def fill(batches: int, now: datetime) -> None:
    """Open batches of twelve days, worked on by day and looked at once a minute."""
    from batches.models import SeenBatch, StatusChange
    from batches.models.names import name_digest

    dice = random.Random(7)
    for number in range(batches + FINISHED):
        is_open = number < batches
        end = now if is_open else now - timedelta(hours=4 * (number - batches) + 1)
        samples = course(end, dice, is_open=is_open)
        name, last = f"kitten-{number:05}", samples[-1]
        counts = {"pending": TOTAL - last[1], "completed": last[1], "error": 0, "canceled": 0}
        row = SeenBatch.objects.create(
            fingerprint=KEY,
            name=name,
            project=f"project-{number % 8}",
            status="in_progress" if is_open else "completed",
            seen_at=end,
            status_at=end,
            counts_at=end,
            sampled_at=end,
            counts={f"tasks_{name}": count for name, count in counts.items()},
        )
        keep(row.pk, samples, is_open=is_open)
        if not is_open:
            facts = {"before": "in_progress", "after": "completed", "at": end}
            StatusChange.objects.create(
                fingerprint=KEY, name=name, digest=name_digest(name), **facts
            )


def course(end: datetime, dice: random.Random, *, is_open: bool) -> list[tuple[datetime, int]]:
    """Times and tasks completed: a sample where they changed, and every 15 minutes."""
    minutes = DAYS * 1440
    begin = end - timedelta(minutes=minutes)
    pace, left, quiet = TOTAL / (DAYS * 600), float(TOTAL), 0
    found = [(begin, 0)]
    for minute in range(1, minutes):
        at = begin + timedelta(minutes=minute)
        if 7 <= at.hour < 17 and dice.random() < 0.5:
            left -= 2 * pace * dice.random() * (0.6 if is_open else 2)
        completed = int(TOTAL - max(left, 1))
        quiet += 1
        if completed != found[-1][1] or quiet >= 15:
            found.append((at, completed))
            quiet = 0
    found.append((end, found[-1][1] if is_open else TOTAL))
    return found


def keep(batch: int, samples: list[tuple[datetime, int]], *, is_open: bool) -> None:
    from batches.models import Sample

    last = samples[-1][0]
    rows = {}
    for at, completed in samples:
        minute, second = divmod(int(at.timestamp()), 60)
        rows[minute] = Sample(
            batch_id=batch,
            minute=minute,
            second=second,
            status=4 if at == last and not is_open else 2,
            completed=completed,
            pending=TOTAL - completed,
            error=0,
            cancelled=0,
            total=TOTAL,
        )
    Sample.objects.bulk_create(rows.values())


if __name__ == "__main__":
    import os

    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    main(int(sys.argv[1]) if sys.argv[1:] else OPEN)

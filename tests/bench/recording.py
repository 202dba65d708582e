"""In a process of its own: fills a database with samples, then times what is done with them.

Arguments: the number of samples, that of batches. First it says what a day of a batch takes in the
database; then a round for each line it reads.
"""

import json
import logging
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import django

PRINT, OTHER = "0123456789abcdef", "f" * 16
TIMES, PAGE = 5, 100
RECENT = 3  # hours of a chart: as many samples in each database
SIZED = 100  # batches of one day, for the bytes
Act = Callable[[], object]


def main(samples: int, batches: int) -> None:
    django.setup()
    logging.disable()
    from django.utils import timezone

    say(bytes_a_day(timezone.now().replace(hour=23, minute=59)))
    now = timezone.now()
    fill(PRINT, samples, batches, days=60, now=now)
    analyze()
    acts = made_acts(now, batches)
    for _ in sys.stdin:
        say({name: timed(act) for name, act in acts.items()})


def say(found: object) -> None:
    sys.stdout.write(f"{json.dumps(found)}\n")
    sys.stdout.flush()


def fill(fingerprint: str, samples: int, batches: int, *, days: int, now: datetime) -> int:
    from batches.management.seeded_histories import Size, make_histories
    from batches.services.observations.store_history import store_history

    size = Size(batches=batches, in_progress=batches, days=days, samples=samples)
    histories = make_histories(size, seed=1, now=now)
    return store_history(fingerprint=fingerprint, histories=histories, now=now)


def analyze() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        # PostgreSQL does this by itself some time after many rows have come
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def bytes_a_day(midnight: datetime) -> dict[str, float]:
    """Of a batch that people work on: samples of a day, and the bytes of each table for them."""
    from django.db.models import Sum
    from django.db.models.functions import Length

    from batches.management.seeded_histories import PROJECTS
    from batches.models import ProjectQuarter, Sample, SampleDay
    from batches.services.observations.thinning import thin_samples

    found = {"samples": fill(OTHER, SIZED * 1440, SIZED, days=1, now=midnight) / SIZED}
    found["hot"] = bytes_of(Sample) / SIZED
    thin_samples(now=midnight + timedelta(days=3))
    found["packed"] = bytes_of(SampleDay) / SIZED
    for age in (33, 183):
        thin_samples(now=midnight + timedelta(days=age))
        lengths = SampleDay.objects.aggregate(all=Sum(Length("packed")))
        found[f"after {age}"] = lengths["all"] / SIZED
    found["sums"] = bytes_of(ProjectQuarter) / PROJECTS
    return found


def bytes_of(model: Any) -> int:
    """A table with its indexes."""
    from django.db import connection

    table = model._meta.db_table
    statement = "SELECT pg_total_relation_size(%s)"
    if connection.vendor == "sqlite":
        names = "SELECT name FROM sqlite_master WHERE tbl_name = %s"
        statement = f"SELECT sum(pgsize) FROM dbstat WHERE name IN ({names})"
    with connection.cursor() as cursor:
        cursor.execute(statement, [table])
        return int(cursor.fetchone()[0])


class Answers:
    """Answers about the first batches, each later than the one before."""

    def __init__(self, now: datetime) -> None:
        self.now, self.minute, self.seconds = now, 0, 0

    def changed(self, rows: int) -> None:
        """In the next minute, with other counts: each row is a sample."""
        self.minute, self.seconds = self.minute + 1, 0
        self._record(rows)

    def unchanged(self, rows: int) -> None:
        """Of the same minute, with the same counts: no row is a sample."""
        self.seconds += 1
        self._record(rows)

    def _record(self, rows: int) -> None:
        from batches.refonte import IN_PROGRESS, Counts
        from batches.services.observations.record import record
        from batches.services.observations.sighting import Sighting

        counts = Counts(pending=10**6, completed=10**6 + self.minute, error=0, canceled=0)
        sightings = [
            Sighting(name=f"seeded_batch_{number:06}", status=IN_PROGRESS, counts=counts)
            for number in range(rows)
        ]
        at = self.now + timedelta(minutes=self.minute, seconds=self.seconds)
        record(fingerprint=PRINT, sightings=sightings, at=at)


def made_acts(now: datetime, batches: int) -> dict[str, Act]:
    """What a poll of a list, a poll of a batch and a chart do, each by its name, in this order."""
    from batches.services.observations.series import samples_of

    answers, since = Answers(now), now - timedelta(hours=RECENT)
    name = f"seeded_batch_{batches // 2:06}"
    return {
        "page": partial(answers.changed, PAGE),
        "page unchanged": partial(answers.unchanged, PAGE),
        "batch": partial(answers.changed, 1),
        "batch unchanged": partial(answers.unchanged, 1),
        "series": partial(samples_of, fingerprints=[PRINT], name=name, since=since, until=now),
    }


def timed(act: Act) -> tuple[float, float]:
    """The least milliseconds of this process's CPU, and of wall clock, of a few times."""
    took = []
    for _ in range(TIMES):
        cpu, wall = time.process_time(), time.perf_counter()
        act()
        took.append((time.process_time() - cpu, time.perf_counter() - wall))
    return min(one for one, _ in took) * 1000, min(one for _, one in took) * 1000


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))

"""Stores the past of many batches at once, as the recorder and the thinning job would have.

For the demo and for databases of a size. Whatever an answer says goes through `record`.
"""

import json
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import groupby, islice
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from batches.models import Sample as StoredSample
from batches.models import SampleDay, SeenBatch, StatusChange
from batches.models.names import name_digest
from batches.services.observations.days import (
    KEPT_STEPS,
    STEPS,
    day_of,
    day_row,
    first_hot_minute,
    thinned_to,
)
from batches.services.observations.history import History, Kept, check, due, samples_in, work_in
from batches.services.observations.history_rows import changes_of, row_of
from batches.services.observations.packing import Sample
from batches.services.observations.quarters import QUARTER, Place, Work, add_sums
from batches.services.observations.series import DAY, FIELDS, MINUTE

BATCHES = 20  # of one transaction; two weeks of a batch are up to 20,000 samples
COLUMNS = ("batch_id", *FIELDS, "other")
COPY = "COPY {table} ({columns}) FROM STDIN"
INSERT = "INSERT INTO {table} ({columns}) VALUES ({marks})"


def store_history(*, fingerprint: str, histories: Iterable[History], now: datetime) -> int:
    """Store batches that are not recorded yet; returns how many answers they had.

    Gaps of the watcher are not stored here.

    Raises ValueError, and IntegrityError where a batch is recorded already.
    """
    count, remaining = 0, iter(histories)
    while some := list(islice(remaining, BATCHES)):
        for history in some:
            check(history, now=now)
        with transaction.atomic():
            _store(some, fingerprint, now)
        count += sum(len(history.answers) for history in some)
    return count


def _store(histories: list[History], fingerprint: str, now: datetime) -> None:
    kept = [list(due(history.answers)) for history in histories]
    rows = SeenBatch.objects.bulk_create(
        row_of(history, fingerprint, sampled_at=some[-1].answer.at)
        for history, some in zip(histories, kept, strict=True)
    )
    StatusChange.objects.bulk_create(
        change for history in histories for change in changes_of(history, fingerprint)
    )
    oldest = day_of(now - timedelta(days=settings.OBSERVATION_DAYS)) * DAY
    for row, some in zip(rows, kept, strict=True):
        _store_samples(row.pk, [one for one in samples_in(some) if one.at >= oldest], now)
    add_sums(_sums(rows, kept, oldest // QUARTER))


def _store_samples(batch: int, samples: list[Sample], now: datetime) -> None:
    hot = bisect_left(samples, first_hot_minute(now) * MINUTE, key=lambda one: one.at)
    _insert(_values(batch, one) for one in samples[hot:])
    SampleDay.objects.bulk_create(
        _day(batch, day, list(some), now)
        for day, some in groupby(samples[:hot], key=lambda one: one.at // DAY)
    )


def _sums(rows: list[SeenBatch], kept: list[list[Kept]], oldest: int) -> dict[Place, Work]:
    sums: defaultdict[Place, Work] = defaultdict(Work)
    for row, some in zip(rows, kept, strict=True):
        project = name_digest(row.project or "")
        for quarter, work in work_in(some).items():
            if quarter >= oldest:
                sums[row.fingerprint, project, quarter] += work
    return sums


def _day(batch: int, day: int, samples: list[Sample], now: datetime) -> SampleDay:
    step = KEPT_STEPS[0]
    # one after the other, as the thinning job does it over the months
    for age, _, next_step in STEPS:
        if day < day_of(now - age):
            samples, step = thinned_to(samples, step=next_step), next_step
    return day_row(batch, day, samples, step=step)


def _values(batch: int, sample: Sample) -> tuple[Any, ...]:
    """In the order of `COLUMNS`."""
    at, *counts, other = sample
    return batch, *divmod(at, MINUTE), *counts, json.dumps(dict(other)) if other else None


def _insert(rows: Iterable[tuple[Any, ...]]) -> None:
    """Without Django's models, which take ten times as long for each row."""
    words = {
        "table": connection.ops.quote_name(StoredSample._meta.db_table),
        "columns": ", ".join(map(connection.ops.quote_name, COLUMNS)),
        "marks": ", ".join(["%s"] * len(COLUMNS)),
    }
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(COPY.format(**words)) as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            cursor.executemany(INSERT.format(**words), list(rows))

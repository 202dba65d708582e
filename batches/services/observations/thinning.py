"""Packs samples of whole days, keeps fewer of the old ones, deletes the oldest.

Two workers may do this at once, and one may be killed: no sample is lost.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from django.conf import settings
from django.db import transaction

from batches.models import ProjectQuarter, SampleDay, SeenBatch
from batches.models import Sample as StoredSample
from batches.services.observations.days import (
    KEPT_STEPS,
    STEPS,
    day_of,
    day_row,
    first_hot_minute,
    thinned,
)
from batches.services.observations.packing import PackingError, Sample, unpack
from batches.services.observations.quarters import QUARTER
from batches.services.observations.series import DAY, FIELDS, MINUTE, from_row

log = logging.getLogger(__name__)

# All but the key.
DAY_COLUMNS = [
    field.name for field in SampleDay._meta.concrete_fields if field.name not in ("batch", "day")
]
SLICE = 10_000  # rows of one delete: a million at once block SQLite's only writer for 6 seconds


def thin_samples(*, now: datetime, goes_on: Callable[[], bool] = lambda: True) -> None:
    """goes_on: called before each step, so that a worker can stop between two."""
    packed = sum(_unless_damaged(_pack_batch, batch, now) for batch in _batches(now) if goes_on())
    thinned = sum(_unless_damaged(_thin_day, *day) for day in _old_days(now) if goes_on())
    dropped = sum(_prune(now, goes_on))
    if packed or thinned or dropped:
        facts = {"packed": packed, "thinned": thinned, "dropped": dropped}
        log.info("samples thinned", extra=facts)


def _unless_damaged(step: Callable[..., int], *place: Any) -> int:
    """A row that cannot be unpacked must not keep all others from being packed and dropped."""
    try:
        return step(*place)
    except PackingError:
        log.exception("samples of a day cannot be read", extra={"place": str(place)})
        return 0


def _batches(now: datetime) -> Iterator[int]:
    """Ids of batches with samples that are old enough to be packed."""
    rows, last = StoredSample.objects.order_by("batch_id", "minute"), 0
    # one index look-up for each batch: PostgreSQL's DISTINCT reads every sample
    while first := rows.filter(batch_id__gt=last).values_list("batch_id", "minute").first():
        last, minute = first
        if minute < first_hot_minute(now):
            yield last


def _pack_batch(batch: int, now: datetime) -> int:
    """Returns how many samples were moved."""
    with transaction.atomic():
        # the recorder locks this row too, so no sample comes between reading and deleting them
        SeenBatch.objects.select_for_update().filter(pk=batch).first()
        rows = StoredSample.objects.filter(batch=batch, minute__lt=first_hot_minute(now))
        found = [from_row(row) for row in rows.order_by("minute").values_list(*FIELDS, "other")]
        for day, samples in groupby(found, key=lambda one: one.at // DAY):
            _add_to_day(batch, day, list(samples))
        rows.delete()
    return len(found)


def _add_to_day(batch: int, day: int, samples: list[Sample]) -> None:
    # the day may exist already, as samples can come late
    stored = SampleDay.objects.filter(batch=batch, day=day).first()
    before = {one.at: one for one in unpack(stored.packed)} if stored else {}
    whole = sorted((before | {one.at: one for one in samples}).values(), key=lambda one: one.at)
    _write_day(batch, day, whole, step=stored.step if stored else MINUTE)


def _write_day(batch: int, day: int, samples: Sequence[Sample], *, step: int) -> None:
    row = day_row(batch, day, samples, step=step)
    SampleDay.objects.bulk_create(
        [row], update_conflicts=True, unique_fields=("batch", "day"), update_fields=DAY_COLUMNS
    )


def _old_days(now: datetime) -> Iterator[tuple[tuple[int, int], int]]:
    """Days with more samples than their age allows, oldest first, with the step to thin to."""
    for age, step, next_step in STEPS:
        rows = SampleDay.objects.filter(step=step, day__lt=day_of(now - age)).order_by("day")
        for pk in rows.values_list("batch_id", "day")[:SLICE]:
            yield pk, next_step


def _thin_day(pk: tuple[int, int], step: int) -> int:
    """Returns how many samples were deleted."""
    batch, day = pk
    with transaction.atomic():
        # two workers that thin one day would otherwise write over each other
        SeenBatch.objects.select_for_update().filter(pk=batch).first()
        stored = SampleDay.objects.filter(batch=batch, day=day, step__lt=step).first()
        if stored is None:  # another worker was faster
            return 0
        samples = unpack(stored.packed)
        kept = thinned(samples, step=step)
        _write_day(batch, day, kept, step=step)
    return len(samples) - len(kept)


def _prune(now: datetime, goes_on: Callable[[], bool]) -> Iterator[int]:
    """Delete what is older than OBSERVATION_DAYS; gives the rows deleted in each step."""
    oldest = day_of(now - timedelta(days=settings.OBSERVATION_DAYS))
    # the index is by step, then day; one day has one row for each batch: a small delete
    for step in KEPT_STEPS:
        days = SampleDay.objects.filter(step=step, day__lt=oldest)
        while goes_on() and (first := days.order_by("day").values_list("day", flat=True).first()):
            yield days.filter(day=first).delete()[0]
    quarters = ProjectQuarter.objects.filter(quarter__lt=oldest * DAY // QUARTER)
    while goes_on() and (ids := list(quarters.order_by("quarter").values_list("pk")[:SLICE])):
        yield quarters.filter(pk__in=[pk for (pk,) in ids]).delete()[0]

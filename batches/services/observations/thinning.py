"""Packs samples of whole days, keeps fewer of the old ones, deletes the oldest.

Two workers may do this at once, and one may be killed: no sample is lost.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import takewhile

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
    thinned_to,
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
    packed = _each(_pack_day, _full_days(now), goes_on)
    thinned = _each(_thin_day, _old_days(now), goes_on)
    dropped = sum(_prune(now, goes_on))
    if packed or thinned or dropped:
        facts = {"packed": packed, "thinned": thinned, "dropped": dropped}
        log.info("samples thinned", extra=facts)


def _each(
    step: Callable[..., int], places: Iterator[tuple[int, ...]], goes_on: Callable[[], bool]
) -> int:
    """Returns the sum of what each step did."""
    return sum(_unless_damaged(step, *place) for place in takewhile(lambda _: goes_on(), places))


def _unless_damaged(step: Callable[..., int], *place: int) -> int:
    """A row that cannot be unpacked must not keep all others from being packed and dropped."""
    try:
        return step(*place)
    except PackingError:
        log.exception("samples of a day cannot be read", extra={"place": str(place)})
        return 0


def _full_days(now: datetime) -> Iterator[tuple[int, int]]:
    """Batches and days with samples that are old enough to be packed."""
    rows, batch = StoredSample.objects.order_by("batch_id", "minute"), 0
    # one index look-up for each batch: PostgreSQL's DISTINCT reads every sample
    while first := rows.filter(batch_id__gt=batch).values_list("batch_id", "minute").first():
        batch, minute = first
        yield from _days_of(batch, minute, until=first_hot_minute(now))


def _days_of(batch: int, minute: int | None, *, until: int) -> Iterator[tuple[int, int]]:
    """minute: of the first sample of this batch."""
    rows = StoredSample.objects.filter(batch=batch, minute__lt=until).order_by("minute")
    while minute is not None and minute < until:
        day = minute * MINUTE // DAY
        yield batch, day
        # behind the day, which may be damaged and still there
        later = rows.filter(minute__gte=(day + 1) * DAY // MINUTE)
        minute = later.values_list("minute", flat=True).first()


def _pack_day(batch: int, day: int) -> int:
    """Returns how many samples were moved."""
    with transaction.atomic():
        # the recorder locks this row too, so no sample comes between reading and deleting them
        SeenBatch.objects.select_for_update().filter(pk=batch).first()
        begin, end = (at * DAY // MINUTE for at in (day, day + 1))
        rows = StoredSample.objects.filter(batch=batch, minute__gte=begin, minute__lt=end)
        found = rows.order_by("minute").values_list(*FIELDS, "other")
        if samples := [from_row(row) for row in found]:
            _add_to_day(batch, day, samples)
            rows.delete()
    return len(samples)


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


def _old_days(now: datetime) -> Iterator[tuple[int, int, int]]:
    """Days with more samples than their age allows, oldest first, with the step to thin to."""
    for age, step, next_step in STEPS:
        rows = SampleDay.objects.filter(step=step, day__lt=day_of(now - age)).order_by("day")
        for batch, day in rows.values_list("batch_id", "day")[:SLICE]:
            yield batch, day, next_step


def _thin_day(batch: int, day: int, step: int) -> int:
    """Returns how many samples were deleted."""
    with transaction.atomic():
        # two workers that thin one day would otherwise write over each other
        SeenBatch.objects.select_for_update().filter(pk=batch).first()
        stored = SampleDay.objects.filter(batch=batch, day=day, step__lt=step).first()
        if stored is None:  # another worker was faster
            return 0
        samples = unpack(stored.packed)
        kept = thinned_to(samples, step=step)
        _write_day(batch, day, kept, step=step)
    return len(samples) - len(kept)


def _prune(now: datetime, goes_on: Callable[[], bool]) -> Iterator[int]:
    """Delete what is older than OBSERVATION_DAYS; gives the rows deleted in each step."""
    oldest = day_of(now - timedelta(days=settings.OBSERVATION_DAYS))
    for step in KEPT_STEPS:
        days = SampleDay.objects.filter(step=step, day__lt=oldest)
        # the index is by step, then day
        while goes_on() and (first := days.order_by("day").values_list("day", flat=True).first()):
            rows = days.filter(day=first)
            some = list(rows.values_list("batch_id", flat=True)[:SLICE])
            yield rows.filter(batch__in=some).delete()[0]
    quarters = ProjectQuarter.objects.filter(quarter__lt=oldest * DAY // QUARTER)
    while goes_on() and (ids := list(quarters.order_by("quarter").values_list("pk")[:SLICE])):
        yield quarters.filter(pk__in=[pk for (pk,) in ids]).delete()[0]

"""Reads the samples of one batch over time, recent and packed ones. Makes no vendor call."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from batches.models import SampleDay, SeenBatch
from batches.models.names import name_digest
from batches.services import sql
from batches.services.observations.packing import NOTHING, Sample, unpack

MINUTE, DAY = 60, 86_400
FIELDS = ("minute", "second", "status", "completed", "pending", "error", "cancelled", "total")

# A chart reads thousands of them: with Django's ORM that takes twice as long.
RECENT = """
    SELECT minute * 60 + second, status, completed, pending, error, cancelled, total, other
      FROM batches_sample
     WHERE batch_id IN ({}) AND minute >= %s AND minute <= %s ORDER BY minute
"""


def samples_of(
    *, fingerprints: Iterable[str], name: str, since: datetime, until: datetime
) -> tuple[Sample, ...]:
    """Samples of a batch from `since` to `until`, both included, in order of time.

    fingerprints: those of a key's history. Three queries, however many samples there are.
    """
    rows = SeenBatch.objects.filter(fingerprint__in=fingerprints, digest=name_digest(name))
    # several rows: the key had other fingerprints before it was replaced
    batches = list(rows.values_list("pk", flat=True))
    first, last = int(since.timestamp()), int(until.timestamp())
    found = [*_packed(batches, first, last), *_recent(batches, first, last)]
    # the layers overlap, as a late sample is not packed at once, and so may two fingerprints
    found.sort(key=_time)
    # the queries select whole minutes and days
    begin, end = bisect_left(found, first, key=_time), bisect_right(found, last, key=_time)
    return tuple(found[begin:end])


def _recent(batches: list[int], first: int, last: int) -> Iterator[Sample]:
    if not batches:
        return
    values = [*batches, first // MINUTE, last // MINUTE]
    _, rows = sql.read(RECENT.format(sql.placeholders(batches)), values)
    for *counts, other in rows:
        yield Sample._make((*counts, NOTHING if other is None else sql.as_json(other)))


def _packed(batches: list[int], first: int, last: int) -> Iterator[Sample]:
    days = SampleDay.objects.filter(batch__in=batches, day__gte=first // DAY, day__lte=last // DAY)
    for packed in days.order_by("day").values_list("packed", flat=True):
        yield from unpack(packed)


def from_row(row: tuple[Any, ...]) -> Sample:
    """row: the values of `FIELDS`, and `other`."""
    minute, second, *counts, other = row
    return Sample._make((minute * MINUTE + second, *counts, other or NOTHING))


def _time(sample: Sample) -> int:
    return sample.at

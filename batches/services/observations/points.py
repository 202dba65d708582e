"""The samples of one batch, page by page, for whoever copies its history. Makes no vendor call.

`series` reads a whole time for a chart; here a page costs the same however long the history is.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from batches.models import SampleDay, SeenBatch
from batches.models.names import name_digest
from batches.services import sql
from batches.services.observations.packing import NOTHING, Sample, unpack
from batches.services.observations.series import DAY, MINUTE
from batches.services.observations.sighting import is_storable

DAYS_AT_ONCE = 8  # rows of packed days; a row has 1,440 samples at most

FIRST_ONES = """
    SELECT minute * 60 + second, status, completed, pending, error, cancelled, total, other
      FROM batches_sample
     WHERE batch_id = %s AND minute >= %s AND minute <= %s ORDER BY minute LIMIT %s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Points:
    """next: the second at which the next page begins; None on the last one."""

    samples: tuple[Sample, ...]
    next: int | None = None


def read_points(
    *, fingerprints: Iterable[str], name: str, first: int, last: int, limit: int
) -> Points:
    """The first samples between two epoch seconds, both included, oldest first; one a second.

    fingerprints: those of a key's history, newest first: where two have a sample of one second,
        that of the newer counts.
    """
    if not is_storable(name):
        return Points(samples=())
    found: dict[int, Sample] = {}
    for batch in reversed(_batches(list(fingerprints), name)):
        # one more than the page has, to find out whether there is a next page; more of this batch
        # are later than the page, whatever the others have
        samples = [*_packed(batch, first, last, limit + 1), *_recent(batch, first, last, limit + 1)]
        # the layers overlap, as a late sample is not packed at once
        found |= {one.at: one for one in samples if first <= one.at <= last}
    page = [found[at] for at in sorted(found)[: limit + 1]]
    more = page[limit].at if len(page) > limit else None
    return Points(samples=tuple(page[:limit]), next=more)


def _batches(fingerprints: list[str], name: str) -> list[int]:
    """Ids, in the order of the fingerprints."""
    rows = SeenBatch.objects.filter(fingerprint__in=fingerprints, digest=name_digest(name))
    found = dict(rows.values_list("fingerprint", "pk"))
    return [found[one] for one in fingerprints if one in found]


def _recent(batch: int, first: int, last: int, limit: int) -> Iterator[Sample]:
    # one more: of the first minute the sample may be earlier than `first`
    values = [batch, first // MINUTE, last // MINUTE, limit + 1]
    _, rows = sql.read(FIRST_ONES, values)
    for *counts, other in rows:
        yield Sample._make((*counts, NOTHING if other is None else sql.as_json(other)))


def _packed(batch: int, first: int, last: int, limit: int) -> list[Sample]:
    """Of whole days, until there are enough."""
    found: list[Sample] = []
    day = first // DAY
    while day * DAY <= last and len(found) < limit:
        rows = SampleDay.objects.filter(batch=batch, day__gte=day, day__lte=last // DAY)
        days = list(rows.order_by("day").values_list("day", "packed")[:DAYS_AT_ONCE])
        for _, packed in days:
            found += [one for one in unpack(packed) if first <= one.at <= last]
            if len(found) >= limit:
                break
        if len(days) < DAYS_AT_ONCE:
            break
        day = days[-1][0] + 1
    return found

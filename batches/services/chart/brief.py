"""The history of a batch in few points: for the page itself, before and without any script.

One point an hour of the last two days, and two a day before them. Each is a stored sample.
"""

from typing import NamedTuple

from batches.models.names import name_digest
from batches.services import sql
from batches.services.keys.types import KeyHandle
from batches.services.observations.sighting import is_storable

# The tables hold the first and the last sample of each day unpacked.
BRIEF = """
    WITH seen AS (SELECT id FROM batches_seenbatch WHERE fingerprint IN ({}) AND digest = %s)
    SELECT one.minute * 60 + one.second AS epoch, completed, error, total
      FROM batches_sample one
      JOIN (SELECT batch_id, MAX(minute) AS minute FROM batches_sample
             WHERE batch_id IN (SELECT id FROM seen) GROUP BY batch_id, minute / 60) newest
        ON newest.batch_id = one.batch_id AND newest.minute = one.minute
     UNION ALL
    SELECT first_at, first_completed, first_error, first_total
      FROM batches_sampleday WHERE batch_id IN (SELECT id FROM seen)
     UNION ALL
    SELECT last_at, last_completed, last_error, last_total
      FROM batches_sampleday WHERE batch_id IN (SELECT id FROM seen)
     ORDER BY epoch
"""


class BriefPoint(NamedTuple):
    """at: epoch seconds. An unknown count is None."""

    at: int
    completed: int | None
    error: int | None
    total: int | None


def read_brief(*, key: KeyHandle, name: str) -> tuple[BriefPoint, ...]:
    """In order of time, in one query; nothing where the key is refused."""
    if key.is_refused or not is_storable(name):
        return ()
    query = BRIEF.format(sql.placeholders(key.fingerprints))
    _, rows = sql.read(query, [*key.fingerprints, name_digest(name)])
    return tuple(map(BriefPoint._make, rows))

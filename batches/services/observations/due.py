"""Types for samples: a row whose counts become a sample, and what was recorded before."""

from datetime import datetime
from typing import NamedTuple

from batches.models import SeenBatch


class Before(NamedTuple):
    """What was recorded of a batch before an answer was merged into its row."""

    status: str | None
    counts: dict[str, int] | None
    counts_at: datetime | None
    sampled_at: datetime | None

    @classmethod
    def of(cls, row: SeenBatch) -> "Before":
        return cls(row.status, row.counts, row.counts_at, row.sampled_at)


class Due(NamedTuple):
    """A row whose counts become a sample."""

    row: SeenBatch
    before: Before

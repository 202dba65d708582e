"""Rows whose counts become a sample, with what was known of them before."""

from datetime import datetime
from typing import NamedTuple

from batches.models import SeenBatch


class Before(NamedTuple):
    """What was known of a batch before an answer: of its last sample, where it has one."""

    status: str | None
    counts: dict[str, int] | None
    counts_at: datetime | None
    sampled_at: datetime | None

    @classmethod
    def of(cls, row: SeenBatch) -> "Before":
        return cls(row.status, row.counts, row.counts_at, row.sampled_at)


class Due(NamedTuple):
    """A row whose counts are to be kept, with what was known before."""

    row: SeenBatch
    before: Before

"""What one answer of the vendor holds about one batch."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from batches.refonte import Batch, BatchStatus, Counts

LONGEST_NAME = 1024
LONGEST_STATUS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """None is "the answer did not hold it".

    callback, metadata: facts for a page, which are not remembered.
    is_absent: the vendor knows no such batch, to this key; nothing else is set then.
    """

    name: str
    project: str | None = None
    status: str | None = None
    created_at: datetime | None = None
    counts: Counts | None = None
    callback: str | None = None
    metadata: Mapping[str, Any] | None = None
    is_absent: bool = False

    @classmethod
    def of_batch(cls, batch: Batch) -> "Sighting":
        return cls(
            name=batch.name,
            project=clean(batch.project, LONGEST_NAME),
            status=clean(batch.status, LONGEST_STATUS),
            created_at=batch.created_at,
            counts=batch.counts,
            callback=batch.callback,
            metadata=batch.metadata or None,
        )

    @classmethod
    def of_status(cls, name: str, status: BatchStatus) -> "Sighting":
        return cls(name=name, status=clean(status.status, LONGEST_STATUS), counts=status.counts)

    @classmethod
    def of_absence(cls, name: str) -> "Sighting":
        return cls(name=name, is_absent=True)


def is_storable(name: str) -> bool:
    """PostgreSQL stores no NUL."""
    return len(name) <= LONGEST_NAME and "\0" not in name


def clean(text: str | None, longest: int) -> str | None:
    """As much as a column holds, so that an answer and its record are equal."""
    return text and text.replace("\0", "")[:longest]

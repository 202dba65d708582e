"""The facts about one batch in one answer of the vendor."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from batches.refonte import Batch, BatchStatus, Counts

# The lengths of the columns in `models/batches.py`.
LONGEST_NAME = 1024
LONGEST_STATUS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """None: the answer did not contain it.

    callback, metadata: for a page only; they are not recorded.
    is_absent: the vendor has no such batch for this key; nothing else is set then.
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
    """Whether the database can store a batch of this name."""
    # PostgreSQL stores no NUL; a name is not cut, as it would then be the name of another batch
    return len(name) <= LONGEST_NAME and "\0" not in name


def clean(text: str | None, longest: int) -> str | None:
    """The part of a text that a column can store."""
    # done before a merge, so that an answer and its record are equal and show no false change
    return text and text.replace("\0", "")[:longest]

"""What an export gives, page by page, and what it says it lacks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from batches.services.batches.rows import Row
from batches.services.cache.entry import Failure


class Bound(StrEnum):
    """The limit at which an export ended."""

    ROWS = "rows"
    CALLS = "calls"
    BYTES = "bytes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Why an export may lack some of its list.

    bound: the limit it reached. failure: why the next page could not be read.
    unread: number of rows without a usable name.
    told_total: the total that the vendor gave, where the list ended below it.
    is_unsure: batches may have been missed where rows had to be counted.
    written, total: numbers of rows; total is None where the vendor gave none.
    """

    bound: Bound | None = None
    failure: Failure | None = None
    unread: int = 0
    told_total: int | None = None
    is_unsure: bool = False
    written: int
    total: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportPage:
    """The rows of one page that were on no page before it. as_of: when the vendor answered.

    cut: only on the last page, where batches are or may be missing.
    """

    rows: Sequence[Row] = ()
    as_of: datetime | None = None
    cut: Cut | None = None

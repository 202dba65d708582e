"""Types of the vendor's answers, and the functions that parse them.

Only the `name` of a batch is always present: any other field can be null, absent or of another
type, and is then None. Statuses stay strings, since the vendor may add new ones at any time.
The parse functions raise BadAnswer, and nothing else.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Generic, TypeVar

from .counts import Counts
from .errors import BadAnswer
from .fields import first_count, format_time, is_object, parse_time, read_name, read_text
from .limits import STATUS_MAX

T = TypeVar("T")

STAGING = "staging"
IN_PROGRESS = "in_progress"
COMPLETED = "completed"
PAUSED = "paused"
CANCELLED = "cancelled"

LIMIT_MAX = 100
PROJECTS_MAX = 1_000
CALLBACK_MAX = 4_096


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """`counts` is None where the answer has none; `raw` is the JSON object of the batch."""

    name: str
    project: str | None = None
    callback: str | None = None
    status: str | None = None
    created_at: datetime | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    counts: Counts | None = None
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchStatus:
    """The answer of `GET /batches/{name}/status`."""

    status: str | None = None
    counts: Counts = field(default_factory=Counts)
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedRow:
    """One row of a list. `batch` is None where it has no valid name."""

    batch: Batch | None
    raw: Any = field(repr=False)

    @property
    def created_at(self) -> datetime | None:
        if self.batch:
            return self.batch.created_at
        return parse_time(self.raw.get("created_at")) if is_object(self.raw) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchPage:
    """One page of the list, each batch once. The next page starts at offset + `rows_received`.

    rows: every row of the answer in its order, also repeated ones and those without a valid name.
    total: of all batches that the query matches; None where it is unknown.
    is_total_wrong: the vendor's total contradicts its rows or its "more", so `total` is None.
    is_cut: the answer had more rows than requested; these are left out.
    """

    batches: tuple[Batch, ...]
    rows: tuple[ReceivedRow, ...] = ()
    total: int | None = None
    is_total_wrong: bool = False
    has_more: bool = False
    rows_received: int = 0
    is_cut: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A project. `versions` counts the entries of its history."""

    name: str
    type: str | None = None
    created_at: datetime | None = None
    versions: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ListQuery:
    """Parameters of a list. Times are aware, inclusive bounds of `created_at`; limit is 1–100.

    Raises ValueError for a limit or offset out of range, and for a time without a zone.
    """

    project: str | None = None
    status: str | None = None
    start_time: datetime | None = None
    end_time: datetime | None = None
    limit: int = LIMIT_MAX
    offset: int = 0
    detailed: bool = True

    def __post_init__(self) -> None:
        if not 1 <= self.limit <= LIMIT_MAX or self.offset < 0:
            raise ValueError(f"limit is 1–{LIMIT_MAX} and offset from 0")
        for moment in (self.start_time, self.end_time):
            if moment is not None and moment.utcoffset() is None:
                raise ValueError("A time bound needs a zone")

    def as_params(self) -> dict[str, str]:
        """The query parameters of the request."""
        # limit is always sent: whether a page is full must not depend on a default
        params = {
            "project": self.project,
            "status": self.status,
            "start_time": self.start_time and format_time(self.start_time),
            "end_time": self.end_time and format_time(self.end_time),
            "limit": str(self.limit),
            "offset": str(self.offset) if self.offset else None,
            "detailed": "true" if self.detailed else None,
        }
        return {name: value for name, value in params.items() if value}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer(Generic[T]):
    """A usable answer.

    payload: the decoded JSON, None for an empty body. It can be cached and parsed again with the
        functions of this module.
    answered_at: when the answer was complete, in UTC, by our clock.
    vendor_date: its `Date` header, in UTC, by the vendor's clock.
    seconds: the duration of the call.
    size: of the body, in bytes.
    request_id: the vendor's own for this call, for its support; empty where it sent none.
    """

    data: T
    payload: Any = field(repr=False)
    answered_at: datetime
    vendor_date: datetime | None = None
    seconds: float = 0.0
    size: int = 0
    request_id: str = ""


def parse_batch(payload: Any) -> Batch:
    """One batch. Raises BadAnswer where it has no valid name."""
    batch = _batch_or_none(payload)
    if batch is None:
        raise BadAnswer("Refonte's answer is not a batch")
    return batch


def parse_status(payload: Any) -> BatchStatus:
    """Status and counts. Raises BadAnswer where the answer has neither."""
    if is_object(payload):
        status, counts = read_text(payload.get("status"), STATUS_MAX), Counts.find(payload)
        if status or not counts.is_empty:
            return BatchStatus(status=status, counts=counts, raw=payload)
    raise BadAnswer("Refonte's answer is not the status of a batch")


def parse_page(payload: Any, limit: int, offset: int = 0) -> BatchPage:
    """One page of the list, requested with `limit` and `offset`. A bare array is the last page.

    Raises BadAnswer for anything but an array or an object with `docs`.
    """
    if isinstance(payload, list):
        rows, is_cut = payload[:limit], len(payload) > limit
        return replace(_page_of(rows), has_more=is_cut, is_cut=is_cut)
    if not is_object(payload) or not isinstance(payload.get("docs"), list):
        raise BadAnswer("Refonte's answer is not a list of batches")
    rows, is_cut = payload["docs"][:limit], len(payload["docs"]) > limit
    total = first_count(payload, "totalDocs", "total")
    reached = offset + len(rows)
    has_more = is_cut or (bool(rows) and _has_more(payload, len(rows), limit, reached))
    # the page after the last one has no rows, which does not contradict the total
    is_wrong = bool(rows) and total is not None and total < reached + has_more
    return replace(
        _page_of(rows),
        total=None if is_wrong else total,
        is_total_wrong=is_wrong,
        has_more=has_more,
        is_cut=is_cut,
    )


def parse_projects(payload: Any) -> tuple[Project, ...]:
    """The first `PROJECTS_MAX` projects, each once. Raises BadAnswer for anything but an array."""
    rows = payload.get("docs") if is_object(payload) else payload
    if not isinstance(rows, list):
        raise BadAnswer("Refonte's answer is not a list of projects")
    found = {
        project.name: project for row in rows[:PROJECTS_MAX] if (project := _project_or_none(row))
    }
    return tuple(found.values())


def parse_finalized(payload: Any) -> Batch:
    """The finalized batch. Raises BadAnswer for any other answer, also a bare success."""
    batch = _batch_or_none(payload)
    if batch is None:
        raise BadAnswer("Refonte's answer does not say that it was accepted")
    return batch


def parse_accepted(payload: Any) -> None:
    """None, for a result of success or an empty body. Raises BadAnswer for any other answer."""
    # a batch, too, is the answer to another call
    if payload is None:
        return
    if not is_object(payload) or payload.get("result") != "success":
        raise BadAnswer("Refonte's answer does not say that it was accepted")


def _page_of(docs: list[Any]) -> BatchPage:
    rows = tuple(ReceivedRow(batch=_batch_or_none(doc), raw=doc) for doc in docs)
    found: dict[str, Batch] = {}
    for row in rows:
        if row.batch:
            found.setdefault(row.batch.name, row.batch)
    return BatchPage(batches=tuple(found.values()), rows=rows, rows_received=len(rows))


def _batch_or_none(row: Any) -> Batch | None:
    if not is_object(row) or (name := read_name(row)) is None:
        return None
    metadata, counts = row.get("metadata"), Counts.find(row)
    return Batch(
        name=name,
        project=read_text(row.get("project")),
        callback=read_text(row.get("callback"), CALLBACK_MAX),
        status=read_text(row.get("status"), STATUS_MAX),
        created_at=parse_time(row.get("created_at")),
        metadata=metadata if is_object(metadata) else {},
        counts=None if counts.is_empty else counts,
        raw=row,
    )


def _project_or_none(row: Any) -> Project | None:
    # a name with NUL cannot be entered in a form, so no form should offer it
    if not is_object(row) or (name := read_name(row)) is None or "\0" in name:
        return None
    history = row.get("param_history")
    return Project(
        name=name,
        type=read_text(row.get("type")),
        created_at=parse_time(row.get("created_at")),
        versions=len(history) if isinstance(history, list) else 0,
    )


def _has_more(envelope: Mapping[str, Any], received: int, limit: int, reached: int) -> bool:
    """The vendor's flag; without one, whether the page is full or the total is not reached.

    reached: the number of rows up to the end of this page.
    """
    for flag in (envelope.get("has_more"), envelope.get("hasNextPage")):
        if isinstance(flag, bool):
            return flag
    # the vendor may send smaller pages than requested, with its own limit in the answer
    is_full = received >= min(limit, first_count(envelope, "limit") or limit)
    return is_full or reached < (first_count(envelope, "totalDocs", "total") or 0)

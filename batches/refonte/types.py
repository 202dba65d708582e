"""The one place where the vendor's JSON becomes types.

Only a batch's `name` may be relied on: all else can be null, absent, or of a shape not seen before,
and is then None. Statuses stay strings, since new ones are announced as compatible changes.
What cannot be read at all raises BadAnswer. Nothing else is ever raised by the parse functions.
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
    """A batch as the vendor tells it. `counts` is None where the answer held none."""

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
    """The answer of `/batches/{name}/status`."""

    status: str | None = None
    counts: Counts = field(default_factory=Counts)
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedRow:
    """One row of a list as it came. `batch` is None where it has no usable name."""

    batch: Batch | None
    raw: Any = field(repr=False)

    @property
    def created_at(self) -> datetime | None:
        if self.batch:
            return self.batch.created_at
        return parse_time(self.raw.get("created_at")) if is_object(self.raw) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchPage:
    """One page of the list, each batch once. The next page starts `rows_received` further on.

    rows: every row of the answer in its order, those without a usable name and repeated ones too.
    total: of all that the question matches; None where the vendor does not say.
    is_total_wrong: it said one that its own rows or its own "more" contradict, so `total` is None.
    is_cut: the answer held more rows than were asked for, and they were passed over.
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
    """What to list. Times are aware bounds on `created_at`; limit 1–100, offset from 0."""

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
        """The query as sent. `limit` always: what a full page is must not rest on a default."""
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

    payload: the decoded JSON (None for an empty body): cache it, and read it again with this
        module's functions.
    answered_at: when the answer was complete, in UTC, by our clock.
    vendor_date: its `Date` header, in UTC, by theirs.
    seconds: how long the call took.
    size: bytes of its body.
    """

    data: T
    payload: Any = field(repr=False)
    answered_at: datetime
    vendor_date: datetime | None = None
    seconds: float = 0.0
    size: int = 0


def parse_batch(payload: Any) -> Batch:
    """One batch. Raises BadAnswer where there is no name to call it by."""
    batch = _batch_or_none(payload)
    if batch is None:
        raise BadAnswer("Refonte's answer is not a batch")
    return batch


def parse_status(payload: Any) -> BatchStatus:
    """Status and counts. Raises BadAnswer where the answer holds neither."""
    if is_object(payload):
        status, counts = read_text(payload.get("status"), STATUS_MAX), Counts.find(payload)
        if status or not counts.is_empty:
            return BatchStatus(status=status, counts=counts, raw=payload)
    raise BadAnswer("Refonte's answer is not the status of a batch")


def parse_page(payload: Any, limit: int, offset: int = 0) -> BatchPage:
    """One page of the list, asked for with `limit` and `offset`. A bare array is one last page."""
    if isinstance(payload, list):
        rows, is_cut = payload[:limit], len(payload) > limit
        return replace(_page_of(rows), has_more=is_cut, is_cut=is_cut)
    if not is_object(payload) or not isinstance(payload.get("docs"), list):
        raise BadAnswer("Refonte's answer is not a list of batches")
    rows, is_cut = payload["docs"][:limit], len(payload["docs"]) > limit
    total = first_count(payload, "totalDocs", "total")
    reached = offset + len(rows)
    has_more = is_cut or (bool(rows) and _says_more(payload, len(rows), limit, reached))
    # a page past the end has no rows to contradict the total
    is_wrong = bool(rows) and total is not None and total < reached + has_more
    return replace(
        _page_of(rows),
        total=None if is_wrong else total,
        is_total_wrong=is_wrong,
        has_more=has_more,
        is_cut=is_cut,
    )


def parse_projects(payload: Any) -> tuple[Project, ...]:
    """Every project, once, of the first `PROJECTS_MAX`. Raises BadAnswer for what is no array."""
    rows = payload.get("docs") if is_object(payload) else payload
    if not isinstance(rows, list):
        raise BadAnswer("Refonte's answer is not a list of projects")
    found = {
        project.name: project for row in rows[:PROJECTS_MAX] if (project := _project_or_none(row))
    }
    return tuple(found.values())


def parse_finalized(payload: Any) -> Batch:
    """The batch. Nothing less is the documented answer, so a bare yes raises BadAnswer too."""
    batch = _batch_or_none(payload)
    if batch is None:
        raise BadAnswer("Refonte's answer does not say that it was accepted")
    return batch


def parse_accepted(payload: Any) -> None:
    """Nothing, if the vendor said yes: a result of success, or None for an empty body.

    A batch is no yes: whatever sent it did not answer this call.
    """
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
    # one with a NUL can be typed into no form, so it is offered in none
    if not is_object(row) or (name := read_name(row)) is None or "\0" in name:
        return None
    history = row.get("param_history")
    return Project(
        name=name,
        type=read_text(row.get("type")),
        created_at=parse_time(row.get("created_at")),
        versions=len(history) if isinstance(history, list) else 0,
    )


def _says_more(envelope: Mapping[str, Any], received: int, limit: int, reached: int) -> bool:
    """Its own word; else a full page, or a told total not yet reached.

    reached: rows of the list up to the end of this page.
    """
    for flag in (envelope.get("has_more"), envelope.get("hasNextPage")):
        if isinstance(flag, bool):
            return flag
    # the vendor may have given smaller pages than asked for, and say so or not
    is_full = received >= min(limit, first_count(envelope, "limit") or limit)
    return is_full or reached < (first_count(envelope, "totalDocs", "total") or 0)

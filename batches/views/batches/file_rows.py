"""The list as a file, in any format: its fields, its name, and what it says it lacks."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from batches.services.batches.export_pages import Bound, Cut, ExportPage
from batches.services.batches.filters import ListFilters
from batches.services.batches.rows import Row
from batches.templatetags.freshness import failure_reason

BOUNDS = {
    Bound.ROWS: "the most there may be",
    Bound.CALLS: "the most that Refonte is asked for one file",
    Bound.BYTES: "the most that is read for one file",
}


@dataclass(frozen=True, slots=True)
class Field:
    """column: of the list; empty where every file has the field."""

    name: str
    column: str = ""
    is_time: bool = False


# Scripts read files by these names: they stay, and new ones come behind `alarms`.
FIELDS = (
    *(Field("name"), Field("project"), Field("status"), Field("created_at", is_time=True)),
    *(Field("pending", "progress"), Field("completed", "progress"), Field("error", "progress")),
    *(Field("canceled", "progress"), Field("other_counts", "progress")),
    *(Field("total", "progress"), Field("settled_percent", "progress")),
    Field("counts_as_of", "progress", is_time=True),
    *(Field("priority_sent", "priority"), Field("priority_sent_by", "priority")),
    Field("priority_sent_at", "priority", is_time=True),
    *(Field("priority_sent_state", "priority"), Field("status_as_of", is_time=True)),
    *(Field("due_at", "due", is_time=True), Field("owner", "owner")),
    Field("estimate_low", "estimate", is_time=True),
    Field("estimate_high", "estimate", is_time=True),
    *(Field("speed_per_hour", "speed"), Field("alarms"), Field("as_of", is_time=True)),
)
WITH_ERRORS = ("error", "counts_as_of")  # of a list with the column of errors alone


def fields_of(filters: ListFilters) -> tuple[Field, ...]:
    """All; where columns were chosen, those of these columns and those that every file has."""
    if not filters.columns:
        return FIELDS
    chosen = {"", *filters.columns}
    errors = WITH_ERRORS if "errors" in chosen else ()
    return tuple(one for one in FIELDS if one.column in chosen or one.name in errors)


def values_of(row: Row, page: ExportPage) -> dict[str, Any]:
    """Each of FIELDS; what is not known is None."""
    counts, percent = row.progress.counts, row.progress.percent
    others = {**counts.shown, **counts.aggregates}
    return {
        "name": row.name,
        "project": row.project,
        "status": row.status,
        "created_at": row.created_at,
        "pending": counts.pending,
        "completed": counts.completed,
        "error": counts.error,
        "canceled": counts.canceled,
        "other_counts": others or None,
        # a lower bound would be read as the total, as a cell has no sign for "at least"
        "total": None if counts.is_at_least else counts.total,
        "settled_percent": percent,
        "counts_as_of": row.facts.counts_at if row.progress.known else None,
        "status_as_of": row.facts.status_at,
        # of a list that Refonte did not give, when the row itself was last seen
        "as_of": page.as_of or row.facts.status_at,
        **_sent(row),
        **_own(row),
    }


def _sent(row: Row) -> dict[str, Any]:
    sent = row.priority
    return {
        "priority_sent": sent.parameters["priority"] if sent else None,
        "priority_sent_by": sent.username if sent else None,
        "priority_sent_at": sent.sent_at if sent else None,
        "priority_sent_state": sent.state if sent else None,
    }


def _own(row: Row) -> dict[str, Any]:
    """What only this console knows."""
    estimate = row.estimate
    return {
        "due_at": row.due_at,
        "owner": row.owner or None,
        "estimate_low": estimate.low if estimate else None,
        "estimate_high": estimate.high if estimate else None,
        "speed_per_hour": estimate.speed if estimate else None,
        "alarms": [one.kind.value for one in row.alarms],
    }


def name_parts(*, mode: str, filters: ListFilters) -> Iterator[str]:
    """Of the file's name."""
    yield from ("batches", mode, filters.project, filters.status)
    yield from (filters.attention, filters.created)
    if filters.start:
        yield f"from-{filters.start}"
    if filters.end:
        yield f"to-{filters.end}"
    yield filters.q


def cut_text(cut: Cut) -> str:
    """What the file lacks of its list, or may lack."""
    of_all = f" of {cut.total:,}" if cut.total is not None and cut.total > cut.written else ""
    written = f"{cut.written:,}{of_all} batches are in this file"
    if cut.bound:
        written = f"only the newest {written}, {BOUNDS[cut.bound]}"
    is_sure = cut.bound or cut.failure or cut.unread or cut.told_total
    start = "Incomplete" if is_sure else "Perhaps incomplete"
    return f"{start}: {'; '.join((*_causes(cut), written))}"


def _causes(cut: Cut) -> Iterator[str]:
    if cut.failure:
        yield failure_reason(cut.failure)
    if cut.unread:
        yield f"{cut.unread:,} row{'s' if cut.unread > 1 else ''} could not be read"
    if cut.told_total:
        yield f"Refonte's list ended before the {cut.told_total:,} it reported"
    if cut.is_unsure:
        yield "rows had to be counted, so some may be missing"

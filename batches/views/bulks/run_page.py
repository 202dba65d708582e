"""What the pages of a running and of an ended bulk show: figures, a bar, rows with stamps."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from batches.models import Bulk, BulkState, Verb
from batches.services.batches.digests import digest
from batches.services.bulks.read import receipt_of, receipt_rows
from batches.services.bulks.types import Receipt, ReceiptRow, ReceiptRows, RowOutcome
from batches.templatetags.bulks import pace_words, receipt_title, run_title, span_text
from batches.views.bulks.stages import (
    Count,
    bulk_url,
    has_waited,
    is_waiting,
    own_key,
    poll_seconds,
)
from batches.views.request import Request

ROWS = 50  # of a run, at once
DONE_ROWS, TROUBLE_ROWS = 10, 200
TROUBLE = (RowOutcome.FAILED, RowOutcome.UNKNOWN, RowOutcome.NO_EFFECT, RowOutcome.LEFT_OUT)
SENT = tuple(outcome for outcome in RowOutcome if outcome != RowOutcome.SKIPPED)
DONE_NOTES: dict[str, str] = {
    Verb.FINALIZE: "now in progress",
    Verb.PRIORITIZE: "accepted by Refonte",
    Verb.CREATE: "they exist now",
}


@dataclass(frozen=True, slots=True)
class ShownRow:
    """stamp: its place and a digest of what it shows, which the poll sends back."""

    row: ReceiptRow
    stamp: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of the bar, in per cent."""

    tone: str
    start: str
    width: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Rows of a receipt. rest, more_url: those that are not shown."""

    label: str
    rows: tuple[ShownRow, ...]
    count: int
    rest: int
    more_url: str


def run_context(request: Request, bulk: Bulk, wanted: int | None) -> dict[str, Any]:
    """wanted: the first row, as the address or the poll has it; None for where the bulk is."""
    receipt = receipt_of(bulk)
    start = window_of(receipt) if wanted is None else wanted
    rows = receipt_rows(bulk, outcomes=SENT, in_order_sent=True, start=start, limit=ROWS)
    now_at = receipt.sent + receipt.left_out
    return _both(request, bulk, receipt) | {
        "title": run_title(bulk, receipt.to_send),
        "counts": [*_run_counts(receipt)],
        "pace": _pace(bulk, receipt),
        "rows": shown_rows(rows.rows),
        "start": start,
        "range_words": _range(start, rows, receipt.to_send),
        "earlier_url": bulk_url(bulk, start=max(0, start - ROWS)) if start else "",
        "later_url": "" if rows.next is None else bulk_url(bulk, start=rows.next),
        # nothing jumps to the row that is sent now: a person asks for it
        "current_url": "" if _holds(start, now_at) else bulk_url(bulk, start=window_of(receipt)),
    }


def receipt_context(request: Request, bulk: Bulk) -> dict[str, Any]:
    receipt = receipt_of(bulk)
    return _both(request, bulk, receipt) | {
        "title": receipt_title(bulk, receipt.done, receipt.to_send),
        "counts": [*_receipt_counts(bulk, receipt)],
        "sections": [*_sections(bulk, receipt)],
        "skipped": _section(bulk, receipt, RowOutcome.SKIPPED, DONE_ROWS)
        if receipt.skipped
        else None,
        "to_retry": receipt.failed,
        "retries": list(bulk.retries.all()),
        "is_stopped": bulk.state == BulkState.STOPPED,
        "has_tasks": False,  # there is more to say of each row
        "can_go_on": bulk.state == BulkState.STOPPED and bool(receipt.left),
    }


def shown_rows(rows: Iterable[ReceiptRow]) -> tuple[ShownRow, ...]:
    return tuple(ShownRow(row, f"{row.position} {digest(_shows(row))}") for row in rows)


def section_rows(bulk: Bulk, outcome: RowOutcome, start: int) -> tuple[tuple[ShownRow, ...], str]:
    """Further rows of a receipt, and where the rows behind these are."""
    rows = receipt_rows(bulk, outcomes=(outcome,), start=start, limit=ROWS)
    return shown_rows(rows.rows), _more_url(bulk, outcome, rows)


def window_of(receipt: Receipt) -> int:
    """Where the rows begin among which the next one is sent."""
    sent = min(receipt.sent + receipt.left_out, max(0, receipt.to_send - 1))
    return sent - sent % ROWS


def _both(request: Request, bulk: Bulk, receipt: Receipt) -> dict[str, Any]:
    now = timezone.now()
    return {
        "receipt": receipt,
        "key": own_key(request, bulk),
        "bar": _bar(receipt),
        "is_waiting": is_waiting(bulk, now),
        "has_waited": has_waited(bulk, now),
        "slowed": f"{pace_words(receipt.seconds_a_row)} instead of "
        f"{pace_words(receipt.full_seconds_a_row)}"
        if receipt.seconds_a_row > receipt.full_seconds_a_row
        else "",
        "poll_seconds": poll_seconds(bulk, is_open=bool(receipt.open)),
        # a screen reader is told of these alone, not of each row
        "told": f"{receipt.failed}.{bulk.waits}",
    }


def _run_counts(receipt: Receipt) -> Iterator[Count]:
    yield Count(id="done", label="Done", figure=receipt.done)
    yield Count(id="no_effect", label="No effect", figure=receipt.no_effect)
    yield _failed(receipt)
    yield _unknown(receipt, "Unknown, checking")
    if receipt.left_out:
        yield _left_out(receipt)
    yield Count(id="left", label="Left", figure=receipt.left)


def _receipt_counts(bulk: Bulk, receipt: Receipt) -> Iterator[Count]:
    """Together they are what was chosen."""
    note = DONE_NOTES[bulk.verb] if receipt.done else ""
    yield Count(id="done", label="Done", figure=receipt.done, note=note)
    yield Count(
        id="no_effect",
        label="No effect",
        figure=receipt.no_effect,
        note="accepted, nothing changed" if receipt.no_effect else "",
    )
    yield _failed(receipt, note="refused, or not sent")
    asked = "still being asked about" if receipt.open else "nobody can tell"
    yield _unknown(receipt, "Unknown", note=asked if receipt.unknown else "")
    if receipt.left_out:
        yield _left_out(receipt)
    if receipt.left:
        yield Count(id="left", label="Left", figure=receipt.left, note="not sent")
    note = "nothing was sent" if receipt.skipped else ""
    yield Count(id="skipped", label="Skipped", figure=receipt.skipped, note=note)


def _failed(receipt: Receipt, note: str = "") -> Count:
    return Count(
        id="failed",
        label="Failed",
        figure=receipt.failed,
        note=note if receipt.failed else "",
        tone="bad" if receipt.failed else "",
    )


def _unknown(receipt: Receipt, label: str, note: str = "") -> Count:
    tone = "wait" if receipt.unknown else ""
    return Count(id="unknown", label=label, figure=receipt.unknown, note=note, tone=tone)


def _left_out(receipt: Receipt) -> Count:
    note = "changed since the plan"
    return Count(id="left_out", label="Left out", figure=receipt.left_out, note=note, tone="wait")


def _sections(bulk: Bulk, receipt: Receipt) -> Iterator[Section]:
    """What needs somebody first, one kind after the other."""
    for outcome in TROUBLE:
        if receipt.count(outcome):
            yield _section(bulk, receipt, outcome, TROUBLE_ROWS)
    for outcome in (RowOutcome.DONE, RowOutcome.LEFT):
        if receipt.count(outcome):
            yield _section(bulk, receipt, outcome, DONE_ROWS)


SECTIONS: dict[RowOutcome, str] = {
    RowOutcome.FAILED: "failed",
    RowOutcome.UNKNOWN: "unknown",
    RowOutcome.NO_EFFECT: "without effect",
    RowOutcome.LEFT_OUT: "left out",
    RowOutcome.DONE: "done",
    RowOutcome.LEFT: "left",
    RowOutcome.SKIPPED: "skipped",
}


def _section(bulk: Bulk, receipt: Receipt, outcome: RowOutcome, limit: int) -> Section:
    rows = receipt_rows(bulk, outcomes=(outcome,), limit=limit)
    return Section(
        label=SECTIONS[outcome],
        rows=shown_rows(rows.rows),
        count=receipt.count(outcome),
        rest=receipt.count(outcome) - len(rows.rows),
        more_url=_more_url(bulk, outcome, rows),
    )


def _more_url(bulk: Bulk, outcome: RowOutcome, rows: ReceiptRows) -> str:
    if rows.next is None:
        return ""
    return bulk_url(bulk, "rows", outcome=outcome.value, start=rows.next)


def _shows(row: ReceiptRow) -> tuple[object, ...]:
    operation = row.operation
    if operation is None:
        return (row.outcome, row.message)
    priority = row.follow_up and row.follow_up.state
    return (
        row.outcome,
        row.message,
        operation.state,
        operation.sent_at,
        operation.request_id,
        priority,
    )


def _bar(receipt: Receipt) -> list[Part]:
    """Done, without effect, failed, unknown: one behind the other."""
    if not receipt.to_send:
        return []
    parts, start = [], 0.0
    for tone in ("done", "no_effect", "failed", "unknown"):
        width = getattr(receipt, tone) * 100 / receipt.to_send
        if width:
            parts.append(Part(tone=tone, start=f"{start:.2f}%", width=f"{width:.2f}%"))
        start += width
    return parts


def _pace(bulk: Bulk, receipt: Receipt) -> str:
    """`One every 2 s, 26 of 60 calls a minute used · about 20 s left`."""
    pace = pace_words(receipt.seconds_a_row)
    used = f"{receipt.calls:,} of {receipt.limit:,} calls a minute used"
    parts = [f"{pace[:1].upper()}{pace[1:]}, {used}"]
    if receipt.seconds_left is not None:
        parts.append(f"about {span_text(receipt.seconds_left)} left")
    return " · ".join([*parts, "goes on when this page is closed"])


def _range(start: int, rows: ReceiptRows, total: int) -> str:
    if not rows.rows or (not start and rows.next is None):
        return ""
    return f"{start + 1:,}–{start + len(rows.rows):,} of {total:,}"


def _holds(start: int, place: int) -> bool:
    return start <= place <= start + ROWS

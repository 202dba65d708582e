"""A chart as JSON: numbers for the lines, and the words that the page shows beside them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.template.defaultfilters import date as format_date
from django.utils import timezone

from batches.models import StatusChange
from batches.services.batches.digests import digest
from batches.services.batches.events import Event
from batches.services.chart.types import Chart, Gap
from batches.services.forecast.reasons import Reason
from batches.templatetags.notes import due_moment
from batches.templatetags.operations import action_text
from batches.templatetags.ranges import past_words
from batches.templatetags.statuses import status_label
from batches.templatetags.times import age_text, in_zone

LAST = {"6h": "last 6 hours", "24h": "last 24 hours", "7d": "last 7 days"}


def rest_stamp(chart: Chart) -> str:
    """A digest of what can change without a new sample: estimate, due date and marks."""
    estimate = chart.estimate
    marks = [(event.number, event.at) for event in chart.events]
    return digest((marks, chart.due, chart.is_open, estimate and (estimate.at, estimate.reason)))


def chart_json(chart: Chart) -> dict[str, Any]:
    """Times are epoch seconds. Columns of `points` are equally long; an unknown count is null.

    bars: of each its begin, tasks completed and failed, and tasks an hour, null where too little
        of it was watched. due: when the batch is due; null where no place on the axis is.
    """
    points = chart.points
    return {
        "window": chart.window,
        "start": chart.start,
        "end": chart.end,
        "now": chart.now,
        "rest": rest_stamp(chart),
        "is_open": chart.is_open,
        "samples": chart.samples,
        "lead": _lead(chart),
        "points": {
            "at": [point.at for point in points],
            "completed": [point.completed for point in points],
            "error": [point.error for point in points],
            "cancelled": [point.cancelled for point in points],
            "total": [point.total for point in points],
            "breaks": chart.breaks,
            "steps": chart.steps,
        },
        "width": chart.width,
        "bars": [(bar.at, bar.completed, bar.error, bar.an_hour) for bar in chart.bars],
        "gaps": [[gap.since, gap.until, gap_words(gap), gap.reason] for gap in chart.gaps],
        "quiet": chart.quiet,
        "marks": list(_marks(chart.events)),
        "due": chart.due,
        "due_words": f"due {due_moment(_local(chart.due))}" if chart.due else "",
        **_outlook(chart),
    }


def _outlook(chart: Chart) -> dict[str, Any]:
    """What is expected, or why nothing is."""
    estimate = chart.estimate
    found: dict[str, Any] = {"fan": [], "range": None, "stall": None, "growth": ""}
    if estimate is None:
        return found
    if estimate.low and estimate.high:
        found["range"] = [int(estimate.low.timestamp()), int(estimate.high.timestamp())]
        found["fan"] = [step for step in estimate.path if step[0] > chart.now]
    if estimate.reason == Reason.QUIET and estimate.since:
        found["stall"] = [int(estimate.since.timestamp()), past_words(estimate.since)]
    if estimate.reason == Reason.GROWING and chart.grown and chart.grown > 0:
        found["growth"] = f"+{chart.grown:,} in the last hour"
    return found


def _lead(chart: Chart) -> str:
    """The start of the sentence below the chart, which the page ends with a number of samples."""
    if chart.window in LAST:
        # the windows of a batch that ended are those before its end
        return f"In {'the' if chart.is_open else 'its'} {LAST[chart.window]}"
    return f"Watched since {_weekday_words(chart.start)}"


def _marks(events: tuple[Event, ...]) -> Iterator[dict[str, Any]]:
    for event in reversed(events):
        words = _event_words(event)
        yield {"at": int(event.at.timestamp()), "number": event.number, "words": words}


def _event_words(event: Event) -> str:
    if event.operation:
        return f"{event.operation.username} {action_text(event.operation)}"
    return _change_words(event.change) if event.change else ""


def _change_words(change: StatusChange) -> str:
    return change.message or f"{status_label(change.before)} → {status_label(change.after)}"


def gap_words(gap: Gap) -> str:
    """To stand behind "not read": `for 40 min, Wed 09:20 – 10:00`."""
    first, last = _local(gap.since), _local(gap.until)
    length = f"for {age_text(first, last)}"
    if first.date() == last.date():
        return f"{length}, {format_date(first, 'D H:i')} – {format_date(last, 'H:i')}"
    return f"{length}, {format_date(first, 'D j M H:i')} – {format_date(last, 'D j M H:i')}"


def _weekday_words(at: int) -> str:
    return format_date(_local(at), "D j M H:i")


def _local(at: int) -> datetime:
    return in_zone(datetime.fromtimestamp(at, UTC), timezone.get_current_timezone())

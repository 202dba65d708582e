"""Reads the chart of one batch. Ten queries at most, however many samples are stored."""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo

from batches.services.batches.events import EVENTS_SHOWN, Event, events_of
from batches.services.batches.kept import Kept, read_kept
from batches.services.chart.bars import HOUR, begin_of
from batches.services.chart.gaps import gaps_between
from batches.services.chart.history import ALL, History, Question, bars_in, read_history
from batches.services.chart.lines import select_points
from batches.services.chart.quiet import quiet_between
from batches.services.chart.types import Bar, Chart, Gap
from batches.services.estimates.read import estimate_of, quiet_hours_of
from batches.services.estimates.types import BatchEstimate
from batches.services.keys.types import KeyHandle
from batches.services.observations.packing import Sample
from batches.services.observations.sighting import is_storable
from batches.services.operations.history import operations_of
from batches.services.watcher.gaps import gaps_of

LEAST = 30 * 60  # seconds that an axis has at least


def read_chart(
    *, key: KeyHandle, name: str, question: Question, zone: tzinfo, now: datetime
) -> Chart:
    """zone: bars and days begin at its midnight. An unknown batch has a chart without points."""
    history = read_history(key=key, name=name, question=question, zone=zone, now=now)
    # nothing that was recorded with a refused key is shown, and no batch has such a name
    is_shown = is_storable(name) and not key.is_refused
    estimate = (
        estimate_of(fingerprint=key.fingerprint, name=name, now=now)
        if is_shown and history.is_open
        else None
    )
    kept = read_kept(key=key, name=name) if is_shown else Kept()
    due = int(kept.note.due_at.timestamp()) if kept.note.due_at else None
    end = _end_with_due(history, int(now.timestamp()), estimate, due)
    points, breaks, steps = _points(history)
    return Chart(
        window=question.window,
        start=history.start,
        end=end,
        now=int(now.timestamp()),
        points=points,
        breaks=breaks,
        steps=steps,
        samples=len(history.samples) - history.first_new,
        width=history.width,
        bars=_bars(history, zone),
        gaps=_gaps(key, history, now),
        quiet=_quiet(key, history, end),
        events=_events(key, name, kept, history.start) if is_shown else (),
        estimate=estimate,
        due=due if due and history.start <= due <= end else None,
        grown=grown_of(history.samples),
        is_open=history.is_open,
    )


def _points(history: History) -> tuple[tuple[Sample, ...], tuple[int, ...], tuple[int, ...]]:
    """Those that the page has not, which of them follow a gap, and which a finished time."""
    first = history.first_new
    new = history.samples[first:]
    after_gap = [place - first for place in history.breaks if place >= first]
    after_end = [place - first for place in history.steps if place >= first]
    edges = [edge for place in (*after_gap, *after_end) for edge in (place - 1, place) if edge >= 0]
    chosen = select_points(new, edges=edges)
    # where there are too many gaps to keep both sides of each, the next point follows the gap
    breaks, steps = (
        tuple(sorted({bisect_left(chosen, place) for place in places}))
        for places in (after_gap, after_end)
    )
    return tuple(new[place] for place in chosen), breaks, steps


def _end(history: History, now: int, estimate: BatchEstimate | None) -> int:
    """Where the axis ends: behind the estimate, or in a window after a half of its length."""
    span = max(LEAST, history.until - history.start)
    if not history.is_open:
        return history.until + span // 50
    if estimate is None or estimate.high is None:
        return now + span // 8
    high = int(estimate.high.timestamp())
    if history.question.window == ALL:
        # the page draws what is far ahead in less room, so that both ends are seen
        return high + max(LEAST, high - history.start) // 25
    return min(high + (high - history.start) // 25, now + span // 2)


def _end_with_due(
    history: History, now: int, estimate: BatchEstimate | None, due: int | None
) -> int:
    """Far enough to show the due date too, unless all else would be drawn in much less room."""
    end = _end(history, now, estimate)
    if due is None or due <= end or not history.is_open or history.question.window != ALL:
        return end
    span = max(LEAST, history.until - history.start)
    is_near = due - now <= max(2 * (end - now), span)
    return due + max(LEAST, due - history.start) // 25 if is_near else end


def _bars(history: History, zone: tzinfo) -> tuple[Bar, ...]:
    """Of the whole window, or those that may have changed since."""
    width, since = history.width, history.question.since
    bars = bars_in(history, zone)
    if since is None:
        return bars
    begun = begin_of(since, width=width, zone=zone)
    return tuple(bar for bar in bars if bar.at >= begun)


def _gaps(key: KeyHandle, history: History, now: datetime) -> tuple[Gap, ...]:
    if not history.samples:
        return ()
    since = datetime.fromtimestamp(history.samples[0].at, UTC)
    noted = gaps_of(fingerprint=key.fingerprint, since=since, until=now)
    until = int(now.timestamp()) if history.is_open else None
    found = gaps_between(history.samples, history.breaks, noted=noted, until=until)
    newest = history.question.since or 0
    return tuple(gap for gap in found if gap.until > newest)


def _quiet(key: KeyHandle, history: History, end: int) -> tuple[tuple[int, int], ...]:
    # the rhythm was learned from what was recorded with the key
    hours = frozenset() if key.is_refused else quiet_hours_of(fingerprint=key.fingerprint)
    return tuple(quiet_between(history.start, end, hours=hours))


def _events(key: KeyHandle, name: str, kept: Kept, start: int) -> tuple[Event, ...]:
    sent = operations_of(key=key, name=name, limit=EVENTS_SHOWN)
    events = events_of(kept=kept, operations=sent)
    return tuple(one for one in events if one.number and one.at.timestamp() >= start)


def grown_of(samples: Sequence[Sample]) -> int | None:
    """Tasks added in the last hour; None where the totals are not known."""
    if not samples or (last := samples[-1]).total is None:
        return None
    before = next((one for one in reversed(samples) if one.at <= last.at - HOUR), samples[0])
    return None if before.total is None else last.total - before.total

"""The same history as a table: one line for each stretch of time, newest first."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from batches.services.chart.bars import begin_of
from batches.services.chart.gaps import gaps_between
from batches.services.chart.history import History, Question, bars_in, read_history
from batches.services.chart.types import Gap
from batches.services.keys.types import KeyHandle
from batches.services.observations.packing import Sample
from batches.services.watcher.gaps import gaps_of

MOST = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The last sample of a stretch of time, or a gap between two lines.

    an_hour: tasks finished an hour in this stretch, as the lane of the chart has it: completed and
        errors. None where too little of it was watched.
    """

    at: datetime
    sample: Sample | None = None
    an_hour: int | None = None
    gap: Gap | None = None


def read_table(
    *, key: KeyHandle, name: str, question: Question, zone: tzinfo, now: datetime
) -> tuple[Line, ...]:
    """At most 300 lines, newest first."""
    history = read_history(key=key, name=name, question=question, zone=zone, now=now)
    if not history.samples:
        return ()
    first = datetime.fromtimestamp(history.samples[0].at, zone)
    noted = gaps_of(fingerprint=key.fingerprint, since=first, until=now)
    until = int(now.timestamp()) if history.is_open else None
    gaps = gaps_between(history.samples, history.breaks, noted=noted, until=until)
    lines = [*_counts(history, zone), *_gaps(gaps, zone)]
    lines.sort(key=lambda line: line.at, reverse=True)
    return tuple(lines[:MOST])


def _counts(history: History, zone: tzinfo) -> Iterator[Line]:
    bars, breaks = {bar.at: bar for bar in bars_in(history, zone)}, frozenset(history.breaks)
    for begun, place in _last_of_each(history.samples, history.width, zone):
        sample = history.samples[place]
        # nobody saw what was done across a gap, or before the first sample
        is_unseen = place == 0 or place in breaks or sample.completed is None
        at, bar = datetime.fromtimestamp(sample.at, zone), bars.get(begun)
        speed = bar.an_hour if bar else None if is_unseen else 0
        yield Line(at=at, sample=sample, an_hour=speed)


def _last_of_each(samples: Sequence[Sample], width: int, zone: tzinfo) -> Iterator[tuple[int, int]]:
    """The place of the last sample of each stretch, with the time at which the stretch began."""
    last: dict[int, int] = {}
    begun, until = 0, -1
    for place, sample in enumerate(samples):
        if not begun <= sample.at - 1 < until:
            begun = begin_of(sample.at - 1, width=width, zone=zone)
            until = begun + width
        last[begun] = place
    yield from last.items()


def _gaps(gaps: Sequence[Gap], zone: tzinfo) -> Iterator[Line]:
    for gap in gaps:
        # between the line before and the one at its end
        yield Line(at=datetime.fromtimestamp(gap.until - 1, zone), gap=gap)

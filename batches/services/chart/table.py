"""The same history as a table: one line for each stretch of time, newest first."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from batches.services.chart.bars import bars_of, begin_of
from batches.services.chart.gaps import gaps_between
from batches.services.chart.history import History, Question, read_history
from batches.services.chart.types import Gap
from batches.services.keys.types import KeyHandle
from batches.services.observations.packing import Sample
from batches.services.watcher.gaps import gaps_of

MOST = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The last sample of a stretch of time, or a gap between two lines.

    done: tasks that were seen to be completed in this stretch; None where nobody watched in it.
    """

    at: datetime
    sample: Sample | None = None
    done: int | None = None
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
    bars = bars_of(history.samples, breaks=history.breaks, width=history.width, zone=zone)
    done, breaks = {bar.at: bar.completed for bar in bars}, frozenset(history.breaks)
    for begun, place in _last_of_each(history.samples, history.width, zone):
        sample = history.samples[place]
        # nobody saw what was done across a gap, or before the first sample
        is_unseen = place == 0 or place in breaks or sample.completed is None
        at, known = datetime.fromtimestamp(sample.at, zone), done.get(begun)
        yield Line(at=at, sample=sample, done=0 if known is None and not is_unseen else known)


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

"""What a chart is made of. Times are seconds since 1970, UTC."""

from dataclasses import dataclass
from typing import NamedTuple

from batches.services.batches.events import Event
from batches.services.estimates.types import BatchEstimate
from batches.services.observations.packing import Sample

LEAST_WATCHED = 10 * 60  # seconds: the speed of a shorter time is chance


class Gap(NamedTuple):
    """A time in which nobody read the batch. reason: a sentence, empty where none is known."""

    since: int
    until: int
    reason: str = ""


class Bar(NamedTuple):
    """Work that was seen in one stretch of time.

    at: its beginning. watched: seconds of it in which the batch was read, gaps left out.
    """

    at: int
    completed: int
    error: int
    watched: int

    @property
    def an_hour(self) -> int | None:
        """Tasks finished an hour, errors included; None where too little of it was watched."""
        if self.watched < LEAST_WATCHED:
            return None
        return round((self.completed + self.error) * 3_600 / self.watched)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A part of a batch's history, as one page draws it.

    start, end: of the time axis; `end` is later than now while work is expected.
    points: samples, each as it was stored. breaks: those points that follow a gap, by their place.
    steps: those that follow a sample of a finished batch: its counts held until then.
    samples: how many there are, of which `points` are a selection.
    width: seconds of a bar. quiet: nights and weekends as the key's rhythm has them.
    due: when the batch is due, None where that is not on the axis.
    grown: tasks that were added in the last hour, None where that is not known.
    is_open: whether the batch may still change.
    """

    window: str
    start: int
    end: int
    now: int
    points: tuple[Sample, ...]
    breaks: tuple[int, ...]
    steps: tuple[int, ...]
    samples: int
    width: int
    bars: tuple[Bar, ...]
    gaps: tuple[Gap, ...]
    quiet: tuple[tuple[int, int], ...]
    events: tuple[Event, ...]
    estimate: BatchEstimate | None
    due: int | None
    grown: int | None
    is_open: bool

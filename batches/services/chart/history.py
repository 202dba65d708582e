"""The samples of one batch for one question of a page, with the gaps between them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from batches.models.samples import STATUS_CODES
from batches.services import sql
from batches.services.chart.bars import HOUR, bars_of, begin_of, width_of
from batches.services.chart.gaps import FINISHED, breaks_of, steps_of
from batches.services.chart.types import Bar
from batches.services.keys.types import KeyHandle
from batches.services.observations.packing import Sample
from batches.services.observations.quarters import GAP
from batches.services.observations.series import samples_of
from batches.services.observations.sighting import is_storable

ALL = "all"
WINDOWS = {
    "6h": timedelta(hours=6),
    "24h": timedelta(hours=24),
    "7d": timedelta(days=7),
    ALL: timedelta(days=4_000),  # longer than samples are ever kept
}
SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a page asks for.

    since: it has the samples up to this second; None asks for all of the window.
    start: where its axis begins. Of the window `all` only an answer to the whole can say that.
    """

    window: str = ALL
    since: int | None = None
    start: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """samples: in order of time; those since `question.since`, and a little before.

    breaks: places of the samples that follow a gap. steps: of those that follow a finished time.
    start, until: of the window, in epoch seconds;
        that of a finished batch ends with its last sample. width: seconds of a bar.
    """

    question: Question
    samples: tuple[Sample, ...]
    breaks: tuple[int, ...]
    steps: tuple[int, ...]
    start: int
    until: int
    width: int
    is_open: bool

    @property
    def seen_until(self) -> int:
        """The last second of which the counts are known: now, unless nobody looked since."""
        last = self.samples[-1].at if self.samples else self.until
        return max(last, self.until) if self.is_open and self.until - last <= GAP else last

    @property
    def first_new(self) -> int:
        """The place of the first sample that the page has not."""
        since = self.question.since
        if since is None:
            return 0
        return sum(one.at <= since for one in self.samples)


def read_history(
    *, key: KeyHandle, name: str, question: Question, zone: tzinfo, now: datetime
) -> History:
    """An unknown batch, and one of a refused key, has no samples."""
    # nothing that was recorded with a refused key is shown, and no batch has such a name
    is_shown = is_storable(name) and not key.is_refused
    ended = _ended_at(key, name) if is_shown else None
    until = int((ended or now).timestamp())
    begun = until - WINDOWS[question.window] // SECOND
    samples = _samples(key, name, _from(question, begun, zone), now) if is_shown else ()
    start = begun
    if question.window == ALL:
        first = samples[0].at if samples else until
        start = min(first if question.start is None else question.start, until)
    return History(
        question=question,
        samples=samples,
        breaks=tuple(breaks_of(samples, now=int(now.timestamp()))),
        steps=tuple(steps_of(samples)),
        start=start,
        until=until,
        width=width_of(until - start, old=int(now.timestamp()) - start),
        is_open=ended is None and not (samples and samples[-1].status in FINISHED),
    )


def bars_in(history: History, zone: tzinfo) -> tuple[Bar, ...]:
    """Tasks an hour, of the samples that were read."""
    return bars_of(
        history.samples,
        breaks=history.breaks,
        steps=history.steps,
        until=history.seen_until,
        width=history.width,
        zone=zone,
    )


def _ended_at(key: KeyHandle, name: str) -> datetime | None:
    """When the last sample of a finished batch was taken."""
    rows = sql.find_seen(fingerprint=key.fingerprint, names=[name])
    ended = (row for row in rows if STATUS_CODES.get(row.status or "") in FINISHED)
    return next((row.sampled_at for row in ended), None)


def _from(question: Question, begun: int, zone: tzinfo) -> int:
    """From where on samples are read."""
    if question.since is None:
        return begun
    # the bar that was not full yet, and the hour in which tasks may have been added
    width = width_of(question.since - (question.start or begun))
    bar = begin_of(question.since, width=width, zone=zone)
    return max(begun, min(bar, question.since - HOUR) - GAP)


def _samples(key: KeyHandle, name: str, begun: int, now: datetime) -> tuple[Sample, ...]:
    since = datetime.fromtimestamp(max(0, begun), UTC)
    # a sample may be dated a little ahead, where a clock was set back
    until = now + timedelta(days=1)
    return samples_of(fingerprints=key.fingerprints, name=name, since=since, until=until)

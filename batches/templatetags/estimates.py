"""When a batch will be done, and how fast it is worked on, in words."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django import template
from django.template.defaultfilters import date as format_date
from django.utils import timezone

from batches.services.estimates.types import BatchEstimate
from batches.services.forecast.reasons import Reason
from batches.templatetags.ranges import past_words, range_words
from batches.templatetags.times import in_zone

register = template.Library()

# The worker computes an estimate again after 5 minutes: one older than that, and a little, is late.
LATE = timedelta(minutes=7)
SHORTEST = 600  # seconds in progress from which on a speed is told
HOUR = 60  # minutes
WHOLE = 9.95  # tasks an hour; from here on they are whole numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """When a batch will be done: the head of its page, and the cell of a list.

    words, note: `Fri 17:00 – Sat 22:00`, `at 39–52 tasks an hour when they work`; without a range,
        the reason: `Stalled since 11:40`, `usually one every 2 minutes`.
    short, short_note: the same for a narrow place: `no estimate yet`, `still growing`.
    tone: `bad` where somebody should look, else empty.
    """

    label: str
    words: str
    note: str
    short: str
    short_note: str = ""
    tone: str = ""
    has_range: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """Tasks finished in an hour: `44`, `an hour`, `in the last hour, usual 43`."""

    words: str
    unit: str
    note: str


@register.simple_tag
def estimate_done(
    estimate: BatchEstimate | None,
    read_at: datetime | None = None,
    is_stale: bool = False,
    quiet_hours: Collection[int] = frozenset(),
) -> Done:
    """The words of an estimate; also where there is none.

    read_at: when the numbers beside it were read. is_stale: Refonte does not answer now.
    quiet_hours: as `read.quiet_hours_of` gives them, for "when they work".
    """
    if estimate is None:
        return Done(label=NO_RANGE, words="No estimate yet", note="", short="–")
    if estimate.reason is not None:
        return WORDS[estimate.reason](estimate)
    if estimate.low is None or estimate.high is None:
        return Done(label=NO_RANGE, words="No estimate yet", note="", short="–")
    words = range_words(estimate.low, estimate.high)
    note = _speed_range(estimate, quiet_hours)
    if is_stale or (read_at and read_at - estimate.at > LATE):
        note = _as_estimated(estimate, with_seconds=is_stale)
    return Done(label="Done, 8 times in 10", words=words, note=note, short=words, has_range=True)


@register.simple_tag
def estimate_speed(estimate: BatchEstimate | None) -> Speed | None:
    """None where the batch was not watched in the last hour, so that nobody knows its speed."""
    if estimate is None or estimate.speed is None:
        return None
    usual = estimate.usual_speed
    # of too little work of its own there is nothing usual
    word = "earlier batches" if estimate.is_of_project else "usual"
    note = _in_the_last(estimate.speed_seconds) + (
        f", {word} {speed_figure(usual)}" if usual else ""
    )
    return Speed(words=speed_figure(estimate.speed), unit="an hour", note=note)


def seen_for(estimate: BatchEstimate) -> str:
    """Why the speed of a batch that is looked at is not known yet; else empty."""
    seconds = estimate.speed_seconds
    if seconds is None or seconds >= SHORTEST:
        return ""
    return f"seen in progress for {_count(seconds // 60, 'minute')}"


def _in_the_last(seconds: int | None) -> str:
    minutes = HOUR if seconds is None else seconds // 60
    return "in the last hour" if minutes >= HOUR - 5 else f"in the last {minutes} minutes"


@register.filter
def speed_figure(speed: float) -> str:
    """`1,204`, `44`, `2.5`, `under 0.1`: as many digits as such a number is worth."""
    if speed >= WHOLE:
        return f"{speed:,.0f}"
    if 0 < speed < 0.1:
        return "under 0.1"
    return f"{speed:.1f}".removesuffix(".0")


def _speed_range(estimate: BatchEstimate, quiet_hours: Collection[int]) -> str:
    low, high = estimate.low_speed, estimate.high_speed
    if low is None or high is None:
        return ""
    # of one kind: "9–10", not "9.4–10"
    first = f"{low:,.0f}" if high >= WHOLE else speed_figure(low)
    last = speed_figure(high)
    speeds = first if first == last else f"{first}–{last}"
    if estimate.is_of_project:
        return f"as earlier batches of the project: {speeds} an hour"
    since = (
        f" since the priority of {past_words(estimate.priority_at)}" if estimate.priority_at else ""
    )
    return f"at {speeds} tasks an hour{_when_they_work(quiet_hours)}{since}"


def _when_they_work(quiet_hours: Collection[int]) -> str:
    """Those speeds are of the hours in which people work, which are not all of them."""
    return " when they work" if quiet_hours else ""


def _as_estimated(estimate: BatchEstimate, *, with_seconds: bool) -> str:
    if with_seconds:
        at = in_zone(estimate.at, timezone.get_current_timezone())
        if at.date() == timezone.localdate():
            # beside "as read at 13:56:12"
            return f"as estimated at {format_date(at, 'H:i:s')}"
    return f"as estimated at {past_words(estimate.at)}"


# Reasons

NO_RANGE = "Done (estimate)"


def _few(estimate: BatchEstimate) -> Done:
    note = f"{_length(estimate.since)} of history" if estimate.since else "too few tasks done"
    return _silent("No estimate yet", note, short_note=note)


def _growing(_: BatchEstimate) -> Done:
    return _silent("Still growing", "no estimate while tasks arrive", short_note="still growing")


def _quiet(estimate: BatchEstimate) -> Done:
    since = f" since {past_words(estimate.since)}" if estimate.since else ""
    note = f"usually {every(estimate.usual_speed)}" if estimate.usual_speed else ""
    return _silent(f"Stalled{since}", note, short="no estimate", tone="bad")


def _not_watched(estimate: BatchEstimate) -> Done:
    since = estimate.since or estimate.as_of
    note = f"not watched since {past_words(since)}"
    return _silent("No estimate", note, short="no estimate", short_note="not watched")


def _unsure(_: BatchEstimate) -> Done:
    return _silent("No estimate yet", "too uncertain to give a range", short_note="too uncertain")


def _paused(estimate: BatchEstimate) -> Done:
    since = f" since {past_words(estimate.since)}" if estimate.since else ""
    return _silent(f"Paused{since}", "no estimate while paused", short="no estimate")


def _nothing_left(_: BatchEstimate) -> Done:
    return _silent("All tasks done", "not closed by Refonte yet", short="all done")


def _not_started(_: BatchEstimate) -> Done:
    return _silent("Not started", "in staging", short="–")


def _ended(_: BatchEstimate) -> Done:
    return _silent("Ended", "", short="–")


def _silent(
    words: str, note: str, *, short: str = "no estimate yet", short_note: str = "", tone: str = ""
) -> Done:
    return Done(
        label=NO_RANGE, words=words, note=note, short=short, short_note=short_note, tone=tone
    )


WORDS: dict[Reason, Callable[[BatchEstimate], Done]] = {
    Reason.FEW_DONE: _few,
    Reason.FEW_SAMPLES: _few,
    Reason.GROWING: _growing,
    Reason.QUIET: _quiet,
    Reason.NOT_WATCHED: _not_watched,
    Reason.UNSURE: _unsure,
    Reason.PAUSED: _paused,
    Reason.NOTHING_LEFT: _nothing_left,
    Reason.NOT_STARTED: _not_started,
    Reason.ENDED: _ended,
}


def every(speed: float) -> str:
    """A speed as the time from one task to the next: `one every 2 minutes`, `3 a minute`."""
    minutes = 60 / speed
    if minutes < 0.75:
        return f"{speed / 60:,.0f} a minute"
    if minutes < 1.5:
        return "one a minute"
    if minutes < 90:
        return f"one every {minutes:.0f} minutes"
    if minutes < 36 * 60:
        return f"one every {minutes / 60:.0f} hours"
    return f"one every {minutes / 1440:.0f} days"


def _length(since: datetime) -> str:
    """How long ago: `12 minutes`, `5 hours`, `3 days`."""
    minutes = max(0, int((timezone.now() - since) / timedelta(minutes=1)))
    for size, unit, most in ((1, "minute", 120), (60, "hour", 2880)):
        if minutes < most:
            return _count(minutes // size, unit)
    return f"{minutes // 1440} days"


def _count(number: int, unit: str) -> str:
    return f"{number} {unit}{'' if number == 1 else 's'}"

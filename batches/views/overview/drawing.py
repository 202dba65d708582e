"""The charts of a project as SVG that needs no script: places in per cent, so that any width fits.

Lines are in a box of their own, 1000 × 1000, which is stretched to the place; words are not.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil, floor, log10
from zoneinfo import ZoneInfo

from django.template.defaultfilters import date as format_date

from batches.services.batches.filters import day_start
from batches.services.overview.burnup import BurnUp
from batches.services.overview.types import Day, Pace

BOX = 1000
STEPS = 5  # lines of the grid, at most
LABELS = 16  # days that are named, at most
PHONE = 3  # on a phone, one of so many of these
DUES = 3  # due dates that are drawn
FAR_RIGHT = 0.8  # from here on, words of a line stand before it
Scale = Callable[[float], float]
NICE = (1, 2, 2.5, 5, 10)
SHORT_SPAN = 16  # days: up to here a weekday names them


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """Words at a place in per cent. is_extra: not on a phone. is_late: they end at the place."""

    at: str
    words: str
    is_extra: bool = False
    is_late: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A rectangle, in per cent."""

    x: str
    width: str
    y: str = "0"
    height: str = "100"


@dataclass(frozen=True, slots=True, kw_only=True)
class BurnUpDrawing:
    """Lines are `points` of SVG in a box of 1000 × 1000.

    now: its place. range: where all that is expected is done. left_out: batches without an
    estimate, and their tasks.
    """

    since: datetime
    grid: tuple[Label, ...]
    days: tuple[Label, ...]
    quiet: tuple[Box, ...]
    area: str
    errors: str
    completed: str
    settled: str
    total: str
    fan: str
    middle: str
    now: str
    now_y: str
    range: Box | None
    dues: tuple[Label, ...]
    silent: int
    left: int


def draw_burn_up(found: BurnUp, dues: Sequence[datetime], zone: ZoneInfo) -> BurnUpDrawing:
    highest = max([one for _, one in found.totals] + [found.steps[-1].settled, 1])
    top = _nice_top(highest)

    def x(at: float) -> float:
        return BOX * (at - found.start) / max(1, found.end - found.start)

    def y(count: float) -> float:
        return BOX - BOX * count / top

    def line(points: Iterable[tuple[float, float]]) -> str:
        return " ".join(f"{x(at):.1f},{y(count):.1f}" for at, count in points)

    completed = [(one.at, one.completed) for one in found.steps]
    settled = [(one.at, one.settled) for one in found.steps]
    fan, last = found.fan, found.totals[-1][1]
    now = x(found.now)
    return BurnUpDrawing(
        since=datetime.fromtimestamp(found.start, zone),
        grid=_grid(top),
        days=_days(found.start, found.end, zone),
        quiet=tuple(_span(x(since), x(until)) for since, until in found.quiet),
        area=line([(found.start, 0), *completed, (found.now, 0)]),
        errors=line([*settled, *reversed(completed)]),
        completed=line(completed),
        settled=line(settled),
        total=line([*found.totals, (found.end, last)]),
        fan=line([*((one.at, one.high) for one in fan), *((one.at, one.low) for one in fan[::-1])]),
        middle=line((one.at, one.mid) for one in fan),
        now=_percent(now),
        now_y=_percent(y(found.steps[-1].settled)),
        range=_range(found, x, y),
        dues=_dues(found, dues, x, zone),
        silent=found.done.silent,
        left=found.done.left,
    )


def burn_up_table_lines(found: BurnUp, zone: ZoneInfo) -> list[tuple[datetime, int, int, int]]:
    """Newest first: time, completed, errors, total, since the left edge."""
    totals, lines, place = found.totals, [], 0
    for one in found.steps:
        while place + 1 < len(totals) and totals[place + 1][0] <= one.at:
            place += 1
        at = datetime.fromtimestamp(one.at, zone)
        lines.append((at, one.completed, one.errors, totals[place][1]))
    return lines[::-1]


def _range(found: BurnUp, x: Scale, y: Scale) -> Box | None:
    if not (found.done.low and found.done.high):
        return None
    low, high = x(found.done.low.timestamp()), x(found.done.high.timestamp())
    if low >= BOX:  # beyond the right edge
        return None
    span = _span(low, min(high, BOX))
    return Box(x=span.x, width=span.width, y=_percent(y(found.reach)))


def _dues(found: BurnUp, dues: Sequence[datetime], x: Scale, zone: ZoneInfo) -> tuple[Label, ...]:
    shown = [one for one in dues if found.now < one.timestamp() < found.end]
    by_day: dict[str, list[datetime]] = {}
    for one in shown:
        by_day.setdefault(f"{one.astimezone(zone):%Y-%m-%d}", []).append(one)
    return tuple(
        Label(
            at=_percent(x(some[0].timestamp())),
            words=f"{_batches(len(some))} due {format_date(some[0].astimezone(zone), 'D j')}",
            is_late=x(some[0].timestamp()) > FAR_RIGHT * BOX,
        )
        for some in list(by_day.values())[:DUES]
    )


def _batches(count: int) -> str:
    return f"{count} batch{'' if count == 1 else 'es'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DayBar:
    """One day: its bar of completed tasks, the errors on top, the rest expected of today."""

    completed: Box
    errors: Box
    rest: Box | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DaysDrawing:
    """usual: the line of a usual day of this kind, its number in words."""

    bars: tuple[DayBar, ...]
    off: tuple[Box, ...]
    grid: tuple[Label, ...]
    days: tuple[Label, ...]
    table: tuple[Day, ...]
    usual: Label | None = None


def draw_days(pace: Pace) -> DaysDrawing | None:
    if not pace.days:
        return None
    most = max(*(day.tasks for day in pace.days), pace.days[-1].tasks + pace.rest, 1)
    top = _nice_top(max(most, pace.usual_day or 0))
    width = 100 / len(pace.days)
    return DaysDrawing(
        bars=tuple(
            _bar(day, at * width, width, top, pace.rest if day is pace.days[-1] else 0)
            for at, day in enumerate(pace.days)
        ),
        off=tuple(
            Box(x=f"{at * width:.2f}", width=f"{width:.2f}")
            for at, day in enumerate(pace.days)
            if day.is_off
        ),
        grid=_grid(top),
        days=_day_labels(pace.days, width),
        table=pace.days[::-1],
        usual=_usual(pace, top),
    )


def _bar(day: Day, x: float, width: float, top: int, rest: int) -> DayBar:
    def box(low: float, high: float) -> Box:
        return Box(
            x=f"{x + width / 6:.2f}",
            width=f"{width * 2 / 3:.2f}",
            y=f"{100 - 100 * high / top:.2f}",
            height=f"{100 * (high - low) / top:.2f}",
        )

    done = day.tasks
    return DayBar(
        completed=box(0, max(0, day.completed)),
        errors=box(max(0, day.completed), max(0, done)),
        rest=box(max(0, done), max(0, done) + rest) if rest else None,
    )


def _day_labels(days: Sequence[Day], width: float) -> tuple[Label, ...]:
    last = len(days) - 1
    return tuple(
        Label(
            at=f"{(at + 0.5) * width:.2f}",
            words="today" if at == last else str(day.day.day),
            is_extra=at != last and (last - at) % 4 != 0,
        )
        for at, day in enumerate(days)
        # every second one, counted from today
        if (last - at) % 2 == 0
    )


def _usual(pace: Pace, top: int) -> Label | None:
    if not pace.usual_day:
        return None
    kind = "day off" if pace.days[-1].is_off else "workday"
    at = f"{100 - 100 * pace.usual_day / top:.2f}"
    return Label(at=at, words=f"usual {kind} {pace.usual_day:,.0f}")


# Axes


def _nice_top(highest: float) -> int:
    """A round number above, in at most five round steps."""
    return _nice_step(highest) * ceil(highest / _nice_step(highest))


def _nice_step(highest: float) -> int:
    least = highest / STEPS
    if least <= 1:
        return 1
    power = 10 ** floor(log10(least))
    return next(int(one * power) for one in NICE if one * power >= least and one * power % 1 == 0)


def _grid(top: int) -> tuple[Label, ...]:
    step = _nice_step(top)
    return tuple(
        Label(at=f"{100 - 100 * count / top:.2f}", words=f"{count:,}")
        for count in range(0, top + 1, step)
    )


def _days(start: int, end: int, zone: ZoneInfo) -> tuple[Label, ...]:
    """Each at the middle of its day."""
    first = datetime.fromtimestamp(start, zone).date()
    last = datetime.fromtimestamp(end, zone).date()
    count = (last - first).days + 1
    every = max(1, ceil(count / LABELS))
    labels = []
    for number in range(0, count, every):
        day = first + timedelta(days=number)
        noon = day_start(day, zone).timestamp() + 43_200
        at = 100 * (noon - start) / max(1, end - start)
        if 2 <= at <= 98:
            form = "D j" if count <= SHORT_SPAN else "j M"
            labels.append((at, format_date(day, form)))
    return tuple(
        Label(at=f"{at:.2f}", words=words, is_extra=number % PHONE != 0)
        for number, (at, words) in enumerate(labels)
    )


def _span(first: float, last: float) -> Box:
    return Box(x=_percent(first), width=_percent(max(0.0, last - first)))


def _percent(place: float) -> str:
    return f"{100 * place / BOX:.2f}"

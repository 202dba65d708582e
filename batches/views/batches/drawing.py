"""A burn-up as SVG, and its table: what stands on the page where no script draws."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from batches.services.chart.brief import BriefPoint
from batches.templatetags.figures import figure

WIDTH, HEIGHT = 880, 260  # of the view box, in which the template writes the words of the axes
LINES_SHOWN = 12  # the whole table has a page of its own


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """Lines as `points` of SVG. top: the count at the upper edge.

    lines: of the table, newest first: time, completed, error, total.
    """

    total: str
    settled: str
    completed: str
    area: str
    top: str
    start: str
    end: str
    lines: tuple[tuple[str, str, str, str], ...]


def draw(points: Sequence[BriefPoint], zone: tzinfo) -> Drawing | None:
    """None where nothing was counted."""
    known = [point for point in points if point.completed is not None]
    if not known:
        return None
    top = max(1, *(max(_settled(point), point.total or 0) for point in known))
    first, length = known[0].at, max(1, known[-1].at - known[0].at)

    def place(at: int, count: int) -> str:
        return f"{WIDTH * (at - first) / length:.1f},{HEIGHT - HEIGHT * count / top:.1f}"

    completed = " ".join(place(point.at, point.completed or 0) for point in known)
    lines = (
        (_words(one.at, zone), figure(one.completed), figure(one.error), figure(one.total))
        for one in reversed(known[-LINES_SHOWN:])
    )
    return Drawing(
        total=" ".join(place(one.at, one.total) for one in known if one.total is not None),
        settled=" ".join(place(point.at, _settled(point)) for point in known),
        completed=completed,
        area=f"0,{HEIGHT} {completed} {completed.rpartition(' ')[2].partition(',')[0]},{HEIGHT}",
        top=figure(top),
        start=_words(first, zone),
        end=_words(known[-1].at, zone),
        lines=tuple(lines),
    )


def _words(at: int, zone: tzinfo) -> str:
    """`Thu 26 Nov 14:02`."""
    # not with Django's filter: a page has dozens of them, for the few that run no script
    moment = datetime.fromtimestamp(at, zone)
    return f"{moment:%a} {moment.day} {moment:%b %H:%M}"


def _settled(point: BriefPoint) -> int:
    return (point.completed or 0) + (point.error or 0)

"""A burn-up as SVG, and its table: what stands on the page where no script draws."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from batches.services.chart.brief import BriefPoint

WIDTH, HEIGHT = 880, 260  # of the view box, in which the template writes the words of the axes
LINES_SHOWN = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """Lines as `points` of SVG. top: the count at the upper edge. lines: newest first."""

    total: str
    settled: str
    completed: str
    area: str
    top: int
    start: datetime
    end: datetime
    lines: tuple[tuple[datetime, BriefPoint], ...]


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
    lines = [(datetime.fromtimestamp(point.at, zone), point) for point in known[-LINES_SHOWN:]]
    return Drawing(
        total=" ".join(place(one.at, one.total) for one in known if one.total is not None),
        settled=" ".join(place(point.at, _settled(point)) for point in known),
        completed=completed,
        area=f"0,{HEIGHT} {completed} {completed.rpartition(' ')[2].partition(',')[0]},{HEIGHT}",
        top=top,
        start=datetime.fromtimestamp(first, zone),
        end=datetime.fromtimestamp(known[-1].at, zone),
        lines=tuple(lines[::-1]),
    )


def _settled(point: BriefPoint) -> int:
    return (point.completed or 0) + (point.error or 0)

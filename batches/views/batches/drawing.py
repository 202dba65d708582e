"""A burn-up as SVG, and its table: what stands on the page where no script draws."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from itertools import pairwise

from batches.services.chart.brief import BriefPoint
from batches.services.observations.series import DAY
from batches.templatetags.figures import figure

WIDTH, HEIGHT = 880, 260  # of the view box, in which the template writes the words of the axes
GAP = 2 * 3_600  # seconds: of a watched batch each hour has a point, and each day its two ends
LINES_SHOWN = 12  # the whole table has a page of its own


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """Lines as `points` of SVG; in parts where nobody watched. top: the count at the upper edge.

    due: where the line of the due date stands, from the left; empty where it is not in the picture.

    lines: of the table, newest first: time, completed, error, total.
    """

    total: str
    settled: tuple[str, ...]
    completed: tuple[str, ...]
    area: tuple[str, ...]
    top: str
    start: str
    end: str
    due: str
    lines: tuple[tuple[str, str, str, str], ...]

    @property
    def due_anchor(self) -> str:
        """Of its words, so that they stay within the picture."""
        share = float(self.due) / WIDTH
        return "end" if share > 0.9 else "start" if share < 0.1 else "middle"


def draw(
    points: Sequence[BriefPoint], zone: tzinfo, *, due_at: datetime | None = None
) -> Drawing | None:
    """None where nothing was counted. A due date is shown up to as far ahead as the history is."""
    known = [point for point in points if point.completed is not None]
    if not known:
        return None
    top = max(1, *(max(_settled(point), point.total or 0) for point in known))
    first, last = known[0].at, known[-1].at
    due = int(due_at.timestamp()) if due_at else None
    if due is not None and not first <= due <= last + max(DAY, last - first):
        due = None
    end = max(last, due or last)
    length = max(1, end - first)

    def place(at: int, count: int) -> str:
        return f"{WIDTH * (at - first) / length:.1f},{HEIGHT - HEIGHT * count / top:.1f}"

    parts = list(_parts(known))
    completed = [" ".join(place(one.at, one.completed or 0) for one in part) for part in parts]
    lines = (
        (_words(one.at, zone), figure(one.completed), figure(one.error), figure(one.total))
        for one in reversed(known[-LINES_SHOWN:])
    )
    return Drawing(
        total=" ".join(place(one.at, one.total) for one in known if one.total is not None),
        settled=tuple(" ".join(place(one.at, _settled(one)) for one in part) for part in parts),
        completed=tuple(completed),
        area=tuple(_area(line) for line in completed),
        top=figure(top),
        start=_words(first, zone),
        end=_words(end, zone),
        due=f"{WIDTH * (due - first) / length:.1f}" if due is not None else "",
        lines=tuple(lines),
    )


def _parts(points: Sequence[BriefPoint]) -> Iterator[Sequence[BriefPoint]]:
    """Cut where nobody watched over midnight: of a day before that, its ends alone are known."""
    begun = 0
    for place, (before, after) in enumerate(pairwise(points), start=1):
        if after.at - before.at > GAP and before.at // DAY != after.at // DAY:
            yield points[begun:place]
            begun = place
    yield points[begun:]


def _area(line: str) -> str:
    """Below a line, down to the axis."""
    first, last = (end.partition(",")[0] for end in (line, line.rpartition(" ")[2]))
    return f"{first},{HEIGHT} {line} {last},{HEIGHT}"


def _words(at: int, zone: tzinfo) -> str:
    """`Thu 26 Nov 14:02`."""
    # not with Django's filter: a page has dozens of them, for the few that run no script
    moment = datetime.fromtimestamp(at, zone)
    return f"{moment:%a} {moment.day} {moment:%b %H:%M}"


def _settled(point: BriefPoint) -> int:
    return (point.completed or 0) + (point.error or 0)

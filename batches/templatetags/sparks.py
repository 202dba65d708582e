"""Small drawings as SVG: a line of speeds, and an estimate with its due date."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django import template
from django.utils import timezone

register = template.Library()

HEIGHT, EDGE, DOT = 16, 2, 1.5
MARK_WIDTH = 88
# The later end, of the range or the due date, stands at this share of the mark's width.
LATER_END = 0.88


@register.inclusion_tag("_spark_line.html")
def spark_line(points: Sequence[float] | None, width: int = 48, words: str = "") -> dict[str, Any]:
    """points: any numbers, oldest first. words: what it shows, for those who do not see it."""
    if not points or len(points) < 2:
        return {"line": ""}
    top = max(*points, 1e-9)
    step = (width - 2 * EDGE) / (len(points) - 1)
    places = [
        (EDGE + step * number, HEIGHT - EDGE - (HEIGHT - 2 * EDGE) * max(0.0, point) / top)
        for number, point in enumerate(points)
    ]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    x, y = places[-1]
    return {
        "line": line,
        "x": f"{x:.1f}",
        "y": f"{y:.1f}",
        "dot": DOT,
        "width": width,
        "height": HEIGHT,
        "words": words,
    }


@register.inclusion_tag("_range_mark.html")
def range_mark(
    low: datetime | float | None, high: datetime | float | None, due: datetime | float
) -> dict[str, Any]:
    """The range of an estimate on a track that begins now, with the due date as a stroke in it.

    Times, or epoch seconds. low, high: None where there is no estimate.
    """
    now = timezone.now().timestamp()
    ends = [_seconds(one) - now for one in (low, high) if one is not None]
    date = _seconds(due) - now
    span = max(*ends, date, timedelta(minutes=1).total_seconds()) / (LATER_END * MARK_WIDTH)
    first, last = (max(0.0, end / span) for end in ends) if len(ends) == 2 else (0.0, 0.0)
    return {
        "has_range": len(ends) == 2,
        "start": f"{first:.1f}",
        "length": f"{max(2.0, last - first):.1f}",
        "due": f"{min(MARK_WIDTH - 1.0, max(1.0, date / span)):.1f}",
        "width": MARK_WIDTH,
        "height": HEIGHT,
    }


def _seconds(moment: datetime | float) -> float:
    return moment.timestamp() if isinstance(moment, datetime) else float(moment)

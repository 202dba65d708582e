"""The picture of a history where no script runs."""

from datetime import UTC, datetime

import pytest

from batches.services.chart.brief import BriefPoint
from batches.views.batches.drawing import LINES_SHOWN, draw

AT = 1_764_072_000  # Tue 25 Nov 2025 12:00 UTC


def test_lines_fill_the_view_box():
    points = [BriefPoint(AT, 0, 0, 100), BriefPoint(AT + 3600, 40, 10, 100)]
    drawing = draw(points, UTC)
    assert drawing
    assert drawing.completed == ("0.0,260.0 880.0,156.0",)
    assert drawing.settled == ("0.0,260.0 880.0,130.0",)
    assert drawing.total == "0.0,0.0 880.0,0.0"
    assert drawing.area == ("0.0,260 0.0,260.0 880.0,156.0 880.0,260",)
    assert (drawing.top, drawing.start, drawing.end) == (
        "100",
        "Tue 25 Nov 12:00",
        "Tue 25 Nov 13:00",
    )
    assert drawing.lines[0] == ("Tue 25 Nov 13:00", "40", "10", "100")


def test_no_line_is_drawn_over_a_night_in_which_nobody_watched():
    seen = [(0, 0), (3_600, 10), (20 * 3_600, 50), (21 * 3_600, 60)]
    drawing = draw([BriefPoint(AT + at, done, 0, 100) for at, done in seen], UTC)
    assert drawing
    assert [line.count(" ") for line in drawing.completed] == [1, 1]
    assert len(drawing.area) == len(drawing.settled) == 2


def test_the_two_ends_of_a_day_are_joined():
    seen = [(12_600 * n, n) for n in range(3)]  # 12:00, 15:30 and 19:00
    drawing = draw([BriefPoint(AT + at, done, 0, 100) for at, done in seen], UTC)
    assert drawing
    assert len(drawing.completed) == 1


def test_unknown_counts_are_left_out_of_lines_and_named_in_the_table():
    points = [BriefPoint(AT, None, None, None), BriefPoint(AT + 60, 3, None, None)]
    drawing = draw(points, UTC)
    assert drawing
    assert (drawing.total, drawing.completed) == ("", ("0.0,0.0",))
    assert drawing.lines == (("Tue 25 Nov 12:01", "3", "unknown", "unknown"),)


def test_of_a_long_history_the_newest_lines_are_shown():
    drawing = draw([BriefPoint(AT + 60 * n, n, 0, 99) for n in range(99)], UTC)
    assert drawing
    assert len(drawing.lines) == LINES_SHOWN
    assert drawing.lines[0][1] == "98"


def test_of_nothing_there_is_no_picture():
    assert draw([], UTC) is None
    assert draw([BriefPoint(AT, None, 1, 2)], UTC) is None


@pytest.mark.parametrize(
    ("hours", "x", "anchor"),
    [(1, "440.0", "middle"), (2, "880.0", "end"), (0, "0.0", "start"), (4, "880.0", "end")],
)
def test_the_due_date_is_a_line_in_the_picture(hours: float, x: str, anchor: str):
    points = [BriefPoint(AT, 0, 0, 100), BriefPoint(AT + 7200, 40, 10, 100)]
    due_at = datetime.fromtimestamp(AT + hours * 3600, UTC)
    drawing = draw(points, UTC, due_at=due_at)
    assert drawing
    assert (drawing.due, drawing.due_anchor) == (x, anchor)
    # what is counted ends where it was read
    ends = "880.0" if hours <= 2 else "440.0"
    assert drawing.completed[0].split(" ")[-1].startswith(f"{ends},")


@pytest.mark.parametrize("days", [-1, 3])
def test_a_due_date_far_from_the_history_is_not_drawn(days: int):
    points = [BriefPoint(AT, 0, 0, 100), BriefPoint(AT + 7200, 40, 10, 100)]
    drawing = draw(points, UTC, due_at=datetime.fromtimestamp(AT + days * 86_400, UTC))
    assert drawing
    assert (drawing.due, drawing.end) == ("", "Tue 25 Nov 14:00")

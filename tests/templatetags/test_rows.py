"""A row of a list is drawn once for all who see the same, and anew for who sees another."""

import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from django.template import Context, Template
from django.utils import timezone

from batches.models import AlarmKind, Operation
from batches.refonte import Counts
from batches.services.attention.types import OpenAlarm
from batches.services.batches.facts import BatchFacts
from batches.services.batches.progress import Progress
from batches.services.batches.rows import Row
from batches.services.estimates.types import BatchEstimate
from batches.templatetags import rows
from batches.views.batches.columns import ALL, STATUS
from tests.support.template_tree import reads

TABLE = "{% load rows %}{% drawn_rows rows %}"
COLUMNS = (STATUS, *ALL.values())
COUNTS = Counts(pending=3, completed=7)
KITTENS = Row(
    facts=BatchFacts(
        name="kitten <b>07</b>",
        project="Cats",
        status="in_progress",
        created_at=datetime(2026, 11, 20, 23, 30, tzinfo=UTC),
    ),
    progress=Progress(counts=COUNTS, status="in_progress"),
)


@pytest.fixture(autouse=True)
def nothing_drawn_yet():
    rows.drawn.clear()


def draw(*shown: Row, key: str = "live-00000000", zone: str = "UTC") -> str:
    frame = SimpleNamespace(key=SimpleNamespace(ref=key), zone_name=zone)
    with timezone.override(zone):
        return Template(TABLE).render(Context({"rows": shown, "frame": frame, "columns": COLUMNS}))


def alarmed(kind: AlarmKind, since: datetime = datetime(2026, 11, 21, tzinfo=UTC)) -> Row:
    alarm = OpenAlarm(
        id=1, kind=kind, fingerprint="f" * 16, since=since, began_at=since, checked_at=since
    )
    return replace(KITTENS, alarms=(alarm,))


def kittens(mark: str = "", progress: Progress = KITTENS.progress, **facts: Any) -> Row:
    return replace(KITTENS, facts=replace(KITTENS.facts, **facts), mark=mark, progress=progress)


def drawn_names(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every row that is drawn from here on."""
    names: list[str] = []

    def noted(context: Any, row: Row, template_name: str) -> str:
        names.append(row.name)
        return row.name

    monkeypatch.setattr("batches.templatetags.rows._draw", noted)
    return names


def test_a_row_is_drawn_with_its_name_escaped_and_its_key() -> None:
    drawn = draw(KITTENS)

    assert "kitten &lt;b&gt;07&lt;/b&gt;" in drawn
    assert "?key=live-00000000" in drawn


def test_what_was_drawn_is_not_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    names = drawn_names(monkeypatch)
    puppies = kittens(name="puppies")

    assert draw(KITTENS) + draw(KITTENS, puppies) == draw(KITTENS) + draw(KITTENS) + draw(puppies)
    assert names == [KITTENS.name, "puppies"]


def test_rows_of_any_length_take_no_more_room_than_there_is() -> None:
    for number in range(3):
        draw(kittens(name=f"{number}" + "<" * rows.LONGEST))
    assert rows.drawn.currsize == 0

    for number in range(20):
        draw(kittens(name=f"kitten-{number}"))
    assert rows.drawn.currsize == sum(map(sys.getsizeof, rows.drawn.values())) <= rows.drawn.maxsize


# For each path that the template reads: a row that differs in it. Longer paths are covered by it.
EARLIER = datetime(2026, 11, 22, tzinfo=UTC)
SENT = Operation(state="succeeded", username="alice", parameters={"priority": 25})
GONE = replace(KITTENS.facts, absent_at=EARLIER)
CHANGES: dict[str, Row] = {
    "row.name": kittens(name="puppies"),
    "row.project": kittens(project="Dogs"),
    "row.status": kittens(status="completed"),
    "row.created_at": kittens(created_at=None),
    "row.facts.absent_at": replace(KITTENS, facts=GONE),
    "row.facts.seen_at": replace(KITTENS, facts=replace(GONE, seen_at=EARLIER)),
    "row.status_as_of": replace(KITTENS, status_as_of=EARLIER),
    "row.priority": replace(KITTENS, priority=SENT),
    "row.estimate": replace(KITTENS, estimate=BatchEstimate(at=EARLIER, as_of=EARLIER)),
    "row.spark_points": replace(
        KITTENS,
        spark=(1.0, 2.0),
        # a line is stored with its estimate
        estimate=BatchEstimate(at=EARLIER + timedelta(minutes=5), as_of=EARLIER),
    ),
    "row.due_at": replace(KITTENS, due_at=EARLIER),
    "row.owner": replace(KITTENS, owner="alice"),
    "row.stalled": alarmed(AlarmKind.STALLED),
    "row.forgotten": alarmed(AlarmKind.STAGING),
    "row.at_risk": replace(alarmed(AlarmKind.AT_RISK), due_at=EARLIER),
    "row.failing": alarmed(AlarmKind.ERRORS),
    "row.mark": kittens(mark="no longer matches these filters"),
    "row.progress": kittens(progress=replace(KITTENS.progress, as_of=EARLIER)),
    "row.stamp": kittens(
        progress=Progress(counts=replace(COUNTS, completed=8), status="in_progress")
    ),
}
CONSTANT = {"oob", "column"}  # set by live pieces alone; given by the loop over columns
TEMPLATES = (
    *("batches/_row.html", "batches/_piece.html", "batches/_wall_row.html"),
    *(column.cell for column in COLUMNS),
)


def test_the_templates_read_nothing_but_what_their_key_covers() -> None:
    read = {path for name in TEMPLATES for path in reads(name)}
    read = {path for path in read if path.partition(".")[0] not in CONSTANT}

    assert {"row.name", "row.spark_points", "row.at_risk"} <= read
    uncovered = {path for path in read if not path.startswith(tuple(CHANGES))}
    # these have tests of their own; the wall hands the whole row to its tag
    assert uncovered == {"key_ref", "columns", "row"}


@pytest.mark.parametrize("path", CHANGES)
def test_a_row_that_differs_is_drawn_anew(monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    names = drawn_names(monkeypatch)
    like_it = {"row.facts.seen_at": CHANGES["row.facts.absent_at"]}.get(path, KITTENS)
    draw(like_it)
    draw(CHANGES[path])

    assert len(names) == 2


def test_a_row_of_yesterday_is_drawn_anew_with_the_day_of_its_times() -> None:
    at = datetime(2026, 11, 20, 23, 49, tzinfo=UTC)
    row = kittens(progress=replace(KITTENS.progress, as_of=at))
    with time_machine.travel(at + timedelta(minutes=1), tick=False):
        today = draw(row)
    with time_machine.travel(at + timedelta(hours=9), tick=False):
        tomorrow = draw(row)

    assert ">23:49" in today
    assert ">20 Nov, 23:49" in tomorrow


def test_how_long_a_batch_waits_in_staging_grows_in_a_kept_row() -> None:
    row = alarmed(AlarmKind.STAGING)
    with time_machine.travel(row.alarms[0].since + timedelta(hours=25), tick=False):
        assert ">25 h<" in draw(row)
    with time_machine.travel(row.alarms[0].since + timedelta(hours=26), tick=False):
        assert ">26 h<" in draw(row)


def test_other_columns_are_another_row() -> None:
    frame = SimpleNamespace(key=SimpleNamespace(ref="live-00000000"), zone_name="UTC")
    row = replace(KITTENS, owner="alice")
    around = {"rows": [row], "frame": frame, "columns": COLUMNS}
    drawn = [
        Template(TABLE).render(Context(around | {"columns": columns}))
        for columns in (COLUMNS, (STATUS,), (STATUS, ALL["owner"]))
    ]

    assert ["alice" in one for one in drawn] == [True, False, True]
    wall = Template('{% load rows %}{% drawn_rows rows "batches/_wall_row.html" %}')
    assert "wall-row" in wall.render(Context(around))


def test_a_kept_row_sees_nothing_else_of_its_page() -> None:
    page = Template("{% load rows %}{% drawn_rows rows %}")
    frame = SimpleNamespace(key=SimpleNamespace(ref="live-00000000"), zone_name="UTC")
    around = {"oob": True, "rows": [KITTENS], "frame": frame, "columns": COLUMNS}

    assert page.render(Context(around)) == draw(KITTENS)


def test_times_are_those_of_the_readers_zone_and_links_lead_to_the_readers_key() -> None:
    assert "20 Nov 2026, 23:30" in draw(KITTENS)
    assert "21 Nov 2026, 08:30" in draw(KITTENS, zone="Asia/Tokyo")
    assert "?key=test-11111111" in draw(KITTENS, key="test-11111111")

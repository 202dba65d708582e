"""A row of a list is drawn once for all who see the same, and anew for who sees another."""

import sys
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from django.template import Context, Template
from django.utils import timezone

from batches.refonte import Counts
from batches.services.batches.facts import BatchFacts
from batches.services.batches.progress import Progress
from batches.services.batches.rows import Row
from batches.templatetags import rows

TABLE = "{% load rows %}{% drawn_rows rows %}"
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
        return Template(TABLE).render(Context({"rows": shown, "frame": frame}))


def kittens(mark: str = "", progress: Progress = KITTENS.progress, **facts: Any) -> Row:
    return replace(KITTENS, facts=replace(KITTENS.facts, **facts), mark=mark, progress=progress)


def drawn_names(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every row that is drawn from here on."""
    names: list[str] = []

    def noted(context: Any, row: Row) -> str:
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


@pytest.mark.parametrize(
    "change",
    [
        {"project": "Dogs"},
        {"status": "completed"},
        {"created_at": None},
        {"mark": "no longer matches these filters"},
        {"progress": Progress(counts=replace(COUNTS, completed=8), status="in_progress")},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_row_that_changed_is_drawn_anew(
    monkeypatch: pytest.MonkeyPatch, change: dict[str, Any]
) -> None:
    names = drawn_names(monkeypatch)
    draw(KITTENS)
    draw(kittens(**change))

    assert len(names) == 2


def test_times_are_those_of_the_readers_zone_and_links_lead_to_the_readers_key() -> None:
    assert "20 Nov 2026, 23:30" in draw(KITTENS)
    assert "21 Nov 2026, 08:30" in draw(KITTENS, zone="Asia/Tokyo")
    assert "?key=test-11111111" in draw(KITTENS, key="test-11111111")

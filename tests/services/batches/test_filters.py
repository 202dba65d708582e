"""Days in the reader's zone as bounds in UTC, and where the next page begins."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone

from batches.sandbox import Sandbox
from batches.services.batches.filters import ListFilters, day_start
from batches.services.keys.types import KeyHandle
from tests.support.reads import read_page

# Both ends of the world, nights on which clocks change, and a midnight that never was.
HARD_DAYS = [
    ("Pacific/Kiritimati", date(2026, 11, 23)),
    ("Pacific/Pago_Pago", date(2026, 11, 23)),
    ("Europe/Berlin", date(2026, 3, 29)),
    ("Europe/Berlin", date(2026, 10, 25)),
    ("America/Santiago", date(2026, 9, 6)),
    ("America/Santiago", date(2026, 4, 4)),
    ("America/Santiago", date(2026, 4, 5)),
    ("America/Havana", date(2026, 11, 1)),
    ("America/Nuuk", date(2026, 3, 29)),
    ("America/Nuuk", date(2026, 10, 25)),
    ("Asia/Beirut", date(2026, 3, 29)),
    ("Africa/Cairo", date(2026, 4, 24)),
    ("Australia/Lord_Howe", date(2026, 10, 4)),
    ("UTC", date(2024, 2, 29)),
]


def filters(zone: str = "UTC", **fields: object) -> ListFilters:
    return ListFilters(zone=ZoneInfo(zone), **fields)  # type: ignore[arg-type]  # as the form gives


@pytest.mark.parametrize(("zone", "day"), HARD_DAYS)
def test_a_day_holds_every_moment_of_that_local_day_and_no_other(zone: str, day: date):
    start, end = filters(zone, start=day, end=day).window(timezone.now())
    assert start
    assert end

    moment = datetime.combine(day, datetime.min.time(), UTC) - timedelta(days=2)
    for _ in range(5 * 24 * 4):
        is_that_day = moment.astimezone(ZoneInfo(zone)).date() == day
        assert (start <= moment <= end) == is_that_day, moment
        moment += timedelta(minutes=15)


@pytest.mark.parametrize(("zone", "day"), HARD_DAYS)
def test_created_on_a_day_lists_exactly_the_batches_of_that_local_day(
    zone: str, day: date, key: KeyHandle, refonte: Sandbox
):
    ms, first = timedelta(milliseconds=1), day_start(day, ZoneInfo(zone))
    after = day_start(day + timedelta(days=1), ZoneInfo(zone))
    moments = {"last eve": first - ms, "first": first, "last": after - ms, "morrow": after}
    for name, moment in moments.items():
        refonte.add_batch(name, created_at=moment)

    query = filters(zone, start=day, end=day).query(timezone.now())
    page = read_page(key, start_time=query.start_time, end_time=query.end_time).data

    assert page
    assert [batch.name for batch in page.batches] == ["last", "first"]


@pytest.mark.parametrize(
    ("created", "first"),
    [("today", "2026-11-24"), ("7d", "2026-11-18"), ("30d", "2026-10-26")],
)
def test_presets_count_days_in_the_readers_zone(created: str, first: str):
    with time_machine.travel("2026-11-23T12:00:00Z", tick=False):
        there = filters("Pacific/Kiritimati", created=created).window(timezone.now())

    assert there == (day_start(date.fromisoformat(first), ZoneInfo("Pacific/Kiritimati")), None)


def test_a_skipped_midnight_begins_the_day_an_hour_later():
    assert day_start(date(2026, 9, 6), ZoneInfo("America/Santiago")) == datetime(
        2026, 9, 6, 4, tzinfo=UTC
    )


BEFORE = datetime(2026, 11, 23, 10, 0, 0, 250_000, UTC)
A_HUNDRED = tuple(f"{number:06}" for number in range(100))


@pytest.mark.parametrize(
    ("place", "limit", "offset"),
    [
        ({"shown": A_HUNDRED[:3]}, 53, 0),
        ({"shown": A_HUNDRED[:60]}, 100, 0),
        ({"shown": A_HUNDRED[:50], "passed": 50}, 100, 50),
        ({"passed": 3}, 50, 3),
    ],
)
def test_a_page_asks_from_its_anchor_on_for_the_rows_it_knows_as_well(
    place: dict[str, Any], limit: int, offset: int
):
    query = filters(before=BEFORE, seen=100, **place).query(timezone.now())

    assert (query.end_time, query.limit, query.offset) == (BEFORE, limit, offset)


@pytest.mark.parametrize(("rows", "offset"), [(26, 0), (25, 13), (2, 24), (1, 25)])
def test_an_answer_too_short_for_the_rows_it_knows_brings_half_of_them_at_most(
    rows: int, offset: int
):
    query = filters(before=BEFORE, seen=100, shown=A_HUNDRED[:25]).query(timezone.now(), rows)

    assert (query.limit, query.offset) == (rows, offset)


def test_the_anchor_never_reaches_past_the_last_day():
    last, before = date(2026, 11, 20), datetime(2026, 11, 23, tzinfo=UTC)

    query = filters(end=last, before=before, seen=50).query(timezone.now())

    assert query.end_time == datetime(2026, 11, 20, 23, 59, 59, 999_000, UTC)


def test_rows_without_times_are_counted_instead_and_the_last_ones_asked_for_again():
    assert filters(seen=50).query(timezone.now()).offset == 50
    assert filters(seen=50, shown=A_HUNDRED[:25]).query(timezone.now()).offset == 25
    assert filters(seen=5, shown=A_HUNDRED[:25]).query(timezone.now()).offset == 0


def test_the_first_page_forgets_where_paging_stood():
    there = filters(
        before=timezone.now(), passed=4, shown=A_HUNDRED[:2], seen=50, project="kittens"
    )

    assert not there.is_first_page
    assert there.first_page() == filters(project="kittens")

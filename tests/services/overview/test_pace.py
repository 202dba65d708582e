"""Keeping up: today against days of its kind, up to the same time of the day, in any zone."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from pytest_django import DjangoAssertNumQueries

from batches.models import Rhythm, WatchGap
from batches.models.names import name_digest
from batches.services.overview.pace import Paces
from batches.services.overview.types import Pace
from tests.support.clock import NOON
from tests.support.overviews import DAY, HOUR, worked, worked_days

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
PRINT = "0123456789abcdef"
UTC_ZONE, BERLIN = ZoneInfo("UTC"), ZoneInfo("Europe/Berlin")


def pace(zone: ZoneInfo = UTC_ZONE, now: datetime = NOON, project: str = "") -> Pace:
    paces = Paces(fingerprint=PRINT, projects=[], zone=zone, now=now)
    return paces.of(name_digest(project)) if project else paces.of_all()


def test_workdays_are_set_against_workdays_up_to_the_same_hour():
    worked_days(PRINT, 13)  # a Monday: on Saturday and Sunday as much, which is not asked

    found = pace()

    assert [day.tasks for day in found.days] == [320] * 13 + [160]
    assert [day.is_off for day in found.days[-3:]] == [True, True, False]
    assert (found.by_now, found.usual, found.usual_day) == (160, 160, 320)
    assert (found.compared, found.change, found.rest) == (5, 0, 160)


def test_a_day_off_is_set_against_days_off():
    worked_days(PRINT, 7)
    sunday = NOON - DAY
    assert pace(now=sunday).compared == 1  # Saturday; the Sunday before is a week away


def test_what_is_in_this_quarter_of_an_hour_counts_by_its_share():
    worked(PRINT, NOON - 3 * DAY, 90)
    assert pace(now=NOON + timedelta(minutes=5)).usual == pytest.approx(30)


def test_the_rest_of_today_is_at_the_speed_of_today():
    worked_days(PRINT, 7)
    worked(PRINT, NOON.replace(hour=9), 80)
    found = pace()
    assert (found.change, found.rest) == (0.5, 240)


def test_projects_add_up_to_the_whole():
    worked_days(PRINT, 7)
    worked(PRINT, NOON - 3 * DAY, 50, project="dogs")
    worked(PRINT, NOON - HOUR, 7, project="dogs", errors=1)

    kittens, dogs, whole = pace(project="kittens"), pace(project="dogs"), pace()

    assert kittens.by_now + dogs.by_now == whole.by_now == 168
    assert (kittens.usual or 0) + (dogs.usual or 0) == whole.usual
    assert dogs.days[-1].errors == 1


def test_a_project_of_today_alone_has_nothing_usual():
    worked_days(PRINT, 7)
    worked(PRINT, NOON - HOUR, 7, project="new")
    found = Paces(fingerprint=PRINT, projects=[name_digest("new")], zone=UTC_ZONE, now=NOON).of(
        name_digest("new")
    )
    assert (found.by_now, found.usual, found.change) == (7, 0, None)


def test_without_any_day_watched_there_is_no_comparison():
    assert (pace().usual, pace().compared, pace().rest) == (None, 0, 0)


def test_days_begin_at_midnight_of_the_person():
    worked(PRINT, datetime(2026, 11, 22, 23, 30, tzinfo=UTC), 5)  # 0:30 on Monday in Berlin
    assert [day.tasks for day in pace(BERLIN).days[-2:]] == [0, 5]
    assert [day.tasks for day in pace().days[-2:]] == [5, 0]


@pytest.mark.parametrize("hour", [0, 2, 22])
def test_the_day_of_25_hours_is_one_day(hour: int):
    sunday = datetime(2026, 10, 25, hour, 30, tzinfo=BERLIN)
    worked(PRINT, sunday, 5)
    now = datetime(2026, 10, 27, 12, tzinfo=BERLIN)
    found = pace(BERLIN, now)
    assert [day.tasks for day in found.days[-4:]] == [0, 5, 0, 0]


def test_work_in_a_gap_counts_where_the_gap_ended():
    worked(PRINT, NOON - DAY, 0, gap_completed=7, gap_errors=2)
    assert pace().days[-2].tasks == 9


def test_a_day_with_long_gaps_is_compared_with_none():
    worked_days(PRINT, 7)
    since = NOON - 3 * DAY - 3 * HOUR
    WatchGap.objects.create(fingerprint=PRINT, since=since, until=since + 3 * HOUR, reason="-")
    assert pace().compared == 4
    WatchGap.objects.all().delete()


def test_which_days_are_off_is_what_the_rhythm_of_the_key_says(clock: time_machine.Traveller):
    weights = [1.0] * 168
    weights[48:72] = [0.1] * 24  # Wednesdays
    Rhythm.objects.create(fingerprint=PRINT, at=NOON, weights=weights)
    off = {day.day.strftime("%a") for day in pace().days if day.is_off}
    assert off == {"Wed"}


def test_the_sums_of_days_that_are_over_are_read_once_in_a_quarter_of_an_hour(
    django_assert_num_queries: DjangoAssertNumQueries,
):
    worked_days(PRINT, 7)
    with django_assert_num_queries(5):
        pace()
    with django_assert_num_queries(1):
        pace()


def test_another_keys_work_is_not_counted():
    worked_days("f" * 16, 7)
    assert pace().days[-2].tasks == 0

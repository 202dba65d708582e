"""Quiet hours and digests go by the clock on the wall, also where it is moved."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from batches.services.notices.hours import digest_day, quiet_until

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = (time(22), time(7))
HALF_PAST_TWO = (time(22), time(2, 30))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("hours", "now", "until"),
    [
        (NIGHT, "2026-11-23 12:00", None),
        (NIGHT, "2026-11-23 20:59", None),
        (NIGHT, "2026-11-23 21:00", "2026-11-24 06:00"),
        (NIGHT, "2026-11-24 05:59", "2026-11-24 06:00"),
        (NIGHT, "2026-11-24 06:00", None),
        ((time(12), time(14)), "2026-11-23 11:30", "2026-11-23 13:00"),
        ((time(12), time(14)), "2026-11-23 13:00", None),
        # the clock goes from 2 to 3: the night is an hour shorter
        (NIGHT, "2026-03-28 21:00", "2026-03-29 05:00"),
        # half past two does not come: what stands an hour later is the same moment
        (HALF_PAST_TWO, "2026-03-28 23:00", "2026-03-29 01:30"),
        # the clock goes from 3 back to 2: the night is an hour longer
        (NIGHT, "2026-10-24 20:00", "2026-10-25 06:00"),
        # half past two comes twice: the first one, and from then on the second
        (HALF_PAST_TWO, "2026-10-24 23:00", "2026-10-25 00:30"),
        (HALF_PAST_TWO, "2026-10-25 01:15", "2026-10-25 01:30"),
        ((None, None), "2026-11-23 23:00", None),
        ((time(7), time(7)), "2026-11-23 07:00", None),
    ],
)
def test_quiet_hours_end_by_the_clock_on_the_wall(
    hours: tuple[time | None, time | None], now: str, until: str | None
):
    begin, end = hours
    found = quiet_until(now=utc(now), zone=BERLIN, begin=begin, end=end)
    assert found == (utc(until) if until else None)


@pytest.mark.parametrize(
    ("at", "now", "day"),
    [
        (time(7, 30), "2026-11-23 06:29", None),
        (time(7, 30), "2026-11-23 06:30", date(2026, 11, 23)),
        (time(7, 30), "2026-11-23 12:29", date(2026, 11, 23)),
        # chosen, or the worker back, long after its hour
        (time(7, 30), "2026-11-23 12:30", None),
        # an hour that does not come on this day
        (time(2, 30), "2026-03-29 01:30", date(2026, 3, 29)),
        # an hour that comes twice: of one day both times, so there is one digest
        (time(2, 30), "2026-10-25 00:30", date(2026, 10, 25)),
        (time(2, 30), "2026-10-25 01:30", date(2026, 10, 25)),
    ],
)
def test_a_digest_is_due_once_its_hour_has_come(at: time, now: str, day: date | None):
    found = digest_day(now=utc(now), zone=BERLIN, at=at, latest=timedelta(hours=6))
    assert found == day

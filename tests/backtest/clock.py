"""The hours of an account: a grid of UTC time with the local time beside it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np

from batches.services.forecast.types import Floats

MINUTE, HOUR, DAY = 60, 3600, 86_400
STEP = 600  # seconds of a cell: rates change at most so often
WEEKS = 30  # batches begin in the first ten, the slowest one needs the rest
CELLS = WEEKS * 7 * DAY // STEP
# Half-hour zones and both kinds of daylight saving time are among them.
ZONES = (
    "UTC", "Europe/Berlin", "Europe/London", "America/New_York", "America/Los_Angeles",
    "Asia/Kolkata", "Asia/Kathmandu", "Asia/Manila", "Africa/Nairobi", "Australia/Adelaide",
    "America/St_Johns", "America/Bogota",
)  # fmt: skip
# Mondays from 4 to 12 weeks before clocks change somewhere, and quiet ones.
STARTS = tuple(
    datetime(*day, tzinfo=UTC).timestamp()
    for day in ((2025, 3, 3), (2025, 9, 22), (2026, 2, 23), (2025, 6, 2), (2025, 12, 1))
)


@dataclass(frozen=True, slots=True)
class Clock:
    """Local time of each cell. at: epoch seconds, one more than cells. hour: 0 to 24, of the day.

    weekday: 0 is Monday. day: days since the year 1.
    """

    at: Floats
    hour: Floats
    weekday: Floats
    day: Floats


def make_clock(rng: np.random.Generator) -> Clock:
    zone, start = ZoneInfo(str(rng.choice(ZONES))), float(rng.choice(STARTS))
    at = start + STEP * np.arange(CELLS + 1.0)
    hours = [datetime.fromtimestamp(start + HOUR * n, zone) for n in range(CELLS * STEP // HOUR)]
    offsets = [moment.utcoffset() for moment in hours]
    seconds = np.repeat(
        [offset.total_seconds() if offset else 0 for offset in offsets], HOUR // STEP
    )
    days = (at[:-1] + seconds) / DAY
    day = np.floor(days)
    return Clock(at=at, hour=24 * (days - day), weekday=(day + 3) % 7, day=day)

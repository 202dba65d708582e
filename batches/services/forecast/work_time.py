"""Work time: hours in which work is done as in a mean hour. A night has little of it."""

from dataclasses import dataclass

import numpy as np

from batches.services.forecast.types import HOURS_A_WEEK, Floats

HOUR = 3600.0
WEEK = HOURS_A_WEEK * HOUR
MONDAY = 4 * 86_400  # 1970-01-05 was the first Monday of epoch time


@dataclass(frozen=True, slots=True)
class WorkClock:
    """Work time of several possible weeks at once.

    sums: (weeks, 169) work hours from Monday 0:00 UTC to each hour. The last is a week's.
    """

    sums: Floats

    @classmethod
    def of(cls, weights: Floats) -> "WorkClock":
        """weights: (weeks, 168), all above 0."""
        zero = np.zeros((len(weights), 1))
        return cls(np.concatenate([zero, np.cumsum(weights, axis=1)], axis=1))

    def hours(self, at: Floats) -> Floats:
        """Work hours from 1970 to each time. (weeks, times)"""
        week, second = np.divmod(at - MONDAY, WEEK)
        hour = np.minimum((second // HOUR).astype(np.int64), HOURS_A_WEEK - 1)
        part = second / HOUR - hour
        begin, end = self.sums[:, hour], self.sums[:, hour + 1]
        found: Floats = week * self.sums[:, -1:] + begin + part * (end - begin)
        return found

    def when(self, hours: Floats) -> Floats:
        """The times at which so many work hours have passed since 1970. hours: (weeks, n)"""
        week, rest = np.divmod(hours, self.sums[:, -1:])
        axis = np.arange(HOURS_A_WEEK + 1) * HOUR
        inner = [np.interp(row, sums, axis) for row, sums in zip(rest, self.sums, strict=True)]
        found: Floats = MONDAY + week * WEEK + np.array(inner)
        return found

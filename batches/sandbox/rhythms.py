"""How fast people work in each hour of the week: by rhythm, with the luck of a day and an hour."""

from datetime import datetime
from random import Random
from typing import NamedTuple

from .seeded_random import seeded_random


class Rhythm(NamedTuple):
    """Factors of normal speed by the workers' own clock.

    main: hours from and until which they work most; a rhythm of nights goes over midnight.
    edges: hours before and after, at the speed `edge`. breaks: the share of hours without work.
    """

    main: tuple[int, int]
    edges: tuple[int, int]
    day: float
    edge: float
    night: float
    weekend: float
    luck_of_day: tuple[float, float] = (1.0, 1.0)
    luck_of_hour: tuple[float, float] = (0.7, 1.4)
    breaks: float = 0.0

    def at(self, hour: int) -> float:
        """The speed on a weekday."""
        first, last = self.main
        if (hour - first) % 24 < (last - first) % 24:
            return self.day
        early, late = self.edges
        # round the clock: the edges may go over midnight as well
        return self.edge if (hour - early) % 24 < (late - early) % 24 else self.night


DAY_LUCK, HOUR_LUCK = (0.8, 1.25), (0.75, 1.3)
RHYTHMS = {
    "shifts": Rhythm((8, 18), (6, 22), 1.2, 0.7, 0.35, 0.5, breaks=0.05),
    # of the demo: a part of the people works round the clock, so no hour is without work
    "office": Rhythm((8, 18), (6, 22), 1.2, 0.55, 0.2, 0.3, DAY_LUCK, HOUR_LUCK),
    "nights": Rhythm((20, 4), (18, 6), 1.3, 0.6, 0.3, 0.6, DAY_LUCK, HOUR_LUCK),
}
FASTEST_HOUR = max(r.day * r.luck_of_day[1] * r.luck_of_hour[1] for r in RHYTHMS.values())


def speed_in(rhythm: Rhythm, local: datetime, seed: str, hour: int) -> float:
    """The speed in one hour. `hour` is its number; the same seed and hour give the same speed."""
    # by hour alone, so that the order of calls does not change what is drawn
    random = seeded_random(f"{seed}/{hour}")
    if random.random() < rhythm.breaks:
        return 0.0
    week = rhythm.weekend if local.weekday() >= 5 else 1.0
    return (
        rhythm.at(local.hour)
        * week
        * random.uniform(*rhythm.luck_of_hour)
        * _luck_of_day(rhythm, f"{seed}/{local.date()}")
    )


def _luck_of_day(rhythm: Rhythm, seed: str) -> float:
    if rhythm.luck_of_day == (1.0, 1.0):
        return 1.0
    random: Random = seeded_random(seed)
    return random.uniform(*rhythm.luck_of_day)

"""In which hours people of an account work. Each gives a rate a cell; its mean week is 1."""

from collections.abc import Callable

import numpy as np

from batches.services.forecast.types import Floats
from tests.backtest.clock import Clock

Rng = np.random.Generator
WEEK = 1008  # cells of 10 minutes


def steady(clock: Clock, rng: Rng) -> Floats:
    return np.ones_like(clock.hour)


def office_hours(clock: Clock, rng: Rng) -> Floats:
    start, length = rng.normal(8.5, 0.8), rng.uniform(7, 10)
    rate: Floats = _between(clock, start, start + length)
    rate *= np.where(np.abs(clock.hour - start - 4) < 0.5, rng.uniform(0.2, 0.9), 1)  # lunch
    rate *= _days(clock, _working_days(rng))
    rate += rng.choice([0, 0, 0.01])
    return rate


def two_shifts(clock: Clock, rng: Rng) -> Floats:
    start, second = rng.normal(6.5, 0.5), rng.uniform(0.5, 1.1)
    rate: Floats = _between(clock, start, start + 8) + second * _between(
        clock, start + 8, start + 16
    )
    rate *= _days(clock, _working_days(rng))
    return rate


def evenings(clock: Clock, rng: Rng) -> Floats:
    start = rng.normal(18, 0.8)
    evening = _between(clock, start, start + rng.uniform(3.5, 6))
    weekend = rng.uniform(0, 0.8) * _between(clock, 13, 23) * (clock.weekday >= 5)
    rate: Floats = np.maximum(evening, weekend) + rng.choice([0, 0.02])
    return rate


def weekends_off(clock: Clock, rng: Rng) -> Floats:
    """Around the clock, five days a week, with a weaker night."""
    night = rng.uniform(0.3, 1)
    rate: Floats = np.where((clock.hour < 7) | (clock.hour > 23), night, 1.0)
    rate *= np.where(clock.weekday >= 5, rng.choice([0, 0, 0.05]), 1)
    return rate


def round_the_globe(clock: Clock, rng: Rng) -> Floats:
    """Several teams, each with its own day."""
    rate = np.full_like(clock.hour, rng.uniform(0.05, 0.3))
    for _ in range(rng.integers(2, 4)):
        wave = np.cos((clock.hour - rng.uniform(0, 24)) * np.pi / 12)
        weekend = np.where(clock.weekday >= 5, rng.uniform(0.1, 1), 1)
        rate += rng.uniform(0.5, 1) * np.maximum(wave, 0) * weekend
    return rate


RHYTHMS: dict[str, Callable[[Clock, Rng], Floats]] = {
    "steady": steady,
    "office hours": office_hours,
    "two shifts": two_shifts,
    "evenings": evenings,
    "weekends off": weekends_off,
    "round the globe": round_the_globe,
}


def rate_of(name: str, clock: Clock, rng: Rng) -> Floats:
    rate = RHYTHMS[name](clock, rng)
    rate /= rate[:WEEK].mean()
    return rate


def _between(clock: Clock, start: float, end: float) -> Floats:
    """1 between two local hours of a day, 0 else. Ends may lie in the next day."""
    return np.where((clock.hour - start) % 24 < end - start, 1.0, 0.0)


def _days(clock: Clock, rates: Floats) -> Floats:
    found: Floats = rates[clock.weekday.astype(int)]
    return found


def _working_days(rng: Rng) -> Floats:
    """A rate for each weekday: Monday to Friday, or less often with Saturday or from Sunday."""
    saturday, friday, sunday = [(0, 1, 0), (0, 1, 0), (0, 1, 0), (0.5, 1, 0), (0, 0, 1)][
        rng.integers(5)
    ]
    return np.array([1, 1, 1, 1, friday, saturday, sunday], float)

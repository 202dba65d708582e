"""Weeks that are common: when people of an account work, before anything is known of them."""

import numpy as np

from batches.services.forecast.types import HOURS_A_WEEK, Floats

LENGTHS = (8, 10, 12, 16)  # hours of a working day
DAYS = (  # working days, Monday first
    (1, 1, 1, 1, 1, 1, 1),
    (1, 1, 1, 1, 1, 0, 0),
    (1, 1, 1, 1, 1, 1, 0),
    (1, 1, 1, 1, 0, 0, 1),  # Sunday to Thursday
)
RESTS = (0.005, 0.06)  # of a working hour: what is done at night and on free days
EDGE = 0.1  # of a rate is the last hour's, and of the next one's: days begin at any minute
UNUSUAL = 0.04  # of the work is done at any hour, whatever is usual
QUIET_DAY = 0.3  # of a working day: a weekend with some work


def _hours() -> Floats:
    return np.arange(HOURS_A_WEEK, dtype=np.float64)


def _blocks() -> tuple[list[Floats], list[float]]:
    """Hours of work at every start, length and pattern of days; a day begins with its block."""
    found, prior = [], []
    for start in range(24):
        since = (_hours() - start) % 24
        day = ((_hours() - since) // 24).astype(int) % 7
        for length in LENGTHS:
            for days in DAYS:
                for rest, free in (
                    (RESTS[0], RESTS[0]),
                    (RESTS[1], RESTS[1]),
                    (RESTS[0], QUIET_DAY),
                ):
                    share = np.where(np.array(days)[day] > 0, 1.0, free)
                    found.append(np.where(since < length, share, rest * share))
                    prior.append(1.0 if days == DAYS[1] else 0.5)
    return found, prior


def _round_the_clock() -> tuple[list[Floats], list[float]]:
    """All hours alike; weekdays only, with weekends that begin at any hour."""
    found, prior = [np.ones(HOURS_A_WEEK)], [4.0]
    for start in range(0, 24, 3):
        day = ((_hours() - start) // 24).astype(int) % 7
        found += [np.where(day < 5, 1.0, floor) for floor in (RESTS[0], 0.5)]
        prior += [0.5, 0.5]
    return found, prior


def _waves() -> tuple[list[Floats], list[float]]:
    """Never still, but busier in some hours: people in several zones, or a crowd."""
    found, prior = [], []
    for peak in range(24):
        wave = np.cos((_hours() - peak) * np.pi / 12)
        for depth in (0.3, 0.6, 0.9):
            for weekend in (1.0, 0.5, 0.02):
                share = np.where(_hours() < 120, 1.0, weekend)
                found.append((1.0 + depth * wave) * share)
                prior.append(0.5)
    return found, prior


def _evenings() -> tuple[list[Floats], list[float]]:
    """A few hours of each day, longer at weekends: people beside their job."""
    found = []
    for start in range(24):
        since = (_hours() - start) % 24
        day = ((_hours() - since) // 24).astype(int) % 7
        length = np.where(day < 5, 5, 10)
        found.append(np.where(since < length, 1.0, RESTS[0]))
    return found, [0.5] * 24


def _all() -> tuple[Floats, Floats]:
    parts = [_round_the_clock(), _blocks(), _waves(), _evenings()]
    shapes = np.array([shape for shapes, _ in parts for shape in shapes])
    prior = np.array([chance for _, chances in parts for chance in chances])
    # each family of templates is as likely as the next, however many it has
    sizes = [sum(chances) for _, chances in parts]
    family = np.concatenate(
        [np.full(len(s), 1.0 / size) for (s, _), size in zip(parts, sizes, strict=True)]
    )
    chances = prior * family
    shapes = shapes / shapes.mean(axis=1, keepdims=True)
    before, after = np.roll(shapes, 1, axis=1), np.roll(shapes, -1, axis=1)
    shapes = (1 - 2 * EDGE) * shapes + EDGE * (before + after)
    return (1 - UNUSUAL) * shapes + UNUSUAL, np.log(chances / chances.sum())


# (templates, 168), each with a mean of 1; and how likely each is at first, as logarithms.
TEMPLATES, PRIOR = _all()

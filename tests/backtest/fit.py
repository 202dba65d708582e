"""Measures the coefficients of bias and spread: `python -m tests.backtest.fit` writes them.

On simulated batches of the fitting seeds and on the real ones, whose number is small: each counts
for a few. Minimises the pinball loss of the 10 %, 50 % and 90 % quantile of the log of the time
left (Koenker & Bassett 1978), that is of the whole mixture over possible weeks, with Adam. Then
each spread is scaled, so that of batches of other seeds as many end before a range as after it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from batches.services.forecast import coefficients
from batches.services.forecast.adapter import known_of
from batches.services.forecast.features import NAMES
from batches.services.forecast.outlook import DRAWS, Outlook, look
from batches.services.forecast.quantiles import Coefficients
from batches.services.forecast.silence import before_looking, while_looking
from batches.services.forecast.tidy import tidy
from batches.services.forecast.types import Floats
from tests.backtest import seeds
from tests.backtest.mixture import LEFT, LEVELS, Mixture, Rows, together
from tests.backtest.moments import Case, real_cases, simulated_cases

REAL_WEIGHT = 1.8  # of a row, in each of two sets of moments
COVER = 0.80
FARTHEST = 14.0  # times apart: wider ranges are left out when the spreads are scaled
BENDS = 16
RIDGE, BEND_RIDGE = 0.004, 0.0012
STEPS, RATE, BATCH = 2500, 0.025, 768
FIXED = 1e-6  # spread of a feature that is the same everywhere
HEAD = '''"""Measured, not chosen: `python -m tests.backtest.fit` writes this file."""

# ruff: noqa: E501
# fmt: off
import numpy as np

'''


def rows_of(cases: Iterable[Case], weight: float = 1.0) -> Rows:
    return together([row for case in cases for row in _rows(case, weight)])


def _rows(case: Case, weight: float) -> Iterator[Rows]:
    """One, or none where the estimator says nothing."""
    if not np.isfinite(case.end) or case.end <= case.now:
        return
    rhythm, replays = known_of(case.context)
    course = tidy(case.series)
    siblings = sum(one.project == case.context.project for one in replays)
    if before_looking(course, siblings) is not None:
        return
    seen = look(course, rhythm, replays, case.context.project, case.context.prioritized_at)
    if while_looking(seen, course) is None:
        yield _row(seen, case, weight)


def _row(seen: Outlook, case: Case, weight: float) -> Rows:
    since = seen.clock.hours(seen.work.at[-1:])
    hours = seen.clock.hours(np.append(case.now, case.now + np.exp(LEFT))) - since
    filled = [(0, DRAWS - len(seen.chances))]
    return Rows(
        chances=np.pad(seen.chances, filled)[None],
        hours=np.pad(np.log(np.maximum(hours, 1e-4)), [*filled, (0, 0)])[None].astype(np.float32),
        expected=np.pad(np.log(seen.left / seen.pace.blend), filled)[None],
        features=np.pad(seen.features, [*filled, (0, 0)], mode="edge")[None],
        left=np.log(np.maximum([case.end - case.now], 60.0)),
        weights=np.array([weight]),
    )


def fit(rows: Rows, *, bends: int = BENDS, steps: int = STEPS) -> Coefficients:
    spread, middle = rows.features[:, 0].std(axis=0), rows.features[:, 0].mean(axis=0)
    scale = np.where(spread > FIXED, spread, 1.0)
    middle = np.where(spread > FIXED, middle, 0.0)
    rng, chance = np.random.default_rng(1), rows.weights / rows.weights.sum()
    at = _start(len(scale), bends, rng)
    adam = Adam(at)
    for step in range(1, steps + 1):
        some = rows.some(rng.choice(len(rows.left), BATCH, p=chance))
        some = replace(some, features=(some.features - middle) / scale)
        rate = RATE * (1 - step / (steps + 1))
        adam.descend(_slopes(some, at), step, rate)
    by_feature = at[0] / scale[:, None]
    by_feature[0] -= middle @ by_feature
    return Coefficients(by_feature=by_feature, outer=at[1])


class Adam:
    """Changes the arrays that it is given in place (Kingma & Ba 2014)."""

    def __init__(self, at: list[Floats]) -> None:
        self.at = at
        self.first = [np.zeros_like(one) for one in at]
        self.second = [np.zeros_like(one) for one in at]

    def descend(self, slopes: list[Floats], step: int, rate: float) -> None:
        """step: from 1."""
        for place, slope in enumerate(slopes):
            self.first[place] = 0.9 * self.first[place] + 0.1 * slope
            self.second[place] = 0.999 * self.second[place] + 0.001 * slope**2
            mean = self.first[place] / (1 - 0.9**step)
            size = np.sqrt(self.second[place] / (1 - 0.999**step))
            self.at[place] -= rate * mean / (size + 1e-9)


def _start(features: int, bends: int, rng: np.random.Generator) -> list[Floats]:
    """Of all features alike, but for bends, which have to differ to become different."""
    by_feature = np.zeros((features, 3 + bends))
    by_feature[0, 1:3] = np.log(0.6)
    by_feature[:, 3:] = rng.normal(0, 1 / np.sqrt(features), (features, bends))
    return [by_feature, rng.normal(0, 0.05, (bends, 3))]


def _slopes(rows: Rows, at: list[Floats]) -> list[Floats]:
    """Of the pinball losses of all three quantiles."""
    by_feature, outer = at
    mixture = Mixture(rows, Coefficients(by_feature=by_feature, outer=outer))
    found = np.zeros((*rows.chances.shape, 3))
    for level in LEVELS:
        quantile, slopes = mixture.slopes(level)
        side = ((rows.left < quantile) - level) / len(quantile)
        found += side[:, None, None] * slopes
    bent = np.tanh(rows.features @ by_feature[:, 3:])
    sums = np.concatenate([found, found @ outer.T * (1 - bent**2)], axis=-1)
    ridge = by_feature * np.where(np.arange(by_feature.shape[1]) < 3, RIDGE, BEND_RIDGE)
    ridge[0, :3] = 0.0  # not on the constants
    both = ([0, 1], [0, 1])
    return [
        np.tensordot(rows.features, sums, both) + ridge,
        np.tensordot(bent, found, both) + RIDGE * outer,
    ]


def scaled(at: Coefficients, rows: Rows) -> Coefficients:
    """The same with each spread times the factor that leaves as many rows beyond either end."""
    for side in (1, 2, 1, 2):
        low, high = -1.0, 1.0
        for _ in range(10):
            factor = (low + high) / 2
            is_wide = beyond(_wider(at, side, factor), rows)[side - 1] < (1 - COVER) / 2
            low, high = (low, factor) if is_wide else (factor, high)
        at = _wider(at, side, (low + high) / 2)
    return at


def beyond(at: Coefficients, rows: Rows) -> tuple[float, float]:
    """Shares of the rows whose range is told that end before it, and after it."""
    mixture = Mixture(rows, at)
    low, high = mixture.quantile(0.1), mixture.quantile(0.9)
    is_told = high - low < np.log(FARTHEST)
    before, after = (rows.left < low)[is_told], (rows.left > high)[is_told]
    return float(before.mean()), float(after.mean())


def _wider(at: Coefficients, side: int, factor: float) -> Coefficients:
    """side: 1 below the middle, 2 above."""
    by_feature = at.by_feature.copy()
    by_feature[0, side] += factor
    return Coefficients(by_feature=by_feature, outer=at.outer)


def main() -> None:
    parts = [rows_of(simulated_cases(seed)) for seed in seeds.FITTING]
    parts += [rows_of(real_cases(seed), REAL_WEIGHT) for seed in seeds.FITTING[:2]]
    others = [rows_of(simulated_cases(seed)) for seed in seeds.SCALING]
    found = scaled(fit(together(parts)), together(others))
    Path(coefficients.__file__).write_text(as_module(found), "utf-8")


def as_module(found: Coefficients) -> str:
    return HEAD + _as_array("BY_FEATURE", found.by_feature, NAMES) + _as_array("OUTER", found.outer)


def _as_array(name: str, rows: Floats, names: Sequence[str] = ()) -> str:
    said = [f"  # {what}" for what in names] or [""] * len(rows)
    lines = [
        f"        [{', '.join(f'{number:.4f}' for number in row)}],{what}"
        for row, what in zip(rows, said, strict=True)
    ]
    head, foot = [f"{name} = np.array(", "    ["], ["    ]", ")", ""]
    return "\n".join([*head, *lines, *foot])


if __name__ == "__main__":
    main()

"""Measures the coefficients of bias and spread: `python -m tests.backtest.fit` writes them.

On simulated batches of the fitting seeds and on the real ones, whose number is small: each counts
for several. Minimises the pinball loss of the 10 %, 50 % and 90 % quantile of the log of the time
left (Koenker & Bassett 1978), that is of the whole mixture over possible weeks, with Adam. Then
both spreads are scaled, so that batches of another seed are covered as often as they shall be.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from batches.services.forecast import coefficients
from batches.services.forecast.adapter import known_of
from batches.services.forecast.features import NAMES
from batches.services.forecast.outlook import DRAWS, Outlook, look
from batches.services.forecast.silence import before_looking, while_looking
from batches.services.forecast.tidy import tidy
from batches.services.forecast.types import Floats
from tests.backtest import seeds
from tests.backtest.mixture import LEFT, LEVELS, Mixture, Rows, together
from tests.backtest.moments import Case, real_cases, simulated_cases

BATCHES = 20  # of each kind and seed
REAL_WEIGHT = 5.0
# What is still to come of these can hardly be known: they would be missed more than others.
KIND_WEIGHTS = {"growing total": 2.0, "fading": 1.8, "bursts": 1.6}
COVER = 0.81  # a little is lost on fresh seeds
FARTHEST = 14.0  # times apart: wider ranges are left out when the spreads are scaled
RIDGE = 0.005
STEPS, RATE, BATCH = 1200, 0.02, 768
HEAD = '''"""Measured, not chosen: `python -m tests.backtest.fit` writes this file."""

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
        yield _row(seen, case, weight * KIND_WEIGHTS.get(case.kind, 1.0))


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


def fit(rows: Rows) -> Floats:
    """(3, features): of the middle, and of the logarithm of the distances below and above it."""
    spread = rows.features[:, 0].std(axis=0)
    scale = np.where(spread > 1e-6, spread, 1.0)
    rng, chance = np.random.default_rng(1), rows.weights / rows.weights.sum()
    at = np.zeros((3, len(scale)))
    at[1:, 0] = np.log(0.6)
    first, second = np.zeros_like(at), np.zeros_like(at)
    for step in range(1, STEPS + 1):
        some = rows.some(rng.choice(len(rows.left), BATCH, p=chance))
        slope = _slope(some, at / scale) / scale + _ridge(at)
        first, second = 0.9 * first + 0.1 * slope, 0.999 * second + 0.001 * slope**2
        rate = RATE * (1 - step / (STEPS + 1))
        at -= rate * first / (1 - 0.9**step) / (np.sqrt(second / (1 - 0.999**step)) + 1e-9)
    return at / scale


def _slope(rows: Rows, at: Floats) -> Floats:
    """Of the pinball losses of all three quantiles."""
    mixture, found = Mixture(rows, at), np.zeros_like(at)
    for level in LEVELS:
        quantile, slopes = mixture.slopes(level)
        side = ((rows.left < quantile) - level) / len(quantile)
        for place, slope in enumerate(slopes):
            found[place] += np.einsum("n,nw,nwf->f", side, slope, rows.features, optimize=True)
    return found


def _ridge(at: Floats) -> Floats:
    """On all but the constant."""
    found: Floats = RIDGE * at
    found[:, 0] = 0.0
    return found


def scaled(at: Floats, rows: Rows) -> Floats:
    """The same with both spreads times the factor that covers `COVER` of the rows."""
    low, high = -1.0, 1.0
    for _ in range(12):
        factor = (low + high) / 2
        low, high = (low, factor) if cover(_wider(at, factor), rows) > COVER else (factor, high)
    return _wider(at, (low + high) / 2)


def cover(at: Floats, rows: Rows) -> float:
    """Of the rows whose range is told."""
    mixture = Mixture(rows, at)
    low, high = mixture.quantile(0.1), mixture.quantile(0.9)
    is_told = high - low < np.log(FARTHEST)
    return float(((low <= rows.left) & (rows.left <= high))[is_told].mean())


def _wider(at: Floats, factor: float) -> Floats:
    found = at.copy()
    found[1:, 0] += factor
    return found


def main() -> None:
    parts = [rows_of(simulated_cases(seed, batches=BATCHES)) for seed in seeds.FITTING]
    parts.append(rows_of(real_cases(seeds.TUNING), REAL_WEIGHT))
    others = [rows_of(simulated_cases(seed, batches=BATCHES)) for seed in seeds.SCALING]
    found = scaled(fit(together(parts)), together(others))
    Path(coefficients.__file__).write_text(as_module(found), "utf-8")


def as_module(found: Floats) -> str:
    rows = zip(("MID", "LOW", "HIGH"), found, strict=True)
    return HEAD + "".join(_as_array(name, numbers) for name, numbers in rows)


def _as_array(name: str, numbers: Floats) -> str:
    lines = [
        f"        {number:.4f},  # {what}" for number, what in zip(numbers, NAMES, strict=True)
    ]
    return "\n".join([f"{name} = np.array(", "    [", *lines, "    ]", ")", ""])


if __name__ == "__main__":
    main()

"""Measures the coefficients of bias and spread: `python -m tests.backtest.fit` writes them.

On simulated batches of the tuning seeds and on the real ones, whose number is small: each counts
for several. Minimises the pinball loss of the 10 %, 50 % and 90 % quantile of the log error in
work time (Koenker & Bassett 1978), with Adam. Ten minutes.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from batches.services.forecast import coefficients
from batches.services.forecast.adapter import known_of
from batches.services.forecast.features import NAMES
from batches.services.forecast.outlook import look
from batches.services.forecast.replay import log_error
from batches.services.forecast.silence import before_looking
from batches.services.forecast.tidy import tidy
from batches.services.forecast.types import Floats
from tests.backtest import seeds
from tests.backtest.moments import Case, real_cases, simulated_cases

BATCHES = 20  # of each kind and seed
REAL_WEIGHT = 5.0
# Kinds that are covered least count for more: no kind shall be missed by half.
KIND_WEIGHTS = {"fading": 4.0, "growing total": 1.7, "bursts": 1.5, "slow-down": 1.2}
RIDGE = 0.01
STEPS, RATE, BATCH = 3000, 0.02, 2048
QUANTILES = (0.1, 0.5, 0.9)
HEAD = '''"""Measured, not chosen: `python -m tests.backtest.fit` writes this file."""

import numpy as np

'''


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """features: (n, features). errors, weights: (n,). A case has a row for each possible week."""

    features: Floats
    errors: Floats
    weights: Floats


def rows_of(cases: Iterable[Case], weight: float = 1.0) -> Rows:
    found = [row for case in cases for row in _rows(case, weight)]
    features, errors, chances = zip(*found, strict=True)
    return Rows(
        features=np.concatenate(features),
        errors=np.clip(np.concatenate(errors), -6, 6),
        weights=np.concatenate(chances),
    )


def _rows(case: Case, weight: float) -> Iterator[tuple[Floats, Floats, Floats]]:
    if not np.isfinite(case.end) or case.end <= case.now:
        return
    rhythm, replays = known_of(case.context)
    course = tidy(case.series)
    siblings = sum(one.project == case.context.project for one in replays)
    if before_looking(course, siblings) is not None:
        return
    seen = look(course, rhythm, replays, case.context.project, case.context.prioritized_at)
    weight *= KIND_WEIGHTS.get(case.kind, 1.0)
    yield seen.features, log_error(seen, case.end), seen.chances * weight


def fit(rows: Rows) -> Floats:
    """(3, features): of the middle, and of the logarithm of the distances below and above it."""
    spread = rows.features.std(axis=0)
    scale = np.where(spread > 1e-6, spread, 1.0)
    x, rng = rows.features / scale, np.random.default_rng(1)
    chance = rows.weights / rows.weights.sum()
    at = np.zeros((3, x.shape[1]))
    at[1:, 0] = np.log(0.6)
    first, second = np.zeros_like(at), np.zeros_like(at)
    for step in range(1, STEPS + 1):
        some = rng.choice(len(x), BATCH, p=chance)
        slope = _slope(x[some], rows.errors[some], at)
        first, second = 0.9 * first + 0.1 * slope, 0.999 * second + 0.001 * slope**2
        rate = RATE * (1 - step / (STEPS + 1))
        at -= rate * first / (1 - 0.9**step) / (np.sqrt(second / (1 - 0.999**step)) + 1e-9)
    return at / scale


def _slope(x: Floats, y: Floats, at: Floats) -> Floats:
    """Of the pinball loss, and of the ridge on all but the constant."""
    mid, below, above = x @ at[0], *np.exp(np.clip(x @ at[1:].T, -5, 3)).T
    edges = zip((mid - below, mid, mid + above), QUANTILES, strict=True)
    sides = [((y < edge) - q) / len(y) for edge, q in edges]
    ridge = RIDGE * at
    ridge[:, 0] = 0
    below_slope, above_slope = -(sides[0] * below) @ x, (sides[2] * above) @ x
    found: Floats = ridge + np.array([sum(sides) @ x, below_slope, above_slope])
    return found


def main() -> None:
    parts = [rows_of(simulated_cases(seed, batches=BATCHES)) for seed in seeds.FITTING]
    parts.append(rows_of(real_cases(seeds.TUNING), REAL_WEIGHT))
    Path(coefficients.__file__).write_text(as_module(fit(together(parts))), "utf-8")


def together(parts: Sequence[Rows]) -> Rows:
    return Rows(
        features=np.concatenate([one.features for one in parts]),
        errors=np.concatenate([one.errors for one in parts]),
        weights=np.concatenate([one.weights for one in parts]),
    )


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

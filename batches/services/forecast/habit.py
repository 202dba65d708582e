"""How wrong estimates of the project's finished batches were: they correct those to come."""

from collections.abc import Sequence

import numpy as np

from batches.services.forecast.quantiles import LEVELS, NORMAL, Z10, weighted_quantiles
from batches.services.forecast.types import Floats, Replay

GLOBAL_BATCHES = 7.0  # what holds for all projects counts as so many batches
OTHER_PROJECT = 0.2  # weight of a batch of another project
WIDTH = 0.12  # of a share: replays this near count
SHRINK = 3.0  # batches of the project until their shift counts by half
NEWEST = 60  # replays are enough


def habit_scores(replays: Sequence[Replay], project: str, share: float) -> Floats:
    """Standard scores of the log error at `LEVELS`, as this project's batches had them.

    Without finished batches these are the ones of a normal distribution.
    """
    scores, weights = _near(replays, project, share)
    if not len(scores):
        return NORMAL
    shift = float((scores * weights).sum() / (weights.sum() + SHRINK))
    everyone = np.full(len(NORMAL), GLOBAL_BATCHES / len(NORMAL))
    values = np.concatenate([NORMAL + shift, scores])
    return weighted_quantiles(values, np.concatenate([everyone, weights]), LEVELS)


def _near(replays: Sequence[Replay], project: str, share: float) -> tuple[Floats, Floats]:
    """A score a batch, of its replays near this share; and how much the batch counts."""
    newest = list(replays)[-NEWEST:]
    if not newest:
        return np.zeros(0), np.zeros(0)
    shares = np.array([one.shares for one in newest])
    scores = np.array([one.errors / one.spreads for one in newest]) * Z10
    near = np.exp(-0.5 * ((shares - share) / WIDTH) ** 2)
    near = np.where(np.isfinite(scores), near, 0.0)
    weight = near.sum(axis=1)
    some = weight > 1e-3
    mean = (near * np.nan_to_num(scores)).sum(axis=1)[some] / weight[some]
    own = np.array([1.0 if one.project == project else OTHER_PROJECT for one in newest])
    return np.clip(mean, -6.0, 6.0), own[some]

"""What the account's finished batches tell, read with the rhythm that is known now."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from batches.services.forecast.replay import SHARES
from batches.services.forecast.speed import RECENT_SHARE, blend_of, shrunk
from batches.services.forecast.types import Floats, Replay
from batches.services.forecast.work_time import WorkClock

FEW_HOURS = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """A finished batch a row. own: (n,) whether it is of the project that is asked about.

    speeds: (n,) tasks an hour of work over its whole life; 0 where nothing was finished.
    errors: (n, 12) log of (hours of work it took from a share on / tasks left by the speed then);
        nan where that could not be estimated.
    rests: (n, 12) log of (tasks left / hours of work it took from there on); nan likewise.
    grew: (n, 12) log of (tasks at the end / tasks at a share).
    """

    own: NDArray[np.bool_]
    speeds: Floats
    errors: Floats
    rests: Floats
    grew: Floats

    @property
    def speed(self) -> float | None:
        """The speed of the project's batches in the middle; None without one."""
        speeds = self.speeds[self.own & (self.speeds > 0)]
        return float(np.exp(np.median(np.log(speeds)))) if len(speeds) else None


def past_of(replays: Sequence[Replay], project: str, weights: Floats) -> Past:
    """weights: (168,) the account's rhythm as it is known now, not as it was known then.

    So the first batches of an account, while no night was known, say no less than later ones.
    """
    if not replays:
        none = np.zeros((0, len(SHARES)))
        own_ones, speeds = np.zeros(0, np.bool_), np.zeros(0)
        return Past(own=own_ones, speeds=speeds, errors=none, rests=none, grew=none)
    hours = _worked(replays, WorkClock.of(weights[None]))
    took, then, since = hours[:, 1], hours[:, 2 : 2 + len(SHARES)], hours[:, 2 + len(SHARES) :]
    done = np.array([one.done for one in replays])
    left = np.array([one.left for one in replays])
    tasks = np.array([one.tasks for one in replays])
    own = (done + 0.5) / np.maximum(then, FEW_HOURS)
    whole = shrunk(done, then, own)
    blend = blend_of(shrunk(RECENT_SHARE * done, then - since, whole), whole)
    rest = np.maximum(took[:, None] - then, FEW_HOURS)
    rests = np.log(np.maximum(left, FEW_HOURS) / rest)
    return Past(
        own=np.array([one.project == project for one in replays]),
        speeds=tasks / np.maximum(took, FEW_HOURS),
        errors=np.log(blend) - rests,
        rests=rests,
        grew=np.array([one.grew for one in replays]),
    )


def _worked(replays: Sequence[Replay], clock: WorkClock) -> Floats:
    """(n, 26) hours of work since it began: at the end, at each share, at 70 % of each."""
    at = np.array([(one.began, one.ended, *one.at, *one.recent) for one in replays])
    hours = clock.hours(at.ravel())[0].reshape(at.shape)
    found: Floats = hours - hours[:, :1]
    return found

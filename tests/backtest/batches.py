"""Carries out a plan: at which second each task of a batch is done, and what becomes of it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from batches.services.forecast.types import Floats
from tests.backtest.clock import CELLS, HOUR, STEP, Clock
from tests.backtest.plans import Plan

Rng = np.random.Generator
OWN_LUCK = 0.2  # CV² of an hour of one batch; with that of its account about 0.5
COMPLETED, ERROR, CANCELLED = range(3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """All that happens to a batch. Times are epoch seconds.

    at: when each task was settled, in order; inf: never. A task that went back counts once more.
    ends_as: COMPLETED, ERROR or CANCELLED for each of these.
    arrivals: when each task arrived, in order; as many as the final total.
    returns: (when, tasks that went back to pending).
    stall: (from, to) of a time in which nothing is done; to is inf where it never ends.
    errors_grow: when errors become more, None where they do not.
    """

    project: str
    created_at: float
    opened_at: float
    at: Floats
    ends_as: NDArray[np.int64]
    arrivals: Floats
    returns: tuple[tuple[float, int], ...] = ()
    prioritized_at: tuple[float, ...] = ()
    stall: tuple[float, float] | None = None
    errors_grow: float | None = None

    @property
    def end(self) -> float:
        return float(self.at[-1])

    def when(self, share: float) -> float:
        """The time at which this share was done."""
        return float(self.at[min(len(self.at) - 1, int(share * len(self.at)))])


def carry_out(
    plan: Plan, project: str, opened: float, clock: Clock, rate: Floats, rng: Rng
) -> Truth:
    """rate: of the account, one a cell of the clock."""
    rate = _own_rate(plan, opened, clock, rate, rng)
    needs = _needs(plan, rng)
    arrivals = _arrivals(plan, opened)
    at = _solve(clock, rate, needs, arrivals)
    while not np.isfinite(at[-1]):  # too slow for the time that is simulated
        rate *= 1.5
        at = _solve(clock, rate, needs, arrivals)
    returns = _returns(plan, at)
    again = [np.full(count, when) for when, count in returns]
    needs = np.concatenate([needs, *(rng.exponential(1, len(one)) for one in again)])
    queue = np.sort(np.concatenate([arrivals, *again]))
    rate = np.append(rate, 0.0)[:CELLS]
    at = _solve(clock, rate, needs, queue)
    prioritized: tuple[float, ...] = ()
    if plan.faster_at is not None:
        prioritized = (float(at[int(plan.faster_at * len(at))]),)
        rate = rate * np.where(clock.at[:-1] < prioritized[0], 1, plan.factor)
    stall_from = None
    if plan.stall_at is not None:
        stall_from = _solve(clock, rate, needs, queue)[int(plan.stall_at * len(at))]
        begins = clock.at[:-1] >= stall_from
        rate = rate * ~(begins & (clock.at[:-1] < stall_from + plan.stall_hours * HOUR))
    at = _in_chunks(_solve(clock, rate, needs, queue), plan.chunk)
    return Truth(
        project=project,
        created_at=opened - plan.staging * HOUR,
        opened_at=opened,
        at=at,
        ends_as=_ends(plan, len(at), rng),
        arrivals=arrivals,
        returns=returns,
        prioritized_at=prioritized,
        stall=_stall(at, stall_from),
        errors_grow=None if plan.errors_at is None else float(at[int(plan.errors_at * len(at))]),
    )


def _own_rate(plan: Plan, opened: float, clock: Clock, rate: Floats, rng: Rng) -> Floats:
    """Tasks a cell: the account's rate with the luck of each hour of this batch."""
    spread = (1 + OWN_LUCK) * (1 + plan.spiky) - 1
    luck = np.repeat(rng.gamma(1 / spread, spread, CELLS * STEP // HOUR), HOUR // STEP)
    return rate * luck * (clock.at[:-1] >= opened) * (plan.speed * STEP / HOUR)


def _needs(plan: Plan, rng: Rng) -> Floats:
    """Work that each task takes, 1 being usual."""
    share = (np.arange(plan.tasks) + 0.5) / plan.tasks
    speed = (1 - plan.slow * share) * np.exp(-plan.fade * share)
    tail = share > 1 - plan.tail_share
    needs = rng.exponential(1, plan.tasks) / speed
    # in a tail a few tasks take far longer than the others
    needs[tail] *= rng.lognormal(-0.5, 1, int(tail.sum())) / plan.tail_speed
    if plan.cancel_at is not None:
        needs[_cancelled_at_once(plan, plan.tasks)] = 0
    return needs


def _cancelled_at_once(plan: Plan, count: int) -> slice:
    first = int((plan.cancel_at or 0) * count)
    return slice(first, first + int(plan.cancel_share * count))


def _arrivals(plan: Plan, opened: float) -> Floats:
    late = [np.full(int(share * plan.tasks), opened + hours * HOUR) for hours, share in plan.growth]
    first = plan.tasks - sum(len(one) for one in late)
    return np.concatenate([np.full(first, opened), *late])


def _solve(clock: Clock, rate: Floats, needs: Floats, arrivals: Floats) -> Floats:
    """When each task is done if they are done one after the other, in order of arrival."""
    work = np.concatenate([[0.0], np.cumsum(rate)])
    done = np.cumsum(needs)
    waits = np.maximum.accumulate(np.interp(arrivals, clock.at, work) - (done - needs))
    found: Floats = np.interp(done + waits, work, clock.at)
    found[done + waits > work[-1]] = np.inf
    return found


def _returns(plan: Plan, at: Floats) -> tuple[tuple[float, int], ...]:
    found = []
    for share, part in plan.returns:
        done = int(share * len(at))
        found.append((float(at[min(done, len(at) - 1)]) + 1, max(1, int(part * done * 0.9))))
    return tuple(found)


def _in_chunks(at: Floats, size: int) -> Floats:
    """Each task comes in with the last one of its chunk."""
    last = (np.arange(len(at)) // size + 1) * size - 1
    return at[np.minimum(last, len(at) - 1)]


def _ends(plan: Plan, count: int, rng: Rng) -> NDArray[np.int64]:
    share, luck = np.arange(count) / count, rng.random(count)
    late = share >= (1.0 if plan.errors_at is None else plan.errors_at)
    errors = np.where(late, plan.errors_later, plan.errors)
    found = np.where(luck < errors, ERROR, COMPLETED)
    found[luck > 1 - plan.cancelled] = CANCELLED
    if plan.cancel_at is not None:
        found[_cancelled_at_once(plan, plan.tasks)] = CANCELLED
    return found


def _stall(at: Floats, begins: float | None) -> tuple[float, float] | None:
    """From the last task before it to the first one after it."""
    if begins is None:
        return None
    # a stall begins with the next cell of the clock
    after = at > begins + STEP
    before = at[~after]
    return (float(before[-1]) if len(before) else begins, float(at[after].min(initial=np.inf)))

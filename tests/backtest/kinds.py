"""All kinds of batches that are simulated. Batches of a project share habits, not events."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from tests.backtest.plans import Plan
from tests.backtest.rhythms import RHYTHMS

Rng = np.random.Generator
# Draws what is usual in a project; the result makes the plan of each of its batches.
Change = Callable[[Rng, Plan, bool], Plan]
Habit = Callable[[Rng], Change]


@dataclass(frozen=True, slots=True)
class Kind:
    """rhythms: names of those that its accounts may have. habit: None where nothing is special.

    outages, asleep, skewed: what befalls all batches of an account (see `accounts`).
    tasks: median and spread (of the logarithm) of a project's usual count.
    scored: batches of an account that are asked about; stalls befall few of them at once.
    """

    name: str
    rhythms: tuple[str, ...] = tuple(RHYTHMS)
    habit: Habit | None = None
    tasks: tuple[float, float] = (500, 1.0)
    outages: bool = False
    asleep: bool = False
    skewed: bool = False
    scored: int = 5


def _slow_down(rng: Rng) -> Change:
    usual = rng.uniform(0.4, 0.85)
    return lambda rng, plan, _: replace(plan, slow=float(np.clip(rng.normal(usual, 0.1), 0, 0.95)))


def _fading(rng: Rng) -> Change:
    usual = rng.uniform(1.0, 3.0)
    return lambda rng, plan, _: replace(plan, fade=max(0.0, rng.normal(usual, 0.35)))


def _stragglers(rng: Rng) -> Change:
    share, speed = rng.uniform(0.02, 0.12), rng.uniform(0.05, 0.3)

    def change(rng: Rng, plan: Plan, _: bool) -> Plan:
        spread = np.exp(rng.normal(0, 0.4, 2))
        return replace(plan, tail_share=share * spread[0], tail_speed=min(0.8, speed * spread[1]))

    return change


def _bursts(rng: Rng) -> Change:
    chunk, spiky = int(rng.integers(5, 60)), rng.uniform(1, 5)
    return lambda rng, plan, _: replace(plan, chunk=min(chunk, plan.tasks // 8 + 1), spiky=spiky)


def _growing(rng: Rng) -> Change:
    first, parts, every = rng.uniform(0.2, 0.7), int(rng.integers(1, 12)), rng.uniform(2, 30)

    def change(rng: Rng, plan: Plan, _: bool) -> Plan:
        count = max(1, rng.poisson(parts))
        sizes = (1 - first) * rng.dirichlet(np.ones(count))
        at = np.cumsum(rng.gamma(3, every / 3, count))
        return replace(plan, growth=tuple(zip(at.tolist(), sizes.tolist(), strict=True)))

    return change


def _stall(for_ever: bool) -> Habit:
    def change(rng: Rng, plan: Plan, is_scored: bool) -> Plan:
        # siblings seldom stall, and come to an end
        if not is_scored and rng.random() > 0.2:
            return plan
        hours = float(np.exp(rng.uniform(np.log(8), np.log(120))))
        ends_never = for_ever and is_scored
        share = rng.uniform(0.12, 0.93 if for_ever else 0.85)
        return replace(plan, stall_at=share, stall_hours=np.inf if ends_never else hours)

    return lambda _: change


def _priority(_: Rng) -> Change:
    def change(rng: Rng, plan: Plan, is_scored: bool) -> Plan:
        if not is_scored and rng.random() > 0.2:
            return plan
        factor = float(np.exp(rng.choice([-1, 1, 1]) * rng.uniform(np.log(1.5), np.log(5))))
        return replace(plan, faster_at=rng.uniform(0.15, 0.8), factor=factor)

    return change


def _errors(rng: Rng) -> Change:
    errors, cancelled = rng.uniform(0.02, 0.15), rng.uniform(0, 0.1)

    def change(rng: Rng, plan: Plan, is_scored: bool) -> Plan:
        plan = replace(plan, errors=errors * rng.uniform(0.6, 1.5), cancelled=cancelled)
        if rng.random() < (0.6 if is_scored else 0.15):
            more = plan.errors + rng.uniform(0.15, 0.5)
            plan = replace(plan, errors_at=rng.uniform(0.15, 0.8), errors_later=more)
        if rng.random() < 0.3:
            share = rng.uniform(0.05, 0.2)
            plan = replace(plan, cancel_at=rng.uniform(0.2, 0.75), cancel_share=share)
        return plan

    return change


def _reopened(rng: Rng) -> Change:
    share = rng.uniform(0.02, 0.15)

    def change(rng: Rng, plan: Plan, _: bool) -> Plan:
        times = np.sort(rng.uniform(0.2, 1.0, rng.integers(1, 5)))
        shares = share * rng.uniform(0.3, 1.7, len(times))
        return replace(plan, returns=tuple(zip(times.tolist(), shares.tolist(), strict=True)))

    return change


KINDS = (
    Kind("steady", ("steady",)),
    Kind("office hours", ("office hours",)),
    Kind("two shifts", ("two shifts",)),
    Kind("evenings", ("evenings",)),
    Kind("weekends off", ("weekends off",)),
    Kind("round the globe", ("round the globe",)),
    Kind("bursts", habit=_bursts),
    Kind("slow-down", habit=_slow_down),
    Kind("fading", habit=_fading),
    Kind("straggler tail", habit=_stragglers),
    Kind("growing total", habit=_growing),
    Kind("stall and recovery", habit=_stall(for_ever=False), scored=2),
    Kind("stall for ever", habit=_stall(for_ever=True), scored=2),
    Kind("priority changed", habit=_priority),
    Kind("errors and cancellations", habit=_errors),
    Kind("vendor outage", outages=True),
    Kind("watcher asleep", asleep=True),
    Kind("tiny", tasks=(12, 0.5)),
    Kind("huge", tasks=(60_000, 0.7)),
    Kind("reopened tasks", habit=_reopened),
    Kind("clock skew", skewed=True),
)
RHYTHMIC = ("office hours", "two shifts", "evenings", "weekends off")

"""Accounts: their rhythm, daily luck, holidays, projects and batches, all from one seed."""

from dataclasses import dataclass, field

import numpy as np

from batches.services.forecast.types import Floats, PastBatch, Series
from tests.backtest.batches import Truth, carry_out
from tests.backtest.clock import CELLS, DAY, HOUR, STEP, Clock, make_clock
from tests.backtest.kinds import Change, Kind
from tests.backtest.plans import Plan
from tests.backtest.rhythms import rate_of
from tests.backtest.watching import Watcher, watch

Rng = np.random.Generator
BATCHES = 8  # of an account
DAY_LUCK, HOUR_LUCK, WEEK_LUCK = 0.12, 0.12, 0.1  # CV² of a day and an hour, spread of a week
BEGIN_WITHIN = 8 * 7 * DAY
WORLDWIDE = ("steady", "round the globe")


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A batch as it was and as it was seen. kind: its name. past: the same for all who ask."""

    kind: str
    truth: Truth
    series: Series
    past: PastBatch
    is_scored: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """batches: in order of opening. at, usual: its true rhythm by cells of time, 1 is the mean.

    rate: the same with luck, holidays and outages.
    outages: (from, to) of times in which nothing can be done. All empty for real ones.
    """

    batches: tuple[Batch, ...]
    at: Floats = field(default_factory=lambda: np.empty(0))
    usual: Floats = field(default_factory=lambda: np.empty(0))
    rate: Floats = field(default_factory=lambda: np.empty(0))
    outages: Floats = field(default_factory=lambda: np.empty((0, 2)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    name: str
    tasks: float
    hours: float
    errors: float
    staging: float
    change: Change


def make_account(kind: Kind, rng: Rng) -> Account:
    clock = make_clock(rng)
    rhythm = str(rng.choice(kind.rhythms))
    usual = rate_of(rhythm, clock, rng)
    outages = _times(rng, every=5, shortest=3, longest=24) if kind.outages else np.empty((0, 2))
    rate = usual * _luck(rhythm, clock, rng) * ~_within(clock, outages)
    watcher = _watcher(kind, clock, outages, rng)
    projects = [_project(f"project {n}", kind, rng) for n in range(rng.integers(1, 4))]
    scored = rng.permutation(BATCHES) < kind.scored
    opened = [_opening(clock, rng) for _ in range(BATCHES)]
    batches = [
        _batch(
            kind, projects[rng.integers(len(projects))], start, clock, rate, watcher, is_scored, rng
        )
        for start, is_scored in zip(sorted(opened), scored.tolist(), strict=True)
    ]
    outages += clock.at[0]
    seen = tuple(one for one in batches if len(one.series.at))  # one may end while nobody looks
    return Account(batches=seen, at=clock.at, usual=usual, rate=rate, outages=outages)


def as_batch(kind: str, truth: Truth, series: Series, is_scored: bool) -> Batch:
    past = PastBatch(
        project=truth.project,
        created_at=truth.created_at,
        series=series,
        prioritized_at=truth.prioritized_at,
    )
    return Batch(kind=kind, truth=truth, series=series, past=past, is_scored=is_scored)


def _batch(
    kind: Kind,
    project: Project,
    opened: float,
    clock: Clock,
    rate: Floats,
    watcher: Watcher,
    is_scored: bool,
    rng: Rng,
) -> Batch:
    plan = _plan(project, is_scored, rng)
    truth = carry_out(plan, project.name, opened, clock, rate, rng)
    return as_batch(kind.name, truth, watch(truth, watcher, rng), is_scored)


def _project(name: str, kind: Kind, rng: Rng) -> Project:
    median, spread = kind.tasks
    return Project(
        name=name,
        tasks=float(np.clip(rng.lognormal(np.log(median), spread), 3, 400_000)),
        hours=float(np.clip(rng.lognormal(np.log(45), 0.9), 3, 300)),
        errors=rng.choice([0.003, 0.01, 0.03, 0.1], p=[0.3, 0.4, 0.2, 0.1]),
        staging=rng.choice([0.0, 0.0, rng.uniform(0.2, 20)]),
        change=kind.habit(rng) if kind.habit else lambda _rng, plan, _scored: plan,
    )


def _plan(project: Project, is_scored: bool, rng: Rng) -> Plan:
    usual = Plan(
        tasks=max(3, round(project.tasks * rng.lognormal(0, 0.5))),
        speed=project.tasks / project.hours * rng.lognormal(0, 0.25),
        errors=project.errors * rng.uniform(0.5, 1.5),
        staging=project.staging * rng.uniform(0.3, 2),
    )
    return project.change(rng, usual, is_scored)


def _opening(clock: Clock, rng: Rng) -> float:
    """Most batches are opened in the working hours of those who open them."""
    while True:
        cell = rng.integers(2 * DAY // STEP, BEGIN_WITHIN // STEP)
        in_office = 8 <= clock.hour[cell] <= 18 and clock.weekday[cell] < 5
        if in_office or rng.random() < 0.1:
            return float(clock.at[cell])


def _luck(rhythm: str, clock: Clock, rng: Rng) -> Floats:
    """What all batches of an account share: weeks, days, hours and holidays."""
    day = (clock.day - clock.day[0]).astype(int)
    days = rng.gamma(1 / DAY_LUCK, DAY_LUCK, day[-1] + 1)
    holidays = rng.choice(len(days), size=rng.poisson(len(days) / 25), replace=False)
    # where people of many places work, a holiday is one of some of them
    days[holidays] *= rng.uniform(0.3, 0.8) if rhythm in WORLDWIDE else rng.choice([0, 0, 0.1])
    weeks = np.exp(np.cumsum(rng.normal(0, WEEK_LUCK, day[-1] // 7 + 1)))
    hours = np.repeat(rng.gamma(1 / HOUR_LUCK, HOUR_LUCK, CELLS * STEP // HOUR), HOUR // STEP)
    luck: Floats = days[day] * weeks[day // 7] * hours
    return luck


def _watcher(kind: Kind, clock: Clock, outages: Floats, rng: Rng) -> Watcher:
    every = float(rng.choice([60, 60, 60, 120, 300, 900]))
    often, longest = (2.0, 48.0) if kind.asleep else (rng.choice([4.0, 15.0]), 8.0)
    gaps = _times(rng, every=often, shortest=4 if kind.asleep else 0.3, longest=longest)
    # in half of the accounts the vendor answers nothing while it is out
    if len(outages) and rng.random() < 0.5:
        gaps = np.concatenate([gaps, outages])
    gaps = gaps[np.argsort(gaps[:, 0])]
    gaps[:, 1] = np.maximum.accumulate(gaps[:, 1])  # one may lie in another
    return Watcher(
        every=every,
        gaps=gaps + clock.at[0],
        watched=rng.choice([0, 0.01, 0.05]),
        keeps_all=every >= 120 and rng.random() < 0.5,
        is_skewed=kind.skewed,
        hides_errors=kind.name != "errors and cancellations" and rng.random() < 0.07,
    )


def _times(rng: Rng, *, every: float, shortest: float, longest: float) -> Floats:
    """Rows of (from, to) in seconds since the start; every: days between two, in the mean."""
    count = rng.poisson(CELLS * STEP / DAY / every)
    starts = np.sort(rng.uniform(0, CELLS * STEP, count))
    lengths = np.exp(rng.uniform(np.log(shortest), np.log(longest), count)) * HOUR
    return np.stack([starts, starts + lengths], axis=1)


def _within(clock: Clock, times: Floats) -> np.ndarray:
    seconds = clock.at[:-1] - clock.at[0]
    found = np.zeros(len(seconds), bool)
    for start, end in times:
        found |= (seconds >= start) & (seconds < end)
    return found

"""At which moments of a batch the estimator is asked, and with what."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from batches.services.forecast.types import Context, PastBatch, Series
from tests.backtest.accounts import Account, Batch, make_account
from tests.backtest.batches import Truth
from tests.backtest.clock import HOUR
from tests.backtest.kinds import KINDS, Kind
from tests.backtest.real import KIND as REAL
from tests.backtest.real import real_accounts
from tests.backtest.watching import DONE, until

Rng = np.random.Generator
SHARES = (0.10, 0.25, 0.50, 0.75, 0.90)
AROUND = 0.03
REAL_MOMENTS = 4  # at each share: there are few real batches
STALL_SEEN = 72 * HOUR  # a stall for ever is asked about for so long
STILL_TO_COME = 0.05  # of the final total: whoever does not know of it cannot estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One question. end: the true one, inf where the batch never ends. share: done, about.

    is_answerable: whether somebody could know at all. siblings: finished ones of its project.
    """

    batch: Batch
    share: float
    now: float
    end: float
    is_answerable: bool
    series: Series
    context: Context

    @property
    def kind(self) -> str:
        return self.batch.kind

    @property
    def left(self) -> float:
        return self.end - self.now

    @property
    def siblings(self) -> int:
        return sum(one.project == self.context.project for one in self.context.finished)


def simulated_cases(seed: int, kinds: Sequence[Kind] = KINDS, batches: int = 40) -> Iterator[Case]:
    """One account after the other, so that few are in memory."""
    for account, rng in simulated_accounts(seed, kinds, batches):
        yield from cases_of(account, rng)


def simulated_accounts(
    seed: int, kinds: Sequence[Kind] = KINDS, batches: int = 40
) -> Iterator[tuple[Account, Rng]]:
    """With the source of chance that made each, for more of it. batches: scored ones a kind."""
    for kind in kinds:
        for number in range(-(-batches // kind.scored)):
            rng = np.random.default_rng([seed, KINDS.index(kind), number])
            yield make_account(kind, rng), rng


def real_cases(seed: int) -> Iterator[Case]:
    rng = np.random.default_rng(seed)
    for account in real_accounts():
        yield from cases_of(account, rng)


def cases_of(account: Account, rng: Rng) -> Iterator[Case]:
    for batch in account.batches:
        if batch.is_scored:
            moments = sorted(_moments(batch, rng), key=lambda moment: moment[1])
            cases = (_case(account, batch, share, now) for share, now in moments)
            yield from (case for case in cases if case is not None)


def context_of(account: Account, batch: Batch, now: float) -> Context:
    """What was known at this time. Finished batches are always the same objects."""
    others = [
        one
        for one in account.batches
        if one is not batch and len(one.series.at) and one.series.at[0] <= now
    ]
    return Context(
        project=batch.truth.project,
        created_at=batch.truth.created_at,
        prioritized_at=tuple(at for at in batch.truth.prioritized_at if at <= now),
        finished=tuple(one.past for one in others if _is_seen_done(one, now)),
        open=tuple(_known(one.past, now) for one in others if not _is_seen_done(one, now)),
    )


def _is_seen_done(batch: Batch, now: float) -> bool:
    return bool(batch.series.at[-1] <= now and batch.series.status[-1] == DONE)


def _known(past: PastBatch, now: float) -> PastBatch:
    return PastBatch(
        project=past.project,
        created_at=past.created_at,
        series=until(past.series, now),
        prioritized_at=tuple(at for at in past.prioritized_at if at <= now),
    )


def _case(account: Account, batch: Batch, share: float, now: float) -> Case | None:
    series = until(batch.series, now)
    if not len(series.at):
        return None  # nobody has seen it yet, so nobody asks
    return Case(
        batch=batch,
        share=share,
        now=now,
        end=batch.truth.end,
        is_answerable=_is_answerable(batch.truth, float(series.at[-1]), now),
        series=series,
        context=context_of(account, batch, now),
    )


def _moments(batch: Batch, rng: Rng) -> Iterator[tuple[float, float]]:
    """Uniform in time around each share, so that nights count; one after an end nobody saw."""
    truth = batch.truth
    if not np.isfinite(truth.end):
        # before the stall no answer is right or wrong, so only the time in it is asked about
        stalled_at = truth.stall[0] if truth.stall else truth.opened_at
        share = float(np.isfinite(truth.at).mean())
        for _ in SHARES:
            yield share, rng.uniform(stalled_at, stalled_at + STALL_SEEN)
        return
    for share in SHARES:
        low, high = truth.when(share - AROUND), truth.when(share + AROUND)
        for _ in range(REAL_MOMENTS if batch.kind == REAL else 1):
            yield share, rng.uniform(low, high)
    seen_at = float(batch.series.at[-1])
    if seen_at - truth.end > HOUR:
        yield 1.0, rng.uniform(truth.end, min(seen_at, truth.end + STALL_SEEN))


def _is_answerable(truth: Truth, last_look: float, now: float) -> bool:
    """Not where it never ends, grows, is over, or was not seen for half of what was left."""
    if not np.isfinite(truth.end) or now >= truth.end:
        return False
    to_come = float((truth.arrivals > now).mean())
    unseen = now - last_look
    is_unseen = unseen > HOUR and unseen > (truth.end - last_look) / 2
    return to_come <= STILL_TO_COME and not is_unseen

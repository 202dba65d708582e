"""The backtest itself: it runs, and knows nothing of what comes after a moment."""

from io import StringIO

import numpy as np
import pytest

from tests.backtest import plain
from tests.backtest.__main__ import main
from tests.backtest.alarms import alarm_figures, watch_all
from tests.backtest.kinds import KINDS, Kind
from tests.backtest.moments import real_cases, simulated_accounts, simulated_cases
from tests.backtest.scores import ask, cover, score

SEED = 3
PLAIN = "tests.backtest.plain:estimate"


def test_it_prints_figures_by_kind_and_by_share_done() -> None:
    said = StringIO()
    arguments = ["--adapter", PLAIN, "--batches", "1", "--kind", "steady", "--no-alarms"]
    main(arguments, said.write)
    words = said.getvalue()
    assert "| cover, simulated |" in words
    assert "| steady | " in words
    assert "| 90% | " in words


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_no_case_contains_what_was_not_known_yet(kind: Kind) -> None:
    for case in simulated_cases(SEED, [kind], 1):
        assert case.series.at[-1] <= case.now
        known = [*case.context.finished, *case.context.open]
        assert all(past.series.at[-1] <= case.now for past in known)
        assert all(at <= case.now for past in known for at in past.prioritized_at)
        assert len(np.unique([len(case.series.at), len(case.series.total)])) == 1


def test_a_finished_batch_is_the_same_object_at_every_moment() -> None:
    cases = list(simulated_cases(SEED, KINDS[:1], 5))
    finished = {id(past) for case in cases for past in case.context.finished}
    assert len(finished) <= 8  # batches of an account


def test_one_seed_gives_the_same_batches_each_time() -> None:
    first, again = (next(simulated_accounts(SEED, KINDS[6:7], 1))[0] for _ in range(2))
    for one, other in zip(first.batches, again.batches, strict=True):
        assert one.truth.end == other.truth.end
        np.testing.assert_array_equal(one.series.at, other.series.at)


def test_a_batch_that_nobody_ever_saw_is_not_asked_about():
    kind = next(kind for kind in KINDS if kind.name == "watcher asleep")
    accounts = [account for account, _ in simulated_accounts(20_271, [kind], 40)]
    sizes = [len(one.series.at) for account in accounts for one in account.batches]
    assert len(sizes) < 8 * len(accounts)  # one was left out
    assert min(sizes) > 0


def test_real_batches_are_asked_about() -> None:
    answers = [ask(case, plain.estimate, plain.estimate) for case in real_cases(SEED)]
    assert len({one.end for one in answers}) == 23
    assert 0 <= cover(answers) < 0.2  # the plain average knows no night
    assert score(answers) > 1


def test_alarms_have_figures() -> None:
    names = [one.name for one in alarm_figures(watch_all(SEED, KINDS[11:13], 1, 2))]
    assert any(name.startswith("stalls: found") for name in names)
    assert any(name.startswith("left in staging") for name in names)

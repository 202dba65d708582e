"""What a finished batch leaves for those to come."""

from statistics import NormalDist

import numpy as np
import pytest

from batches.services.forecast.habit import habit_of
from batches.services.forecast.quantiles import LEVELS, NORMAL, weighted_quantiles
from batches.services.forecast.replay import SHARES, replay
from batches.services.forecast.rhythm import rhythm_of
from batches.services.forecast.types import Replay
from tests.support.series import MONDAY, ended, series_of, steady_series


def test_a_batch_leaves_an_error_at_each_share_and_its_speed():
    found = replay(
        ended(steady_series(hours=60, speed=10, total=600)), rhythm=rhythm_of([]), project="p"
    )
    assert np.isfinite(found.errors).all()
    assert found.speed == pytest.approx(10, rel=0.7)
    assert found.ended == MONDAY + 60 * 3600


def test_a_batch_seen_only_at_its_end_leaves_no_errors():
    series = series_of(np.array([MONDAY, MONDAY + 600]), np.array([0.0, 50]), 50)
    found = replay(ended(series), rhythm=rhythm_of([]), project="p")
    assert np.isnan(found.errors).all()


def left_by(error: float, project: str = "p") -> Replay:
    ones = np.ones(len(SHARES))
    return Replay(
        project=project, ended=0.0, speed=1.0, shares=SHARES, errors=error * ones, spreads=ones
    )


@pytest.mark.parametrize("error", [1.0, -1.0])
def test_a_habit_of_the_project_shifts_its_next_batch(error: float):
    assert 0.5 < habit_of([left_by(error)] * 5, "p", 0.5).shift * error < 1.0


def test_other_projects_count_for_less():
    own, other = (habit_of([left_by(1.0, name)] * 3, "p", 0.5).shift for name in "pq")
    assert own > other > 0


def test_batches_that_differ_say_less_than_those_that_are_alike():
    alike = habit_of([left_by(0.6)] * 4, "p", 0.5)
    apart = habit_of([left_by(error) for error in (-1.2, 2.4, -1.2, 2.4)], "p", 0.5)
    assert alike.shift > apart.shift
    assert alike.spread < apart.spread


def test_without_finished_batches_there_is_no_habit():
    found = habit_of([], "p", 0.5)
    assert (found.shift, found.weight) == (0.0, 0.0)


def test_quantiles_count_heavy_members_for_more():
    levels = np.array([0.5])
    assert weighted_quantiles(np.array([1.0, 2]), np.array([1.0, 9]), levels)[0] > 1.5


def test_levels_have_the_scores_of_a_normal_distribution():
    normal = NormalDist()
    assert np.allclose(NORMAL, [normal.inv_cdf(level) for level in LEVELS], atol=1e-3)

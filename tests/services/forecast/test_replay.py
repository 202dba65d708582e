"""What a finished batch leaves for those to come."""

from statistics import NormalDist

import numpy as np
import pytest

from batches.services.forecast.habit import growth_of, habit_of, rest_of
from batches.services.forecast.past import Past, past_of
from batches.services.forecast.quantiles import LEVELS, NORMAL, weighted_quantiles
from batches.services.forecast.replay import SHARES, replay
from batches.services.forecast.types import Floats, Series
from tests.support.series import HOUR, MONDAY, ended, office_series, series_of, steady_series

UTC_DAYS = np.where((np.arange(168) % 24 >= 8) & (np.arange(168) % 24 < 16), 2.9, 0.05)
ALL_DAY = np.ones(168)


def past_with(weights: Floats, *series: Series) -> Past:
    return past_of([replay(ended(one), project="p") for one in series], "p", weights)


def test_a_batch_leaves_where_it_stood_at_each_share():
    found = replay(ended(steady_series(hours=60, speed=10, total=600)), project="p")
    assert (found.began, found.ended, found.tasks) == (MONDAY, MONDAY + 60 * HOUR, 600)
    assert found.done == pytest.approx(SHARES * 600, abs=10)
    assert found.left == pytest.approx(600 - found.done)
    assert (found.recent < found.at).all()
    assert found.grew == pytest.approx(0)


def test_a_batch_seen_only_at_its_end_leaves_no_errors():
    past = past_with(ALL_DAY, series_of(np.array([MONDAY, MONDAY + 600]), np.array([0.0, 50]), 50))
    assert np.isnan(past.errors).all()


def test_a_steady_batch_was_estimated_well_at_every_share():
    past = past_with(ALL_DAY, steady_series(hours=60, speed=10, total=600))
    assert past.errors == pytest.approx(0, abs=0.25)
    assert past.speed == pytest.approx(10, rel=0.05)


def test_errors_follow_from_the_rhythm_that_is_known_now():
    office = office_series(days=3, a_day=200, total=500)
    then, now = past_with(ALL_DAY, office), past_with(UTC_DAYS, office)
    assert np.nanmean(np.abs(now.errors)) < np.nanmean(np.abs(then.errors))


def test_staging_is_no_work():
    series = steady_series(hours=60, speed=10, total=600)
    series.status[:60] = 1
    assert replay(ended(series), project="p").began == MONDAY + 10 * HOUR


def past_by(error: float, grew: float = 0.0, count: int = 1, *, own: bool = True) -> Past:
    ones = np.ones((count, len(SHARES)))
    return Past(
        own=np.full(count, own),
        speeds=np.ones(count),
        errors=error * ones,
        rests=-error * ones,
        grew=grew * ones,
    )


@pytest.mark.parametrize("error", [1.0, -1.0])
def test_a_habit_of_the_project_shifts_its_next_batch(error: float):
    assert 0.5 < habit_of(past_by(error, count=5), 0.5).shift * error < 1.0


def test_other_projects_count_for_less():
    own, other = (habit_of(past_by(1.0, count=3, own=own), 0.5).shift for own in (True, False))
    assert own > other > 0
    assert habit_of(past_by(1.0, count=3, own=False), 0.5, 1.0).shift == own


def test_batches_that_differ_say_less_than_those_that_are_alike():
    alike = habit_of(past_by(0.6, count=4), 0.5)
    apart = past_by(0.6, count=4)
    apart.errors[::2], apart.errors[1::2] = -1.2, 2.4
    assert alike.shift > habit_of(apart, 0.5).shift
    assert alike.spread < habit_of(apart, 0.5).spread


def test_without_finished_batches_there_is_no_habit():
    past = past_of([], "p", ALL_DAY)
    found = habit_of(past, 0.5)
    assert (found.shift, found.weight, growth_of(past, 0.5)) == (0.0, 0.0, 0.0)
    assert past.speed is None


def test_the_rest_of_a_batch_took_as_long_as_its_tasks_at_their_speed():
    past = past_with(ALL_DAY, *(steady_series(hours=60, speed=10, total=600),) * 3)
    found = rest_of(past, 0.5)
    assert np.exp(found.log_speed) == pytest.approx(10, rel=0.1)
    assert found.weight == pytest.approx(3, rel=0.1)


def test_the_rest_is_surer_with_more_batches_and_with_alike_ones():
    few, many, apart = past_by(0.0, count=1), past_by(0.0, count=6), past_by(0.0, count=6)
    apart.rests[::2] = 2.0
    variances = [rest_of(past, 0.5).variance for past in (many, few, apart)]
    assert variances == sorted(variances)
    none = rest_of(past_by(0.0, count=6, own=False), 0.5)
    assert (none.log_speed, none.weight) == (0.0, 0.0)


def test_growth_is_that_of_the_projects_other_batches():
    assert 0.2 < growth_of(past_by(0.0, grew=0.4, count=2), 0.5) < 0.4
    assert growth_of(past_by(0.0, grew=0.4, own=False), 0.5) == 0.0


def test_quantiles_count_heavy_members_for_more():
    levels = np.array([0.5])
    assert weighted_quantiles(np.array([1.0, 2]), np.array([1.0, 9]), levels)[0] > 1.5


def test_levels_have_the_scores_of_a_normal_distribution():
    normal = NormalDist()
    assert np.allclose(NORMAL, [normal.inv_cdf(level) for level in LEVELS], atol=1e-3)

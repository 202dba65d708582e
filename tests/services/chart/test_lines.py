"""Which samples are drawn: at most 300, each as it was stored, with every extreme."""

import random
from itertools import accumulate

import pytest

from batches.services.chart.lines import MOST, select_points
from batches.services.observations.packing import Sample
from tests.support.samples import counted


def steady(count: int, seed: int = 7) -> list[Sample]:
    """Samples a minute apart that grow by chance."""
    steps = random.Random(seed)
    counts = accumulate(steps.randrange(3) for _ in range(count))
    return [counted(60 * n, done) for n, done in enumerate(counts)]


@pytest.mark.parametrize("count", [0, 1, 2, 299, 300])
def test_few_samples_are_all_drawn(count: int):
    assert select_points(steady(count), edges=()) == list(range(count))


@pytest.mark.parametrize("count", [301, 1_000, 5_000])
def test_of_many_samples_300_are_drawn_at_most_and_both_ends_are_among_them(count: int):
    places = select_points(steady(count), edges=())
    assert 128 <= len(places) <= MOST
    assert places == sorted(set(places))
    assert (places[0], places[-1]) == (0, count - 1)


@pytest.mark.parametrize("place", [1, 777, 2_500, 4_998])
@pytest.mark.parametrize("count", [0, 99_999])
def test_a_single_count_that_leaves_the_line_is_drawn(place: int, count: int):
    samples = steady(5_000)
    samples[place] = samples[place]._replace(completed=count)
    assert place in select_points(samples, edges=())


def test_a_total_that_changed_for_a_minute_is_drawn():
    samples = steady(5_000)
    samples[3_210] = samples[3_210]._replace(total=400)
    assert 3_210 in select_points(samples, edges=())


def test_both_sides_of_gaps_and_of_changes_are_drawn():
    samples = steady(5_000)
    samples[2_000] = samples[2_000]._replace(completed=None)
    for place in range(4_000, 5_000):
        samples[place] = samples[place]._replace(status=4)
    places = set(select_points(samples, edges=(1_234, 1_235)))
    assert {1_234, 1_235, 1_999, 2_000, 2_001, 3_999, 4_000} <= places


def test_noise_that_is_all_extremes_is_bound_too():
    noise = random.Random(3)
    samples = [
        counted(60 * n, noise.randrange(900), error=noise.randrange(50), total=noise.randrange(999))
        for n in range(5_000)
    ]
    assert len(select_points(samples, edges=())) <= MOST


def test_a_status_that_changes_all_the_time_is_bound_too():
    samples = [counted(60 * n, n, status=2 + n % 2) for n in range(2_000)]
    places = select_points(samples, edges=())
    assert len(places) <= MOST
    assert (places[0], places[-1]) == (0, 1_999)

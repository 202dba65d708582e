"""Samples as they came become a course of work."""

from dataclasses import replace

import numpy as np
import pytest

from batches.services.forecast.tidy import tidy
from tests.support.series import HOUR, MINUTE, MONDAY, series_of


def times(*minutes: float) -> np.ndarray:
    return MONDAY + np.array(minutes) * MINUTE


def test_a_fall_that_heals_is_a_wrong_clock():
    course = tidy(series_of(times(0, 10, 15, 20), np.array([0.0, 10, 8, 11]), 20))
    assert list(course.finished) == [0, 10, 11]
    assert course.returned == 0


def test_a_fall_that_stays_is_work_sent_back_and_more_is_left():
    course = tidy(series_of(times(0, 60, 120, 180), np.array([0.0, 10, 8, 9]), 20))
    assert list(course.finished) == [0, 10, 8, 9]
    assert course.left == pytest.approx(11 / (1 - 2 / 11))


def test_samples_are_put_in_order_of_time():
    course = tidy(series_of(times(20, 0, 10), np.array([6.0, 0, 3]), 9))
    assert list(course.finished) == [0, 3, 6]


@pytest.mark.parametrize(("minutes", "watched"), [(15, True), (30, True), (40, False)])
def test_two_missed_samples_are_a_gap(minutes: float, watched: bool):
    course = tidy(series_of(times(0, minutes), np.array([0.0, 1]), 9))
    assert list(course.watched) == [watched]


def test_failed_and_cancelled_tasks_are_finished_too():
    series = series_of(times(0, 60), np.array([0.0, 5]), 10)
    series = replace(series, error=np.array([0.0, 2]), cancelled=np.array([np.nan, 1]))
    assert tidy(series).left == 2


def test_an_unknown_total_is_what_is_done_and_pending():
    series = series_of(times(0, 60), np.array([0.0, 5]), 10)
    assert tidy(replace(series, total=np.full(2, np.nan))).left == 5


def test_unknown_counts_are_left_out():
    series = series_of(times(0, 60, 120), np.array([0.0, np.nan, 5]), 10)
    assert len(tidy(series).at) == 2


def test_no_sample_is_no_course():
    assert len(tidy(series_of(np.zeros(0), np.zeros(0), 10)).at) == 0


def test_a_total_never_falls_below_what_is_finished():
    series = series_of(MONDAY + np.array([0.0, HOUR]), np.array([0.0, 12]), 10)
    assert tidy(series).left == 0

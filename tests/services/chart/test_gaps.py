"""Gaps: found between samples, explained by what was noted of the key."""

from datetime import UTC, datetime

import pytest

from batches.models import WatchGap
from batches.services.chart.gaps import breaks_of, gaps_between, steps_of
from tests.support.samples import DAY, counted

MINUTE = 60
NOW = 400 * DAY


def noted(since: int, until: int, reason: str) -> WatchGap:
    return WatchGap(
        since=datetime.fromtimestamp(since, UTC),
        until=datetime.fromtimestamp(until, UTC),
        reason=reason,
    )


@pytest.mark.parametrize(
    ("minutes", "status", "days_ago", "is_gap"),
    [
        (15, 2, 1, False),  # an unchanged batch is sampled so often
        (20, 2, 1, False),
        (21, 2, 1, True),
        (600, 4, 1, False),  # nothing is read of a completed one
        (600, 5, 1, False),
        (120, 2, 200, False),  # so far apart are the samples of half a year ago
        (600, 2, 200, True),
    ],
)
def test_a_long_step_is_a_gap_where_samples_were_due(
    minutes: int, status: int, days_ago: int, is_gap: bool
):
    at = NOW - days_ago * DAY
    samples = [counted(at, 3, status=status), counted(at + minutes * MINUTE, 9)]
    assert breaks_of(samples, now=NOW) == ([1] if is_gap else [])


@pytest.mark.parametrize(
    ("minutes", "status", "is_step"),
    [(600, 4, True), (600, 5, True), (1, 4, False), (600, 2, False)],
)
def test_counts_of_a_finished_batch_hold_until_the_next_sample(
    minutes: int, status: int, is_step: bool
):
    samples = [counted(NOW, 900, status=status), counted(NOW + minutes * MINUTE, 800)]
    assert steps_of(samples) == ([1] if is_step else [])


def test_a_gap_has_the_reason_of_the_noted_one_that_covers_most_of_it():
    samples = [counted(NOW - 7200, 3), counted(NOW - 600, 9)]
    found = gaps_between(
        samples,
        [1],
        until=NOW,
        noted=[
            noted(NOW - 7300, NOW - 7000, "short"),
            noted(NOW - 7000, NOW - 700, "long"),
            noted(NOW - 500, NOW, "after it"),
        ],
    )
    assert [tuple(gap) for gap in found] == [(NOW - 7200, NOW - 600, "long")]


def test_a_gap_that_nobody_noted_has_no_reason():
    samples = [counted(NOW - 7200, 3), counted(NOW - 600, 9)]
    assert gaps_between(samples, [1], until=NOW, noted=[])[0].reason == ""


def test_a_gap_lasts_while_nobody_reads_an_open_batch():
    samples = [counted(NOW - 7200, 3)]
    assert gaps_between(samples, [], until=NOW, noted=[])[0][:2] == (NOW - 7200, NOW)
    assert gaps_between(samples, [], until=None, noted=[]) == ()
    assert gaps_between([], [], until=NOW, noted=[]) == ()

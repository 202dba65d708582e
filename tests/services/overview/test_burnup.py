"""The burn-up of a project: made of sums and of when batches came, never of samples."""

import pytest

from batches.models import Estimate
from batches.services.overview.burnup import BurnUp, read_burn_up
from batches.services.overview.open_batches import open_batches
from batches.services.overview.when_done import when_done
from tests.support.clock import NOON
from tests.support.overviews import DAY, HOUR, ended, open_batch, worked

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
PRINT, NOW = "0123456789abcdef", int(NOON.timestamp())
A_DAY, AN_HOUR = 86_400, 3_600


def burn_up(window: str = "7d") -> BurnUp:
    batches = open_batches(fingerprint=PRINT, now=NOON, project="kittens")
    return read_burn_up(
        fingerprint=PRINT,
        project="kittens",
        batches=batches,
        done=when_done(batches=batches, now=NOON),
        window=window,
        now=NOON,
    )


def test_the_line_is_what_was_done_since_the_left_edge():
    worked(PRINT, NOON - 8 * DAY, 99)
    worked(PRINT, NOON - 2 * DAY, 20, errors=1)
    worked(PRINT, NOON - HOUR, 5)
    worked(PRINT, NOON - HOUR, 50, project="dogs")

    steps = burn_up().steps

    assert [(one.at - NOW, one.completed, one.errors) for one in steps] == [
        (-7 * A_DAY, 0, 0),
        (-2 * A_DAY + AN_HOUR, 20, 1),
        (0, 25, 1),
    ]


def test_the_total_rises_with_each_batch_and_holds_what_was_left_before():
    open_batch(PRINT, "old", done=40, total=100, created_at=NOON - 20 * DAY)
    open_batch(PRINT, "new", done=10, total=50, created_at=NOON - 3 * DAY)
    ended(PRINT, "done", NOON - DAY)  # of 100 tasks, created two days ago
    worked(PRINT, NOON - 2 * DAY, 150)

    totals = [(at - NOW, tasks) for at, tasks in burn_up().totals]

    # 150 done, 60 + 40 left
    assert totals == [
        (-7 * A_DAY, 100),
        (-3 * A_DAY, 100),
        (-3 * A_DAY, 150),
        (-2 * A_DAY, 150),
        (-2 * A_DAY, 250),
        (0, 250),
    ]


def test_the_fan_is_the_sum_of_the_paths_of_batches_with_a_range():
    first = open_batch(PRINT, "a", done=40, expected=(1, 3))
    second = open_batch(PRINT, "b", done=20, expected=(2, 4))
    open_batch(PRINT, "quiet", done=10, reason="quiet")
    worked(PRINT, NOON - HOUR, 70)
    path = [[NOW + hour * AN_HOUR, 50 + hour, 60 + hour, 70 + hour] for hour in (1, 2, 4)]
    Estimate.objects.filter(batch__in=[first, second]).update(path=path)

    found = burn_up()

    assert found.fan[0] == (NOW, 70, 70, 70)
    last = found.fan[-1]
    assert (last.low, last.mid, last.high) == (70 + 48, 70 + 68, 70 + 88)
    assert found.reach == 70 + 60 + 80
    assert (found.done.silent, found.done.left) == (1, 90)
    assert all(one.low <= one.mid <= one.high for one in found.fan)


def test_without_an_estimate_there_is_no_fan():
    open_batch(PRINT, "quiet", done=10, reason="quiet")
    assert burn_up().fan == ()


@pytest.mark.parametrize(("window", "days"), [("7d", 7), ("14d", 14), ("30d", 30), ("all", 60)])
def test_a_window_begins_where_its_words_say(window: str, days: int):
    worked(PRINT, NOON - 60 * DAY, 5)
    begin = burn_up(window).start
    assert 0 <= NOW - days * A_DAY - begin < A_DAY


def test_a_project_without_any_work_has_a_day():
    found = burn_up("all")
    assert NOW - found.start >= A_DAY
    assert [one.settled for one in found.steps] == [0, 0]
    assert found.end > NOW


def test_what_is_expected_takes_no_more_place_than_what_was():
    open_batch(PRINT, "a", done=40, expected=(24, 24 * 90))
    found = burn_up()
    assert found.end - NOW == NOW - found.start

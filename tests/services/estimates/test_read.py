"""What a page reads: nothing that has ended, nothing of another key, all of it in one query."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from pytest_django import DjangoAssertNumQueries

from batches.models import ApiKey, Estimate, Rhythm
from batches.sandbox import Sandbox
from batches.services.estimates.read import (
    estimate_of,
    estimates_of,
    quiet_hours_of,
    seen_with_estimate,
)
from batches.services.estimates.types import BatchEstimate
from batches.services.forecast.reasons import Reason
from tests.support.vendor import KeyMaker
from tests.support.watched_work import PRINT, Work, at

pytestmark = pytest.mark.django_db


def stored(work: Work, **facts: Any) -> Estimate:
    usual = {
        "at": at(10),
        "as_of": at(9),
        "status": "in_progress",
        "total": 100,
        "low": at(60),
        "mid": at(90),
        "high": at(120),
        "speed": 44.0,
        "usual_speed": 43.0,
        "path": [[at(60).timestamp(), 50, 60, 70]],
    }
    return Estimate.objects.create(batch=work.row, **usual | facts)


def shown(minute: float = 11, *, fingerprint: str = PRINT) -> BatchEstimate | None:
    return estimate_of(fingerprint=fingerprint, name="kitten-07", now=at(minute))


@pytest.fixture
def work() -> Work:
    work = Work()
    work.see(0, 40)
    return work


def test_an_estimate_is_shown_with_its_time(work: Work):
    stored(work)
    found = shown()
    assert found is not None
    assert (found.at, found.as_of) == (at(10), at(9))
    assert (found.low, found.mid, found.high) == (at(60), at(90), at(120))
    assert found.path == ((int(at(60).timestamp()), 50, 60, 70),)
    assert (found.speed, found.reason, found.since) == (44.0, None, None)


def test_another_key_sees_nothing_of_it(work: Work):
    stored(work)
    assert shown(fingerprint="f" * 16) is None


@pytest.mark.parametrize("status", ["completed", "cancelled", "paused", "staging"])
def test_an_estimate_of_another_status_is_not_shown(work: Work, status: str):
    stored(work)
    work.see(10, 40, status=status)
    assert shown() is None


def test_nor_one_of_a_batch_that_the_vendor_does_not_know_any_more(work: Work):
    stored(work)
    work.see_gone(10)
    assert shown() is None
    assert seen_with_estimate(fingerprint=PRINT, name="kitten-07", now=at(11)).estimate is None


def test_while_the_key_is_refused_nothing_is_shown(
    key_for: KeyMaker, alice: User, refonte: Sandbox
):
    key = key_for(alice)
    work = Work(fingerprint=key.fingerprint)
    work.see(0, 40)
    stored(work)
    assert shown(fingerprint=key.fingerprint) is not None
    ApiKey.objects.update(is_refused=True)
    assert shown(fingerprint=key.fingerprint) is None


def test_beside_all_done_stands_no_range(work: Work):
    stored(work)
    work.see(10, 100)
    assert shown() is None


def test_nothing_left_is_not_said_of_a_batch_with_tasks_left(work: Work):
    stored(work, reason=Reason.NOTHING_LEFT, low=None, mid=None, high=None, total=40)
    assert shown() is None
    assert seen_with_estimate(fingerprint=PRINT, name="kitten-07", now=at(11)).estimate is None
    work.see(10, 100)
    found = shown()
    assert found is not None
    assert found.reason is Reason.NOTHING_LEFT


@pytest.mark.parametrize(
    "reason", [Reason.GROWING, Reason.QUIET, Reason.FEW_DONE, Reason.FEW_SAMPLES, Reason.UNSURE]
)
def test_nor_is_a_batch_without_tasks_left_called_growing_or_stalled(work: Work, reason: Reason):
    stored(work, reason=reason, low=None, mid=None, high=None)
    assert shown() is not None
    work.see(10, 100)
    assert shown() is None


@pytest.mark.parametrize(
    ("minute", "times"),
    [(59, (60, 90, 120)), (61, (61, 90, 120)), (119, (119, 119, 120))],
)
def test_no_part_of_a_range_is_before_now(work: Work, minute: int, times: tuple[int, ...]):
    stored(work)
    found = shown(minute)
    assert found is not None
    assert (found.low, found.mid, found.high) == tuple(map(at, times))


def test_a_range_that_is_over_says_since_when_nobody_looked(work: Work):
    stored(work)
    found = shown(120)
    assert found is not None
    assert (found.reason, found.since) == (Reason.NOT_WATCHED, at(9))
    assert (found.low, found.mid, found.high, found.path) == (None, None, None, ())


@pytest.mark.parametrize(
    "facts",
    [
        {"high": at(54)},
        {"reason": Reason.QUIET, "since": at(2), "low": None, "mid": None, "high": None},
    ],
)
def test_of_a_batch_that_is_looked_at_no_page_says_that_nobody_watches(
    work: Work, facts: dict[str, Any]
):
    stored(work, **facts)
    work.see(50, 41)  # and the worker has not come to it since
    found = shown(55)
    assert found is not None
    assert (found.reason, found.high) == (Reason.UNSURE, None)


@pytest.mark.parametrize("reason", Reason)
def test_a_batch_is_called_stalled_only_while_somebody_looks(work: Work, reason: Reason):
    if reason is Reason.NOTHING_LEFT:
        work.see(0.5, 100)
    stored(work, reason=reason, since=at(2), low=None, mid=None, high=None, path=[])
    seen, unseen = shown(44), shown(45)
    assert seen is not None
    assert unseen is not None
    assert (seen.reason, seen.since) == (reason, at(2))
    lasts = {Reason.PAUSED, Reason.NOT_STARTED, Reason.ENDED, Reason.NOTHING_LEFT}
    expected = (reason, at(2)) if reason in lasts else (Reason.NOT_WATCHED, at(9))
    if reason is Reason.NOT_WATCHED:
        expected = (reason, at(2))
    assert (unseen.reason, unseen.since) == expected


def test_the_last_hour_has_no_speed_once_nobody_watches(work: Work):
    stored(work)
    assert [found.speed for minute in (44, 45) if (found := shown(minute))] == [44.0, None]


def test_a_list_reads_its_estimates_with_one_query(
    django_assert_num_queries: DjangoAssertNumQueries,
):
    names = [f"kitten-{number}" for number in range(30)]
    for name in names:
        one = Work(name)
        one.see(0, 40)
        stored(one)
    with django_assert_num_queries(1):
        found = estimates_of(fingerprint=PRINT, names=names, now=at(11))
    assert set(found) == set(names)


def test_hours_with_little_work_are_quiet():
    assert quiet_hours_of(fingerprint=PRINT) == frozenset()
    weights = [0.1 if hour % 24 < 6 else 1.3 for hour in range(168)]
    Rhythm.objects.create(fingerprint=PRINT, at=at(0), weights=weights)
    quiet = quiet_hours_of(fingerprint=PRINT)
    assert quiet == {hour for hour in range(168) if hour % 24 < 6}
    assert quiet_hours_of(fingerprint="f" * 16) == frozenset()


@pytest.mark.parametrize(
    ("night", "evening", "quiet"), [(0.5, 1.2, 6), (0.15, 1.2, 6), (0.9, 1.2, 0), (1.0, 1.0, 0)]
)
def test_a_night_in_which_a_few_work_is_a_night(night: float, evening: float, quiet: int):
    weights = [night if hour % 24 < 6 else evening for hour in range(168)]
    Rhythm.objects.create(fingerprint=PRINT, at=at(0), weights=weights)
    assert len(quiet_hours_of(fingerprint=PRINT)) == quiet * 7

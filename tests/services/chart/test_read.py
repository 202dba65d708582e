"""The chart of a batch: its window, what is new since, what explains it."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from batches.models import ApiKey, BatchNote, Estimate, Rhythm, StatusChange, WatchGap
from batches.models.names import name_digest
from batches.services.chart.brief import read_brief
from batches.services.chart.history import Question
from batches.services.chart.read import read_chart
from batches.services.chart.table import read_table
from batches.services.chart.types import Chart
from batches.services.keys.types import KeyHandle
from tests.support.clock import NOON
from tests.support.reads import as_stored
from tests.support.samples import NAME, counted, keep, keep_packed, seen_batch
from tests.support.vendor import KeyMaker

pytestmark = pytest.mark.usefixtures("clock")
AT = int(NOON.timestamp())
HOUR = 3_600


def ask(key: KeyHandle, name: str = NAME, **question: Any) -> Chart:
    return read_chart(
        key=key, name=name, question=Question(**question), zone=UTC, now=timezone.now()
    )


def hours_of(key: KeyHandle, hours: int, **facts: Any) -> None:
    """A sample a minute up to now, with a task each."""
    start = AT - hours * HOUR
    keep(
        key.fingerprint,
        [counted(start + 60 * n, n) for n in range(hours * 60 + 1)],
        **facts,
    )


def test_all_that_is_kept_is_the_window_without_a_choice(key: KeyHandle):
    row = seen_batch(key.fingerprint)
    keep_packed(row, [counted(AT - 5 * 86_400 + 60 * n, n) for n in range(600)])
    keep(key.fingerprint, [counted(AT - 60, 700)])

    chart = ask(key)

    assert chart.start == AT - 5 * 86_400
    assert chart.samples == 601
    assert (chart.points[0].completed, chart.points[-1].completed) == (0, 700)
    assert len(chart.points) <= 300
    assert [gap.until for gap in chart.gaps] == [AT - 60]


@pytest.mark.parametrize(("window", "samples"), [("6h", 361), ("24h", 481), ("7d", 481)])
def test_a_window_has_its_own_samples(key: KeyHandle, window: str, samples: int):
    hours_of(key, 8)
    assert ask(key, window=window).samples == samples


def test_since_a_second_there_is_only_what_is_newer(key: KeyHandle):
    hours_of(key, 3)
    start = ask(key).start

    chart = ask(key, since=AT - 120, start=start)

    assert [one.at for one in chart.points] == [AT - 60, AT]
    assert chart.samples == 2
    assert chart.start == start
    assert [(bar.at, bar.completed) for bar in chart.bars] == [(AT - HOUR, 60)]
    assert ask(key, since=AT, start=start).points == ()


def test_a_new_sample_after_a_gap_says_so(key: KeyHandle):
    keep(key.fingerprint, [counted(AT - 3 * HOUR, 1), counted(AT - 60, 9), counted(AT, 10)])

    chart = ask(key, since=AT - 3 * HOUR, start=AT - 3 * HOUR)

    assert chart.breaks == (0,)
    assert [tuple(gap)[:2] for gap in chart.gaps] == [(AT - 3 * HOUR, AT - 60)]
    assert [bar.completed for bar in chart.bars] == [1]


def test_a_gap_has_its_reason(key: KeyHandle):
    keep(key.fingerprint, [counted(AT - 3 * HOUR, 1), counted(AT, 9)])
    since, until = NOON - timedelta(hours=2), NOON - timedelta(minutes=5)
    WatchGap.objects.create(fingerprint=key.fingerprint, since=since, until=until, reason="Off.")
    assert ask(key).gaps[0].reason == "Off."


def test_a_finished_batch_ends_with_its_last_sample(key: KeyHandle):
    keep(
        key.fingerprint,
        [counted(AT - 50 * HOUR, 1), counted(AT - 49 * HOUR, 900, status=4)],
        status="completed",
    )
    Estimate.objects.create(batch=seen_batch(key.fingerprint, status="completed"), **RANGE)

    chart = ask(key, window="6h")

    assert not chart.is_open
    assert chart.samples == 2
    assert AT - 49 * HOUR <= chart.end < AT - 48 * HOUR
    assert chart.estimate is None
    assert len(chart.gaps) == 1  # not one that lasts


RANGE: dict[str, Any] = {
    "at": NOON,
    "as_of": NOON,
    "status": "in_progress",
    "total": 900,
    "low": NOON + timedelta(hours=4),
    "mid": NOON + timedelta(hours=5),
    "high": NOON + timedelta(hours=6),
    "path": [[AT + HOUR, 200, 210, 220]],
}


def test_the_axis_reaches_behind_the_estimate(key: KeyHandle):
    hours_of(key, 8)
    Estimate.objects.create(batch=seen_batch(key.fingerprint), **RANGE)

    chart = ask(key)

    assert chart.estimate
    assert chart.estimate.path == ((AT + HOUR, 200, 210, 220),)
    assert AT + 6 * HOUR < chart.end < AT + 7 * HOUR


def test_a_far_end_is_on_the_axis_of_all_and_not_on_that_of_a_window(key: KeyHandle):
    hours_of(key, 8)
    far = RANGE | {"high": NOON + timedelta(days=90)}
    Estimate.objects.create(batch=seen_batch(key.fingerprint), **far)
    assert ask(key).end > AT + 90 * 24 * HOUR
    assert ask(key, window="6h").end == AT + 3 * HOUR


def test_a_reopened_batch_holds_its_counts_until_it_changed(key: KeyHandle):
    samples = [counted(AT - 9 * HOUR, 899), counted(AT - 9 * HOUR + 60, 900, status=4)]
    keep(key.fingerprint, [*samples, counted(AT - 60, 800), counted(AT, 801)])

    chart = ask(key)

    assert (chart.steps, chart.breaks, chart.gaps) == ((2,), (), ())
    assert [bar.completed for bar in chart.bars] == [1, 1]
    assert ask(key, since=AT - 9 * HOUR + 60, start=chart.start).steps == (0,)


def test_nights_come_from_the_rhythm_of_the_key(key: KeyHandle):
    hours_of(key, 3)
    Rhythm.objects.create(fingerprint=key.fingerprint, at=NOON, weights=[0.1] * 24 + [1.2] * 144)
    chart = ask(key)
    assert chart.quiet == ((chart.start, chart.end),)


def test_marks_have_the_numbers_of_the_timeline(key: KeyHandle):
    hours_of(key, 3)
    for minutes, message in ((600, ""), (90, "fell"), (30, "")):
        StatusChange.objects.create(
            fingerprint=key.fingerprint,
            name=NAME,
            digest=name_digest(NAME),
            before="staging",
            after="in_progress",
            message=message,
            at=NOON - timedelta(minutes=minutes),
        )
    assert [event.number for event in ask(key).events] == [3, 2]  # the first is before the window


def test_how_many_tasks_came_in_the_last_hour(key: KeyHandle):
    totals = [(2 * HOUR, 100), (HOUR, 200), (600, 300), (0, 350)]
    keep(key.fingerprint, [counted(AT - ago, 1, total=total) for ago, total in totals])
    assert ask(key).grown == 150


def test_an_unknown_batch_has_an_empty_chart(key: KeyHandle):
    for name in ("nobody", "a\x00b"):
        chart = ask(key, name=name)
        assert (chart.points, chart.bars, chart.events, chart.gaps) == ((), (), (), ())


def test_of_a_refused_key_nothing_is_shown(key: KeyHandle):
    hours_of(key, 2)
    ApiKey.objects.update(is_refused=True)
    refused = as_stored(key)
    assert ask(refused).points == ()
    assert read_brief(key=refused, name=NAME) == ()
    assert read_table(key=refused, name=NAME, question=Question(), zone=UTC, now=NOON) == ()


def test_another_keys_samples_are_not_drawn(bob: User, key: KeyHandle, key_for: KeyMaker):
    hours_of(key, 2)
    other = key_for(bob, mode="test")
    assert ask(other).points == ()
    assert read_brief(key=other, name=NAME) == ()


def test_a_chart_costs_the_same_queries_however_many_samples(
    key: KeyHandle, django_assert_max_num_queries: Any
):
    row = seen_batch(key.fingerprint)
    keep_packed(row, [counted(AT - 9 * 86_400 + 60 * n, n) for n in range(6_000)])
    hours_of(key, 40)
    with django_assert_max_num_queries(9):
        assert len(ask(key).points) <= 300
    with django_assert_max_num_queries(9):
        ask(key, since=AT - 60, start=AT - 40 * HOUR)


def test_of_many_gaps_each_point_after_one_says_so(key: KeyHandle):
    start = AT - 400 * HOUR
    # looked at twice a visit, in four hundred visits
    visits = [start + n * HOUR + second for n in range(400) for second in (0, 60)]
    keep(key.fingerprint, [counted(at, n // 2) for n, at in enumerate(visits)])

    chart = ask(key)

    assert len(chart.points) <= 300
    # hardly two points are of one visit
    steps = [after.at - before.at for before, after in pairwise(chart.points)]
    assert list(chart.breaks) == [n for n, step in enumerate(steps, start=1) if step > 60]


def test_of_a_refused_key_not_even_the_nights_are_shown(key: KeyHandle):
    hours_of(key, 24)
    Rhythm.objects.create(fingerprint=key.fingerprint, at=NOON, weights=[0.1] * 24 + [1.2] * 144)
    assert ask(key, window="7d").quiet
    ApiKey.objects.update(is_refused=True)
    assert ask(as_stored(key), window="7d").quiet == ()


# The brief form and the table


def test_the_brief_form_has_a_point_an_hour_and_two_a_day(
    key: KeyHandle, django_assert_num_queries: Any
):
    row = seen_batch(key.fingerprint)
    keep_packed(row, [counted(AT - 5 * 86_400 + 60 * n, n) for n in range(600)])
    hours_of(key, 2)
    with django_assert_num_queries(1):
        points = read_brief(key=key, name=NAME)
    assert [point.completed for point in points] == [0, 599, 59, 119, 120]


def test_the_table_has_a_line_an_hour_and_one_for_a_gap(key: KeyHandle):
    samples = [(-5 * HOUR, 0), (-5 * HOUR + 60, 7), (-HOUR, 20)]
    samples += [(-2_700, 22), (-1_800, 24), (-900, 26), (0, 30)]
    keep(key.fingerprint, [counted(AT + at, done) for at, done in samples])

    lines = read_table(key=key, name=NAME, question=Question(), zone=UTC, now=timezone.now())

    found = [
        (line.sample.completed, line.an_hour) if line.sample else tuple(line.gap or ())[:2]
        for line in lines
    ]
    gap = (AT - 5 * HOUR + 60, AT - HOUR)
    assert found == [(30, 10), (20, None), gap, (7, None), (0, None)]


def test_a_line_after_a_gap_does_not_say_that_nothing_was_done(key: KeyHandle):
    seen = [(-4 * HOUR, 5), (-60 * 185, 6), (-60 * 180, 9), (0, 30), (600, 30), (1_200, 34)]
    keep(key.fingerprint, [counted(AT - HOUR + at, done) for at, done in seen])
    lines = read_table(key=key, name=NAME, question=Question(), zone=UTC, now=timezone.now())
    counts = [(line.sample.completed, line.an_hour) for line in lines if line.sample]
    assert counts == [(34, 12), (30, None), (9, None), (5, None)]


def due(key: KeyHandle, at: int) -> None:
    BatchNote.objects.create(
        fingerprint=key.fingerprint,
        name=NAME,
        due_at=datetime.fromtimestamp(at, UTC),
        changed_at=NOON,
    )


@pytest.mark.parametrize(
    ("hours", "is_shown"),
    [(-2, True), (2, True), (3, True), (100, False), (-5, False)],
)
def test_a_due_date_is_on_the_axis_where_there_is_room(key: KeyHandle, hours: int, is_shown: bool):
    hours_of(key, 4)
    end = ask(key).end
    due(key, AT + hours * HOUR)
    chart = ask(key)
    assert chart.due == (AT + hours * HOUR if is_shown else None)
    assert chart.end == (AT + hours * HOUR + chart_room(hours) if hours in (2, 3) else end)


def chart_room(hours: int) -> int:
    """Behind the due date: a part of what is drawn up to it."""
    return max(1800, (hours + 4) * HOUR) // 25


def test_a_due_date_behind_the_range_makes_the_axis_longer(key: KeyHandle):
    hours_of(key, 4)
    times = {name: NOON + timedelta(hours=6) for name in ("low", "mid", "high")}
    known = {"at": NOON, "as_of": NOON, "status": "in_progress", "total": 900}
    Estimate.objects.create(batch=seen_batch(key.fingerprint), path=[], **known | times)
    due(key, AT + 9 * HOUR)
    chart = ask(key)
    assert chart.due == AT + 9 * HOUR
    assert chart.end > chart.due
    # a window keeps its own length
    assert ask(key, window="6h").due is None


def test_the_axis_of_a_finished_batch_ends_with_it(key: KeyHandle):
    hours_of(key, 4, status="completed")
    due(key, AT + HOUR)
    assert ask(key).due is None

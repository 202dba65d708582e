"""Samples as arrays say the same as the samples themselves, whichever layer they are in."""

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from batches.models import SampleDay
from batches.services.estimates.arrays import COUNTS, _kept, _numbers, series_of
from batches.services.observations.packing import COLUMNS, Sample, pack, raw_columns
from batches.services.observations.series import samples_of
from batches.services.observations.thinning import thin_samples
from tests.support.watched_work import PRINT, Work, at

FIRST_DAYS = (0, 40, 90, 10_000)  # minutes


def numbers(samples: tuple[Sample, ...], name: str) -> list[float | None]:
    return [getattr(one, name) for one in samples]


def known(values: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> list[float | None]:
    return [None if np.isnan(one) else float(one) for one in values]


def all_samples(name: str = "kitten-07") -> tuple[Sample, ...]:
    return samples_of(fingerprints=[PRINT], name=name, since=at(-99_999), until=at(99_999))


@pytest.mark.parametrize("packed_at", [None, at(5 * 1440)])
def test_arrays_hold_what_samples_hold(db: None, packed_at: object):
    work = Work(total=10**14)
    for place, minute in enumerate(FIRST_DAYS):
        work.see(minute, 10**13 + place)
    if packed_at:
        thin_samples(now=at(5 * 1440))
        assert SampleDay.objects.exists()
    series, samples = series_of([work.row])[work.row.pk], all_samples()
    assert series.at.tolist() == numbers(samples, "at")
    assert series.status.tolist() == numbers(samples, "status")
    for name in COUNTS:
        assert known(getattr(series, name)) == numbers(samples, name)


def test_many_batches_are_read_with_two_queries(
    db: None, django_assert_num_queries: DjangoAssertNumQueries
):
    works = [Work(f"kitten-{number}") for number in range(5)]
    for work in works:
        work.see(0, 1)
        work.see(10, 2)
    rows = [work.row for work in works]
    with django_assert_num_queries(2):
        found = series_of(rows)
    assert {pk: len(one.at) for pk, one in found.items()} == {row.pk: 2 for row in rows}


def test_the_newest_look_is_the_last_sample_even_where_nothing_changed(db: None):
    work = Work()
    for minute in range(0, 12, 3):
        work.see(minute, 5)
    series = series_of([work.row])[work.row.pk]
    assert [at(0) + timedelta(seconds=one - series.at[0]) for one in series.at] == [at(0), at(9)]
    assert series.completed.tolist() == [5, 5]


def test_a_batch_without_counts_has_no_samples(db: None):
    work = Work()
    work.see(0)
    series = series_of([work.row])[work.row.pk]
    assert len(series.at) == len(series.completed) == 0


def test_a_damaged_day_leaves_the_others(db: None):
    work = Work()
    work.work(0, 3 * 1440, step=300)
    thin_samples(now=at(6 * 1440))
    day = SampleDay.objects.order_by("day").first()
    assert day is not None
    SampleDay.objects.filter(day=day.day).update(packed=b"\x09")
    series = series_of([work.row])[work.row.pk]
    assert 0 < len(series.at) < 15


def test_old_days_keep_one_sample_in_ten_minutes_and_both_sides_of_a_gap(db: None):
    minutes = [*range(60), *range(300, 330)]
    rows = [(minute * 60, 2, *[0] * 5) for minute in minutes]
    rows[45] = (45 * 60, 3, *[0] * 5)  # paused, for a minute
    table = np.array(rows, dtype=np.float64)
    kept = (table[_kept(table), 0] / 60).tolist()
    assert kept == [0, 9, 19, 29, 39, 44, 45, 46, 49, 59, 300, 309, 319, 329]


def test_the_last_completion_before_a_quiet_keeps_its_time(db: None):
    work = Work()
    for minute in range(33):
        work.see(minute, minute)
    for minute in range(47, 600, 15):
        work.see(minute, 32)
    before = series_of([work.row])[work.row.pk]
    thin_samples(now=at(6 * 1440))
    after = series_of([work.row])[work.row.pk]
    assert len(after.at) < len(before.at)
    ends = [one.at[int(np.argmax(one.completed == 32))] for one in (before, after)]
    assert ends == [at(32).timestamp()] * 2


counts = st.one_of(st.none(), st.integers(0, 2**50))


@given(st.lists(st.tuples(counts, counts), min_size=1, max_size=40))
def test_numbers_are_unpacked_as_samples_are(rows: list[tuple[int | None, int | None]]):
    samples = [Sample(at=n, completed=one, total=two) for n, (one, two) in enumerate(rows)]
    columns = dict(zip(COLUMNS, raw_columns(pack(samples)), strict=True))
    assert known(_numbers(columns["completed"])) == [one for one, _ in rows]
    assert known(_numbers(columns["total"])) == [two for _, two in rows]
    assert known(_numbers(columns["pending"])) == [None] * len(rows)

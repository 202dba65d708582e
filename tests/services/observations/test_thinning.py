"""Samples grow old: packed after two days, thinned after a month, dropped after their time."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from batches.models import ProjectQuarter, Sample, SampleDay, SeenBatch
from batches.services.observations.quarters import QUARTER
from batches.services.observations.series import samples_of
from batches.services.observations.thinning import thin_samples
from tests.support.clock import NOON
from tests.support.query_plans import plans_of, slow_steps

PRINT, DAY = "0123456789abcdef", 86_400
START = int(NOON.timestamp())


@pytest.fixture
def batch(db: None) -> SeenBatch:
    return SeenBatch.objects.create(fingerprint=PRINT, name="kitten-07", seen_at=NOON)


def sample(batch: SeenBatch, at: datetime, completed: int = 0, status: int = 2) -> Sample:
    minute, second = divmod(int(at.timestamp()), 60)
    counts = {"completed": completed, "pending": 900 - completed, "total": 900}
    return Sample(batch=batch, minute=minute, second=second, status=status, **counts)


def fill(batch: SeenBatch, *, days: int, every: int = 30) -> None:
    """A sample each `every` minutes, until noon."""
    moments = [NOON - timedelta(minutes=n) for n in range(0, days * 1440, every)]
    Sample.objects.bulk_create(sample(batch, at, n % 900) for n, at in enumerate(moments))


def series(days: int = 500) -> tuple[Any, ...]:
    return samples_of(
        fingerprints=[PRINT], name="kitten-07", since=NOON - timedelta(days=days), until=NOON
    )


def test_whole_days_are_packed_after_two_days_and_read_the_same(batch: SeenBatch):
    fill(batch, days=5)
    before = series()
    thin_samples(now=NOON)
    assert series() == before
    assert SampleDay.objects.count() == 3
    assert min(Sample.objects.values_list("minute", flat=True)) * 60 % DAY == 0


def test_packing_twice_changes_nothing(batch: SeenBatch):
    fill(batch, days=5)
    thin_samples(now=NOON)
    before = [*SampleDay.objects.order_by("pk").values_list()]
    thin_samples(now=NOON)
    assert [*SampleDay.objects.order_by("pk").values_list()] == before


def test_samples_that_come_late_join_their_day(batch: SeenBatch):
    fill(batch, days=4)
    thin_samples(now=NOON)
    late = NOON - timedelta(days=3, minutes=7)
    sample(batch, late, 123).save(force_insert=True)
    thin_samples(now=NOON)
    assert (int(late.timestamp()), 123) in [(one.at, one.completed) for one in series()]
    assert not Sample.objects.filter(minute__lt=(START - 3 * DAY) // 60).exists()


def test_a_day_tells_how_it_began_and_ended(batch: SeenBatch):
    day = NOON.replace(hour=0) - timedelta(days=5)
    rows = [sample(batch, day + timedelta(hours=hour), hour * 10) for hour in range(1, 24)]
    Sample.objects.bulk_create(rows)
    thin_samples(now=NOON)
    stored = SampleDay.objects.get()
    assert (stored.first_completed, stored.last_completed) == (10, 230)
    assert (stored.first_at, stored.last_at) == tuple(
        int((day + timedelta(hours=hour)).timestamp()) for hour in (1, 23)
    )


@pytest.mark.parametrize(("age", "most"), [(20, 1440), (40, 145), (200, 13)])
def test_what_is_older_has_fewer_samples(batch: SeenBatch, age: int, most: int):
    day = NOON.replace(hour=0) - timedelta(days=age)
    rows = [sample(batch, day + timedelta(minutes=n)) for n in range(1440)]
    Sample.objects.bulk_create(rows)
    for _ in range(2):
        thin_samples(now=NOON)
    assert len(series()) == most
    assert series()[0].at == int(day.timestamp())


def test_what_is_past_its_time_is_dropped(batch: SeenBatch, settings: Any):
    settings.OBSERVATION_DAYS = 100
    for age in (99, 102):
        sample(batch, NOON - timedelta(days=age)).save(force_insert=True)
        quarter = (START - age * DAY) // QUARTER
        ProjectQuarter.objects.create(fingerprint=PRINT, project="p", quarter=quarter)
    thin_samples(now=NOON)
    assert SampleDay.objects.count() == ProjectQuarter.objects.count() == 1


def test_a_damaged_day_keeps_no_other_from_being_thinned(batch: SeenBatch):
    days = [NOON.replace(hour=0) - timedelta(days=age) for age in (50, 40)]
    for day in days:
        Sample.objects.bulk_create(sample(batch, day + timedelta(minutes=n)) for n in range(1440))
    thin_samples(now=NOON - timedelta(days=30))
    SampleDay.objects.filter(day=int(days[0].timestamp()) // DAY).update(packed=b"\xff")
    thin_samples(now=NOON)
    assert SampleDay.objects.get(day=int(days[1].timestamp()) // DAY).step == 600


def test_it_stops_between_two_steps(batch: SeenBatch):
    fill(batch, days=5)
    thin_samples(now=NOON, goes_on=lambda: False)
    assert not SampleDay.objects.exists()


def test_every_query_uses_an_index(batch: SeenBatch):
    others = [SeenBatch(fingerprint=PRINT, name=f"b{n}", seen_at=NOON) for n in range(60)]
    for one in SeenBatch.objects.bulk_create(others):
        fill(one, days=3, every=60)
    fill(batch, days=3, every=60)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    with plans_of("batches_sample") as plans:
        thin_samples(now=NOON)
        series()
    assert slow_steps(plans, most=2_000) == []


def test_sqlite_keeps_the_rows_in_the_order_of_their_key(db: None):
    if connection.vendor != "sqlite":
        pytest.skip("only SQLite has tables without rowid")
    with connection.cursor() as cursor:
        cursor.execute("SELECT sql FROM sqlite_master WHERE name = 'batches_sample'")
        assert "WITHOUT ROWID" in cursor.fetchone()[0]


@pytest.mark.parametrize("age", [40, 200])
def test_changes_of_status_and_the_sides_of_a_gap_stay(batch: SeenBatch, age: int):
    day = NOON.replace(hour=0) - timedelta(days=age)
    # begun in the middle of an hour; nobody looked from the 481st minute to the 603rd
    minutes = [*range(482), *range(603, 900)]
    Sample.objects.bulk_create(
        sample(batch, day + timedelta(minutes=n), n, status=1 if n < 95 else 2) for n in minutes
    )
    for _ in range(2):
        thin_samples(now=NOON)
    stayed = [one.completed for one in series()]
    assert {0, 94, 95, 481, 603, 899} <= set(stayed)
    assert len(stayed) < 100

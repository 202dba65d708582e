"""Each query of recording, reading and thinning reads an index, on both databases."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from batches.management.seeded_histories import Size, make_histories
from batches.models import ProjectQuarter, SampleDay, SeenBatch
from batches.refonte import Counts
from batches.services.observations import thinning
from batches.services.observations.days import day_row
from batches.services.observations.packing import Sample as Packed
from batches.services.observations.quarters import QUARTER
from batches.services.observations.record import record
from batches.services.observations.series import samples_of
from batches.services.observations.sighting import Sighting
from batches.services.observations.store_history import store_history
from batches.services.observations.thinning import thin_samples
from tests.support.clock import NOON
from tests.support.query_plans import plans_of, slow_steps

PRINT, DAY = "0123456789abcdef", 86_400
TODAY = int(NOON.timestamp()) // DAY
WATCHED, KNOWN, PAGE = 80, 3_000, 20  # batches
OLD = 90  # days, and quarters of an hour, that are past their time
# What a step may read: the samples of a batch, a page of batches, one slice. Each table has more.
MOST = 400


@pytest.fixture
def many(db: None) -> None:
    """Some batches with 60 hot samples each, among many others; old days."""
    size = Size(batches=WATCHED, in_progress=WATCHED, days=4, samples=WATCHED * 60)
    store_history(fingerprint=PRINT, histories=make_histories(size, seed=1, now=NOON), now=NOON)
    SeenBatch.objects.bulk_create(
        SeenBatch(fingerprint=PRINT, name=f"{number}", seen_at=NOON) for number in range(KNOWN)
    )
    sample = [Packed(0, 2, 1, 1, 0, 0, 2)]
    SampleDay.objects.bulk_create(
        day_row(10**6 + number, TODAY - age, sample, step=step)
        for age, step, days in (
            (1, 60, 2 * KNOWN),
            (35, 60, OLD),
            (190, 600, OLD),
            (410, 7200, OLD),
        )
        for number in range(days)
    )
    ProjectQuarter.objects.bulk_create(
        ProjectQuarter(
            fingerprint=PRINT, project=f"{number}", quarter=(TODAY - age) * DAY // QUARTER
        )
        for age, quarters in ((1, KNOWN), (410, OLD))
        for number in range(quarters)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def thin_the_next_days() -> None:
    thin_samples(now=NOON + timedelta(days=3))


def read_one() -> None:
    since = NOON - timedelta(days=400)
    found = samples_of(
        fingerprints=[PRINT, "f" * 16], name="seeded_batch_000007", since=since, until=NOON
    )
    assert len(found) == 60


def record_a_page() -> None:
    counts = Counts(pending=1, completed=99_999)
    sightings = [
        Sighting(name=f"seeded_batch_{number:06}", status="in_progress", counts=counts)
        for number in range(PAGE)
    ]
    record(fingerprint=PRINT, sightings=sightings, at=NOON + timedelta(minutes=1))


def test_no_query_reads_all_of_a_table(many: None, subtests: pytest.Subtests):
    for act in (read_one, record_a_page, thin_the_next_days):
        with subtests.test(act.__name__):
            with plans_of("batches_", writes=True) as plans:
                act()
            assert plans
            assert slow_steps(plans, most=MOST) == []


def test_no_delete_takes_more_than_a_slice(many: None, monkeypatch: pytest.MonkeyPatch):
    """Nothing else can be written to SQLite during a delete."""
    monkeypatch.setattr(thinning, "SLICE", 50)
    deleted: list[int] = []

    def count(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        answer = execute(sql, params, many, context)
        if sql.startswith("DELETE"):
            deleted.append(context["cursor"].rowcount)
        return answer

    with connection.execute_wrapper(count):
        thin_the_next_days()
    assert sum(deleted) == 2 * OLD + WATCHED * 60
    assert max(deleted) == 60  # the samples of a batch and day, at most one a minute


def test_a_batch_without_old_samples_costs_one_query(many: None):
    thin_samples(now=NOON)
    with CaptureQueriesContext(connection) as queries:
        thin_samples(now=NOON)
    assert len(queries) <= WATCHED + 10

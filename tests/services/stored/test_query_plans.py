"""Pages of the API read indexes, however many rows there are."""

from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection

from batches.models import Alarm, AlarmKind, Sample, SeenBatch
from batches.models.names import name_digest
from batches.services import newest
from batches.services.attention.read import open_alarms
from batches.services.keys.types import KeyHandle
from batches.services.newest import Place
from batches.services.observations.points import read_points
from batches.services.people import tokens
from batches.services.stored.batches import StoredFilters, find_batch, list_batches
from batches.services.stored.projects import list_projects
from tests.support.api import token_of
from tests.support.clock import NOON
from tests.support.query_plans import plans_of, slow_steps, work_of

ROWS = 4_000
AFTER = (None, Place(NOON - timedelta(minutes=300), 10), Place(None, 99))
SEEN = "batches_seenbatch"
FILTERS = [
    StoredFilters(),
    StoredFilters(status="in_progress"),
    StoredFilters(status="staging", project="puppies"),
    StoredFilters(status="completed"),
    StoredFilters(project="puppies"),
    StoredFilters(q="kitten"),
]


def seen(key: KeyHandle, number: int, **facts: Any) -> SeenBatch:
    name = f"batch-{number:04}"
    usual: dict[str, Any] = {"status": "completed", "project": "kittens", "seen_at": NOON}
    created_at = NOON - timedelta(minutes=number) if number % 3 else None
    fields = {"name": name, "digest": name_digest(name), "created_at": created_at} | usual | facts
    return SeenBatch(fingerprint=key.fingerprint, search=name, **fields)


@pytest.fixture
def _many(key: KeyHandle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(newest, "AT_ONCE", 150)
    monkeypatch.setattr(newest, "LEAST_OF_A_PART", 50)
    rows = [seen(key, number) for number in range(ROWS)]
    rows += [seen(key, ROWS + number, status="in_progress") for number in range(20)]
    SeenBatch.objects.bulk_create(rows)
    analyze("batches_seenbatch")


def analyze(table: str) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            # so few rows it would rather sort
            cursor.execute("SET LOCAL enable_bitmapscan = off")
            cursor.execute(f"ANALYZE {table}")


@pytest.mark.usefixtures("_many")
def test_a_page_reads_an_index(key: KeyHandle, subtests: pytest.Subtests):
    for filters, after in product(FILTERS, AFTER):
        with subtests.test(filters=filters, after=after):
            with plans_of(SEEN) as plans:
                list_batches(key=key, filters=filters, after=after, limit=20)
            assert plans
            slow = slow_steps(plans)
            # open batches are few, and sorted
            assert [step for step in slow if not (filters.is_open and "B-TREE" in step)] == []


@pytest.mark.usefixtures("_many")
def test_open_batches_are_found_in_their_own_index(key: KeyHandle):
    with plans_of(SEEN) as plans:
        list_batches(key=key, filters=StoredFilters(status="in_progress"), after=None, limit=20)
    assert [step for step in plans if "seen_batch_open" in step]


@pytest.mark.usefixtures("_many")
def test_one_batch_and_the_projects_read_an_index(key: KeyHandle):
    with plans_of(SEEN) as plans:
        find_batch(key=key, name="batch-0007")
        list_projects(key=key)
    assert slow_steps(plans) == []
    assert [step for step in plans if "seen_batch_open" in step]


def test_a_token_is_found_by_its_digest(alice: User):
    text = token_of(alice)
    analyze("batches_personaltoken")
    with plans_of("batches_personaltoken") as plans:
        tokens.find_token(text)
        list(tokens.working(user=alice))
        list(tokens.ended(user=alice))
    assert not [step for step in plans if step.startswith(("SCAN", "Seq Scan"))]


def test_open_alarms_are_found_among_ended_ones(key: KeyHandle):
    facts = {"since": NOON, "began_at": NOON, "checked_at": NOON, "subject": ""}
    Alarm.objects.bulk_create(
        Alarm(fingerprint=key.fingerprint, kind=AlarmKind.STAGING, ended_at=NOON, **facts)
        for _ in range(ROWS)
    )
    analyze("batches_alarm")
    with plans_of("batches_alarm") as plans:
        open_alarms(fingerprint=key.fingerprint)
    assert not [step for step in plans if step.startswith(("SCAN batches_alarm", "Seq Scan"))]


def test_a_page_of_points_costs_the_same_in_a_longer_history(key: KeyHandle):
    row = seen(key, 1)
    row.save()
    begin = int(NOON.timestamp())

    def page() -> object:
        return read_points(
            fingerprints=key.fingerprints,
            name=row.name,
            first=begin,
            last=begin + 10**7,
            limit=50,
        )

    def keep(first: int, last: int) -> None:
        minutes = range(begin // 60 + first, begin // 60 + last)
        Sample.objects.bulk_create(
            Sample(batch=row, minute=minute, second=0, status=2, completed=minute)
            for minute in minutes
        )
        analyze("batches_sample")

    keep(0, 100)
    before = work_of(page, "batches_sample")
    keep(100, 2_000)
    assert work_of(page, "batches_sample") <= before * 1.5

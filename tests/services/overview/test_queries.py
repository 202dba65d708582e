"""Each query of the overview and of a project reads an index, and there are few of them."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from django.core.cache import caches
from django.db import connection

from batches.models import (
    Alarm,
    AlarmKind,
    Estimate,
    FinishedBatch,
    Operation,
    ProjectQuarter,
    SeenBatch,
    State,
    Verb,
)
from batches.models.names import name_digest
from batches.services.keys.types import ViewerKey
from batches.services.overview.project import read_project
from batches.services.overview.read import read_overview
from batches.services.vendor.calls import Kind
from tests.support.clock import NOON
from tests.support.overviews import DAY, open_batch, raise_alarm, watch, worked_days
from tests.support.query_plans import plans_of, slow_steps
from tests.support.vendor import KeyMaker

pytestmark = pytest.mark.usefixtures("clock")
ZONE = ZoneInfo("UTC")
KNOWN, OPEN, OTHERS = 800, 60, 1_000
# What a step may read: PostgreSQL reads the whole of a table as small as those of estimates and
# operations here. Those of batches, of ended ones and of quarters have more rows.
MOST = 900


@pytest.fixture
def many(alice: User, key_for: KeyMaker) -> ViewerKey:
    """A key with some open batches among many that ended, and with two weeks of work."""
    key = key_for(alice)
    watch(key.fingerprint)
    rows = SeenBatch.objects.bulk_create(
        SeenBatch(
            fingerprint=fingerprint,
            name=f"{number}",
            digest=name_digest(f"{number}"),
            project="kittens",
            status="completed",
            created_at=NOON,
            seen_at=NOON,
        )
        for fingerprint in (key.fingerprint, "f" * 16)
        for number in range(KNOWN)
    )
    FinishedBatch.objects.bulk_create(
        FinishedBatch(
            batch=row,
            fingerprint=row.fingerprint,
            project=name_digest(f"project {number % 100}"),
            status=4,
            ended_at=NOON - DAY * number / 20,
        )
        for number, row in enumerate(rows)
    )
    Estimate.objects.bulk_create(
        Estimate(batch=row, at=NOON, as_of=NOON, status="in_progress", reason="quiet")
        for row in rows[KNOWN:]
    )
    Alarm.objects.bulk_create(
        Alarm(
            fingerprint=key.fingerprint,
            batch=row,
            kind=AlarmKind.STALLED,
            since=NOON,
            began_at=NOON,
            checked_at=NOON,
            ended_at=NOON,
        )
        for row in rows[:KNOWN]
    )
    Operation.objects.bulk_create(
        Operation(
            form_id=uuid4(),
            user=alice,
            username="alice",
            verb=Verb.PRIORITIZE,
            state=State.SUCCEEDED,
            batch_name=row.name,
            batch_digest=row.digest,
            fingerprint=key.fingerprint,
            key_mode="live",
            created_at=NOON,
            sent_at=NOON,
        )
        for row in rows[:KNOWN]
    )
    for number in range(OPEN):
        row = open_batch(key.fingerprint, f"open {number}", expected=(1, 2))
        if number < 10:
            raise_alarm(AlarmKind.STALLED, row)
    ProjectQuarter.objects.bulk_create(
        ProjectQuarter(
            fingerprint=key.fingerprint,
            project=name_digest(f"project {project}"),
            quarter=int(NOON.timestamp()) // 900 - 2_000 - number,
            completed=1,
        )
        for project in range(3)
        for number in range(OTHERS)
    )
    worked_days(key.fingerprint, 13)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return key


def overview(alice: User, key: ViewerKey) -> None:
    found = read_overview(user=alice, key=key, keys=(key,), zone=ZONE, kind=Kind.PAGE)
    assert found.answers
    assert found.answers.far.batches == OPEN


def project(alice: User, key: ViewerKey) -> None:
    found = read_project(key=key, name="kittens", window="14d", zone=ZONE, kind=Kind.PAGE)
    assert found
    assert found.burn_up


@pytest.mark.parametrize(("act", "first", "again"), [(overview, 14, 10), (project, 16, 12)])
def test_queries_are_few_and_read_no_whole_table_and_no_sample(
    many: ViewerKey,
    alice: User,
    act: Callable[[User, ViewerKey], None],
    first: int,
    again: int,
    django_assert_max_num_queries: Any,
):
    with plans_of("batches_") as plans:
        act(alice, many)
    assert slow_steps(plans, most=MOST) == []
    assert not any("batches_sample" in step for step in plans)
    if connection.vendor == "sqlite":
        assert any("seen_batch_open" in step for step in plans)
    with django_assert_max_num_queries(again):
        act(alice, many)
    caches["process"].clear()
    with django_assert_max_num_queries(first):
        act(alice, many)

"""What lists read beside Refonte's answer: by index, on both databases, among any number."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection

from batches.models import Alarm, AlarmKind, BatchNote, Estimate, SeenBatch
from batches.services.batches.known import known_of
from batches.services.batches.lists import read_any_list
from batches.services.batches.stored import find_ids
from batches.services.keys.types import KeyHandle
from batches.services.newest import AT_ONCE
from tests.support.batch_lists import filters
from tests.support.clock import NOON
from tests.support.query_plans import plans_of, slow_steps, work_of

OPEN, ENDED, NOTED = 60, AT_ONCE + 300, 300
OTHERS = "f" * 16

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def many(key: KeyHandle) -> KeyHandle:
    """A key with some open batches among many, and another one alike."""
    for fingerprint in (key.fingerprint, OTHERS):
        rows = SeenBatch.objects.bulk_create(
            SeenBatch(
                fingerprint=fingerprint,
                name=f"kitten-{number:05}",
                status="in_progress" if number < OPEN else "completed",
                created_at=NOON - timedelta(minutes=number),
                counts={"pending": 10, "completed": number, "error": number % 7},
                counts_at=NOON,
                seen_at=NOON,
            )
            for number in range(OPEN + ENDED)
        )
        times = {"low": NOON, "mid": NOON, "high": NOON + timedelta(hours=1)}
        Estimate.objects.bulk_create(
            Estimate(batch=row, at=NOON, as_of=NOON, status="in_progress", speed=row.pk, **times)
            for row in rows[:OPEN]
        )
        BatchNote.objects.bulk_create(
            BatchNote(fingerprint=fingerprint, name=row.name, due_at=NOON, changed_at=NOON)
            for row in rows[:NOTED]
        )
        Alarm.objects.bulk_create(
            Alarm(
                fingerprint=fingerprint,
                batch=row,
                kind=AlarmKind.STALLED,
                since=NOON,
                began_at=NOON,
                checked_at=NOON,
                ended_at=None if place < 20 else NOON,
                subject="1",
            )
            for place, row in enumerate(rows[:NOTED])
        )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return key


def test_what_is_known_of_a_page_is_found_by_index(many: KeyHandle):
    names = [f"kitten-{number:05}" for number in range(0, 500, 10)]
    with plans_of("batches_") as plans:
        assert len(known_of(key=many, names=names).by_name) == 50
    assert plans
    # PostgreSQL reads the few notes of all keys at once, where there are no more than that
    assert slow_steps(plans, most=2 * NOTED) == []


@pytest.mark.parametrize("reason", ["any", "stalled"])
def test_what_needs_attention_is_found_among_open_alarms(many: KeyHandle, reason: str):
    with plans_of("batches_") as plans:
        assert find_ids(key=many, filters=filters(attention=reason))[1] == 20
    assert plans
    # sorted are the few that were found
    assert [step for step in slow_steps(plans) if "TEMP B-TREE" not in step] == []


# PostgreSQL reads and sorts all rows of a table as small as this one
@pytest.mark.one_database
@pytest.mark.parametrize("sort", ["due", "-errors", "estimate"])
def test_a_sorted_list_costs_the_same_among_any_number(many: KeyHandle, sort: str):
    read = partial(find_ids, key=many, filters=filters(sort=sort))
    before = work_of(read, "batches_")
    SeenBatch.objects.bulk_create(
        SeenBatch(
            fingerprint=many.fingerprint,
            name=f"older-{number:05}",
            status="completed",
            created_at=NOON - timedelta(days=90, minutes=number),
            seen_at=NOON,
        )
        for number in range(AT_ONCE)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")

    assert work_of(read, "batches_") < 1.1 * before


@pytest.mark.parametrize(
    ("fields", "most"),
    [({"attention": "any"}, 3), ({"sort": "due"}, 3), ({"sort": "due", "project": "x"}, 3)],
)
def test_such_a_list_takes_few_queries(
    many: KeyHandle, django_assert_max_num_queries: Any, fields: dict[str, Any], most: int
):
    with django_assert_max_num_queries(most):
        read_any_list(key=many, filters=filters(**fields))

"""What is asked every few seconds, and by every page, reads open batches alone, of any number."""

from datetime import timedelta

import pytest
from django.db import connection

from batches.models import Estimate, SeenBatch, StatusChange
from batches.services.estimates.due import find_due
from batches.services.estimates.past import unfinished
from batches.services.estimates.read import estimates_of
from tests.support.query_plans import plans_of, slow_steps
from tests.support.watched_work import PRINT, at

ENDED, OPEN = 6_000, 90
OTHERS = "f" * 16
# One row for each open batch: estimates of batches that ended are deleted.
BY_DESIGN = "SCAN batches_estimate"


@pytest.fixture(autouse=True)
def _many_batches(db: None) -> None:
    for fingerprint in (PRINT, OTHERS):
        SeenBatch.objects.bulk_create(
            seen(fingerprint, number, "in_progress" if number < OPEN else "completed")
            for number in range(ENDED + OPEN)
        )
    rows = SeenBatch.objects.filter(status="in_progress").order_by("pk")
    Estimate.objects.bulk_create(
        Estimate(batch=row, at=at(0), as_of=at(-1), status="in_progress", total=10) for row in rows
    )
    change = StatusChange(fingerprint=PRINT, name="kitten-0130", after="completed", at=at(0))
    change.save()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def seen(fingerprint: str, number: int, status: str) -> SeenBatch:
    return SeenBatch(
        fingerprint=fingerprint,
        name=f"kitten-{number:04}",
        status=status,
        seen_at=at(0),
        counts={"completed": 4, "pending": 6},
        counts_at=at(0) + timedelta(seconds=number),
        sampled_at=at(0),
    )


@pytest.mark.parametrize("fingerprint", [None, PRINT])
def test_what_is_due_is_found_among_open_batches(fingerprint: str | None):
    with plans_of("batches_") as plans:
        due = find_due(now=at(6), fingerprint=fingerprint)
    keys = {fingerprint} if fingerprint else {PRINT, OTHERS}
    assert {key: len(one.open) for key, one in due.items()} == dict.fromkeys(keys, OPEN)
    assert plans
    assert [step for step in slow_steps(plans) if step != BY_DESIGN] == []


def test_a_page_reads_its_estimates_by_name():
    names = [f"kitten-{number:04}" for number in range(50)]
    with plans_of("batches_") as plans:
        assert len(estimates_of(fingerprint=PRINT, names=names, now=at(1))) == 50
    assert plans
    assert slow_steps(plans) == []


def test_the_past_of_a_key_is_found_once():
    assert len(unfinished(fingerprint=PRINT)) == 1

"""A notice is stored with what happened, or not at all."""

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from batches.models import Notice, NoticeKind, SeenBatch
from batches.refonte import Counts
from batches.services.keys.types import KeyHandle
from batches.services.notices.publish import publish
from batches.services.observations.record import record
from batches.services.observations.sighting import Sighting
from tests.support.notices import see
from tests.support.watched_work import PRINT, Work, at


@pytest.mark.django_db
def test_a_notice_goes_with_the_transaction_of_what_happened():
    work = Work()
    work.see(0, 40)
    with transaction.atomic():
        publish(kind=NoticeKind.STALLED, fingerprint=PRINT, batch=work.row, at=at(9))
        transaction.set_rollback(True)
    assert not Notice.objects.exists()
    publish(kind=NoticeKind.STALLED, fingerprint=PRINT, batch=work.row, at=at(9))
    assert Notice.objects.get().spread_at is None


def kinds() -> list[tuple[str, bool]]:
    return [(row.kind, row.is_over) for row in Notice.objects.order_by("pk")]


def test_a_batch_that_completes_is_told_once(key: KeyHandle):
    for status in ("in_progress", "completed", "completed"):
        see(key, status)
    assert kinds() == [("completed", False)]
    [notice] = Notice.objects.all()
    assert notice.batch == SeenBatch.objects.get()
    assert Counts.parse(notice.facts).completed == 172


def test_many_that_complete_in_one_answer_cost_one_query_more(
    key: KeyHandle,
):
    def answer(status: str) -> int:
        sightings = [Sighting(name=f"kitten-{n}", status=status) for n in range(30)]
        with CaptureQueriesContext(connection) as asked:
            record(fingerprint=key.fingerprint, sightings=sightings, at=timezone.now())
        return len(asked)

    answer("staging")
    started, completed, known = answer("in_progress"), answer("completed"), answer("completed")
    assert completed == started + 1
    assert known < completed
    assert len(kinds()) == 30


@pytest.mark.parametrize(
    "statuses", [("completed",), ("in_progress", "cancelled"), ("unknown", "completed")]
)
def test_what_was_not_seen_open_and_then_completed_is_not_told(
    key: KeyHandle, statuses: tuple[str, ...]
):
    for status in statuses:
        see(key, status)
    assert kinds() == []


def test_a_completion_that_is_not_stored_is_not_told(
    key: KeyHandle, monkeypatch: pytest.MonkeyPatch
):
    see(key, "in_progress")

    def fail(samples: object) -> None:
        raise DatabaseError

    with monkeypatch.context() as patched:
        patched.setattr("batches.services.observations.record.keep_samples", fail)
        see(key, "completed")
    assert kinds() == []
    see(key, "completed")
    assert kinds() == [("completed", False)]

"""Two that write the same rows at once wait for each other in one order, and none is ended."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import Model

from batches.models import ApiKey, StoredReading
from batches.refonte import Answer
from batches.services.cache.entry import CacheEntry
from batches.services.keys.types import KeyHandle
from batches.services.readings.stored import store_answers
from batches.services.vendor import key_states
from tests.faults.databases import only_postgres
from tests.support.reads import as_stored, thread_for
from tests.support.vendor import KeyMaker

pytestmark = [only_postgres, pytest.mark.django_db(transaction=True)]
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
WAITING = """SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock'"""


@contextmanager
def locked(row: Model) -> Iterator[None]:
    with transaction.atomic():
        list(type(row)._base_manager.select_for_update().filter(pk=row.pk))
        yield


def wait_until_waiting(count: int) -> None:
    with connection.cursor() as cursor:
        for _ in range(500):
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(WAITING)
            if cursor.fetchone()[0] >= count:
                return
            cursor.execute("SELECT pg_sleep(0.01)")
    raise AssertionError("nobody waits")


def one_after_the_other(row: Model, acts: Sequence[Callable[[], object]]) -> None:
    """Each has locked what it locks before this row, by the time that the row is free."""
    threads = [thread_for(act) for act in acts]
    with locked(row):
        for count, thread in enumerate(threads, start=1):
            thread.start()
            wait_until_waiting(count)
    for thread in threads:
        thread.join(60)


def stores(key: KeyHandle, ids: str, at: datetime) -> Callable[[], object]:
    held = CacheEntry(payload=1, as_of=at, asked_at=at, stored_as_of=at)
    answers = {id: Answer(data=None, payload=[1], answered_at=at) for id in ids}
    return lambda: store_answers(key, answers, dict.fromkeys(ids, held))


def test_readings_are_written_in_one_order_whatever_was_answered_first(
    alice: User, key_for: KeyMaker, caplog: pytest.LogCaptureFixture
):
    key = key_for(alice)
    stores(key, "amz", NOON)()
    middle = StoredReading.objects.get(query="m")

    one_after_the_other(
        middle,
        [stores(key, "amz", NOON.replace(hour=13)), stores(key, "zma", NOON.replace(hour=14))],
    )

    assert "could not be stored" not in caplog.text
    assert {row.as_of.hour for row in StoredReading.objects.all()} == {14}


def test_a_refusal_drops_readings_in_the_order_in_which_others_write_them(
    alice: User, key_for: KeyMaker, caplog: pytest.LogCaptureFixture
):
    key = key_for(alice)
    stores(key, "zma", NOON)()  # so that ids ascend the other way where nothing is sorted
    middle = StoredReading.objects.get(query="m")

    def refuse() -> None:
        key_states.mark_refused(key=key, words="no")

    one_after_the_other(middle, [stores(key, "amz", NOON.replace(hour=13)), refuse])

    assert "could not be stored" not in caplog.text
    assert not StoredReading.objects.exists()
    assert as_stored(key).is_refused


def test_what_is_known_of_a_key_is_written_to_all_its_rows_in_one_order(
    alice: User, bob: User, vera: User, key_for: KeyMaker
):
    keys = [key_for(user, api_key="live_shared_by_three") for user in (alice, bob, vera)]
    first, middle, last = ApiKey.objects.order_by("id")
    for row in (middle, first):  # where PostgreSQL reads them as they lie, the last comes first now
        ApiKey.objects.filter(id=row.id).update(label=f"moved {row.id}")
    ended: list[str] = []

    def throttle() -> None:
        key_states.mark_throttled(key=keys[0], retry_after=30)
        ended.append("throttled")

    def own() -> None:
        with transaction.atomic():
            for row in (first, middle, last):
                ApiKey.objects.select_for_update().get(id=row.id)
        ended.append("owned")

    one_after_the_other(middle, [own, throttle])

    assert sorted(ended) == ["owned", "throttled"]
    assert len({row.not_before for row in ApiKey.objects.all()}) == 1

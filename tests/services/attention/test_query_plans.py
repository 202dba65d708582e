"""What pages ask of alarms, and the worker every few seconds, reads few rows of many."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.db import connection

from batches.models import Alarm, AlarmCheck, AlarmKind, BatchNote, Dismissal, SeenBatch
from batches.services.attention import read
from batches.services.attention.due import due_keys
from batches.services.attention.store import read_open
from batches.services.background import consent
from batches.services.batches.kept import read_kept
from batches.services.keys.types import KeyHandle
from tests.support.query_plans import plans_of, slow_steps
from tests.support.watched_work import PRINT, at

BATCHES, OPEN, PAST, DUE = 3_000, 60, 3, 300
OTHERS = "f" * 16
KEY = KeyHandle(id=uuid4(), mode="live", label="a", fingerprint=PRINT, owner_id=1)
# One row for each key.
BY_DESIGN = ("SCAN batches_alarmcheck", "SCAN batches_apikey")
# The alarms of one batch, of all fingerprints of a key, are sorted: they are few.
SORTED = {"of a batch's page": ("USE TEMP B-TREE FOR ORDER BY",)}


def name(number: int) -> str:
    return f"kitten-{number:04}"


@pytest.fixture(autouse=True)
def _many_alarms(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consent, "watched_fingerprints", lambda: (PRINT, OTHERS))
    for fingerprint in (PRINT, OTHERS):
        rows = SeenBatch.objects.bulk_create(
            SeenBatch(
                fingerprint=fingerprint, name=name(number), status="in_progress", seen_at=at(0)
            )
            for number in range(BATCHES)
        )
        alarms = Alarm.objects.bulk_create(
            raised(row, minute) for row in rows for minute in range(PAST)
        )
        Alarm.objects.bulk_create(raised(row, None) for row in rows[:OPEN])
        Dismissal.objects.bulk_create(
            Dismissal(alarm=one, username="alice", reason="seen", subject="1", at=at(0))
            for one in alarms[::3]
        )
        BatchNote.objects.bulk_create(
            # many for the 50 of a page: else PostgreSQL may as well read all notes of the key
            BatchNote(
                fingerprint=fingerprint,
                name=name(number),
                due_at=at(9) if number < DUE else None,
                changed_at=at(0),
            )
            for number in range(BATCHES)
        )
        AlarmCheck.objects.create(fingerprint=fingerprint, at=at(0))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        if connection.vendor == "postgresql":
            # on few pages, reading all rows of a key costs it no more than finding fifty of them
            cursor.execute("SET LOCAL random_page_cost = 1")
            cursor.execute("SET LOCAL enable_bitmapscan = off")


def raised(row: SeenBatch, ended: int | None) -> Alarm:
    return Alarm(
        fingerprint=row.fingerprint,
        batch=row,
        kind=AlarmKind.STALLED,
        since=at(0),
        began_at=at(ended or 10),
        checked_at=at(10),
        ended_at=None if ended is None else at(ended),
        subject="1",
    )


ASKED: dict[str, tuple[Callable[[], object], object]] = {
    "open alarms": (lambda: len(read.open_alarms(fingerprint=PRINT)), OPEN),
    "of a batch's page": (lambda: len(read_kept(key=KEY, name=name(7)).alarms), PAST + 1),
    "notes of a page": (
        lambda: len(read.notes_of(fingerprint=PRINT, names=map(name, range(50)))),
        50,
    ),
    "for the worker": (lambda: sum(map(len, read_open(fingerprint=PRINT).values())), OPEN),
    "due": (lambda: due_keys(now=at(0)), set()),
}


def test_few_rows_are_read(subtests: pytest.Subtests):
    for asked, (call, expected) in ASKED.items():
        with subtests.test(asked):
            with plans_of("batches_") as plans:
                found = call()
            assert found == expected
            assert plans
            allowed = (*BY_DESIGN, *SORTED.get(asked, ()))
            assert [step for step in slow_steps(plans, most=700) if step not in allowed] == []

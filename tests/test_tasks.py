"""Background work finds its work in the database."""

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.utils import timezone

from batches import tasks
from batches.models import Operation, State, StoredReading
from batches.sandbox import Sandbox
from tests.services.operating import POST_CREATE, create
from tests.vendor import KeyMaker


@pytest.fixture
def lost(refonte: Sandbox, key_for: KeyMaker, alice: User) -> Operation:
    refonte.add_project("kittens")
    refonte.fault("reset_after_acting", match=POST_CREATE, times=1)
    operation = create(alice, key_for(alice))
    Operation.objects.update(next_check_at=timezone.now())
    return operation


def test_every_minute_settles_what_is_due(lost: Operation) -> None:
    tasks.settle_operations.call_local()
    lost.refresh_from_db()
    assert lost.state == State.SUCCEEDED


def test_the_start_does_not_wait_for_the_minute(lost: Operation) -> None:
    tasks.settle_at_start()
    lost.refresh_from_db()
    assert lost.state == State.SUCCEEDED


def test_a_person_can_settle_by_hand(lost: Operation, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("settle_operations")
    assert capsys.readouterr().out == "1 operation taken one step on.\n"


def test_old_readings_are_dropped(db: None) -> None:
    StoredReading.objects.create(
        fingerprint="f" * 16, query="old", payload="{}", as_of="2020-01-01T00:00Z"
    )
    tasks.prune_readings.call_local()
    assert not StoredReading.objects.exists()


def test_sessions_that_have_ended_are_dropped(db: None) -> None:
    Session.objects.create(session_key="old", expire_date="2020-01-01T00:00Z")
    tasks.clear_sessions.call_local()
    assert not Session.objects.exists()

"""Each operation that is settled gets the next seal, with what the row holds then."""

import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from threading import Barrier, Thread
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from pytest_django.fixtures import Settings

from batches.models import Operation, RecordHead, RecordSeal, State
from batches.sandbox import Sandbox
from batches.services.attention.notes import set_note
from batches.services.keys.types import KeyHandle
from batches.services.operations import after_restore, settle
from batches.services.seals.chain import read_head
from batches.services.seals.text import COLUMNS, sealed_text
from tests.support.operations import (
    POST_PRIORITIZE,
    abandoned_operation,
    create,
    finalize,
    prioritize,
    settle_in,
    settle_until_given_up,
)
from tests.support.seals import findings, settled

NO_SEAL = {
    # foreign keys: the rows they lead to may go
    *("parent", "user", "key", "bulk", "bulk_row"),
    # follow from other columns
    *("batch_digest", "batch_search"),
    # of an open operation only
    *("next_check_at", "checks", "leased_until"),
}


@pytest.fixture(autouse=True)
def _world(refonte: Sandbox) -> None:
    refonte.add_project("kittens")
    refonte.add_batch("staged", status="staging", counts={"pending": 3})
    refonte.add_batch("going")


def test_every_column_is_sealed_or_known_to_change() -> None:
    columns = {field.name for field in Operation._meta.concrete_fields}
    assert columns == {*COLUMNS} | NO_SEAL


def test_what_is_settled_is_sealed_in_that_order(
    refonte: Sandbox, alice: User, key: KeyHandle
) -> None:
    created = create(alice, key, "new", priority=30)
    done = [created, created.follow_ups.get(), finalize(alice, key, "staged")]
    assert list(RecordSeal.objects.order_by("number").values_list("number", "operation_id")) == [
        (number, operation.id) for number, operation in enumerate(done, start=1)
    ]
    head = RecordHead.objects.get()
    assert (head.count, head.seal) == (3, RecordSeal.objects.get(number=3).seal)
    assert read_head() == f"3:{head.seal}"
    assert findings() == []


def test_an_open_operation_is_sealed_when_it_is_settled(
    refonte: Sandbox, alice: User, key: KeyHandle
) -> None:
    refonte.fault("status", match="POST /v1/batches/*/finalize", times=1, code=500)
    operation = finalize(alice, key, "staged")
    assert operation.is_open
    assert not RecordSeal.objects.exists()
    settle_until_given_up(operation)
    assert not operation.is_open
    assert RecordSeal.objects.get().operation_id == operation.id
    assert findings() == []


def _note(user: User, key: KeyHandle) -> None:
    set_note(
        user=user, key=key, form_id=uuid4(), name="going", due_at=None, owner=None, text="for May"
    )


def _withdrawn(user: User, key: KeyHandle) -> None:
    waiting = abandoned_operation(user, key, State.WAITING, batch_name="later")
    settle.withdraw_operation(operation=waiting, user=user)


def _restored(user: User, key: KeyHandle) -> None:
    for name in ("one", "two"):
        abandoned_operation(user, key, State.WAITING, batch_name=name)
    abandoned_operation(user, key, State.SENDING, parameters={"priority": 20})
    after_restore.settle_as_not_sent()


def _too_old(user: User, key: KeyHandle) -> None:
    old = datetime.now(UTC) - timedelta(days=2)
    abandoned_operation(user, key, State.WAITING, next_check_at=old, created_at=old)
    settle_in(0)


@pytest.mark.parametrize(
    ("way", "number"), [(_note, 1), (_withdrawn, 1), (_restored, 3), (_too_old, 1)]
)
def test_every_other_way_to_settle_seals_too(
    alice: User, key: KeyHandle, way: Callable[[User, KeyHandle], None], number: int
) -> None:
    way(alice, key)
    assert RecordSeal.objects.count() == number
    assert findings() == []


def test_what_fails_to_be_sealed_is_not_settled(
    refonte: Sandbox, alice: User, key: KeyHandle, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_: Any) -> None:
        raise RuntimeError("no seal")

    monkeypatch.setattr("batches.services.operations.ledger.seal_operation", fail)
    with pytest.raises(RuntimeError, match="no seal"):
        prioritize(alice, key, "going")
    assert Operation.objects.get().state == State.SENDING


def test_what_the_product_deletes_and_renames_breaks_no_seal(alice: User, key: KeyHandle) -> None:
    settled(alice, key)
    User.objects.filter(pk=alice.pk).update(username="alicia")
    alice.delete()
    assert Operation.objects.get().user is None
    assert findings() == []


def test_count_and_head_of_each_go_to_the_log_once_committed(
    alice: User,
    key: KeyHandle,
    caplog: pytest.LogCaptureFixture,
    django_capture_on_commit_callbacks: Any,
) -> None:
    with (
        caplog.at_level(logging.INFO, "batches.services.seals"),
        django_capture_on_commit_callbacks(execute=True),
    ):
        operation = settled(alice, key)
        assert caplog.records == []
    [line] = caplog.records
    head = RecordHead.objects.get()
    facts = vars(line)
    assert (facts["operation"], facts["count"], facts["head"]) == (
        str(operation.id),
        1,
        head.seal,
    )


def test_the_key_that_seals_is_named_by_a_mark_that_says_nothing(
    alice: User, key: KeyHandle, settings: Settings
) -> None:
    settings.RECORD_KEY = ["a" * 40]
    settled(alice, key)
    settings.RECORD_KEY = ["b" * 40, "a" * 40]
    settled(alice, key)
    first, second = RecordSeal.objects.order_by("number").values_list("key", flat=True)
    assert len({first, second, "a" * 8, "b" * 8}) == 4
    assert findings() == []


def test_the_text_of_a_row_is_the_same_however_a_database_gives_it() -> None:
    moment = datetime(2026, 11, 26, 14, 2, tzinfo=UTC)
    row = {"id": UUID(int=7), "parameters": {"b": 1, "a": "é"}, "sent_at": moment, "field": ""}
    there = {
        "parameters": {"a": "é", "b": 1},
        "sent_at": moment.astimezone(timezone(timedelta(hours=1))),
        "id": UUID(int=7),
        "later_column": None,
    }
    assert sealed_text(row) == sealed_text(there)
    assert json.loads(sealed_text(row))["sent_at"] == "2026-11-26T14:02:00.000000+00:00"
    with pytest.raises(TypeError, match="set"):
        sealed_text({"parameters": {1, 2}})


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor == 'sqlite'", reason="SQLite has one writer at a time")
def test_two_that_settle_at_the_same_time_get_two_numbers(alice: User, key: KeyHandle) -> None:
    together = Barrier(4)

    def work(number: int) -> None:
        together.wait(30)
        for turn in range(5):
            settled(alice, key, f"batch-{number}-{turn}")
        connection.close()

    threads = [Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert list(RecordSeal.objects.order_by("number").values_list("number", flat=True)) == [
        *range(1, 21)
    ]
    assert findings() == []


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_leaves_the_chain_as_it_was(alice: User, key: KeyHandle) -> None:
    settled(alice, key)
    before = read_head()
    with transaction.atomic():
        settled(alice, key)
        transaction.set_rollback(True)
    assert read_head() == before
    assert findings() == []


def test_a_429_that_waits_is_not_sealed(refonte: Sandbox, alice: User, key: KeyHandle) -> None:
    refonte.fault("status", match=POST_PRIORITIZE, times=1, code=429, headers={"Retry-After": "2"})
    operation = prioritize(alice, key, "going")
    assert operation.state == State.WAITING
    assert not RecordSeal.objects.exists()
    settle_in(3, operation)
    assert RecordSeal.objects.count() == 1

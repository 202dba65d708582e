"""Operations that were settled before there were seals get theirs, in the order of settling."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from batches.models import RecordSeal
from batches.services.keys.types import KeyHandle
from tests.support.operations import unsaved_operation
from tests.support.seals import findings, settled

migration = import_module("batches.migrations.0041_seal_operations")


class Editor:
    """What the migration takes of Django's."""

    connection = connection


@pytest.mark.parametrize("rows", [2, 1_000])
def test_older_rows_are_sealed_as_found_and_once(
    alice: User, key: KeyHandle, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    monkeypatch.setattr(migration, "ROWS", rows)
    now = timezone.now()
    for number, (name, minutes) in enumerate([("third", 1), ("first", 9), ("second", 5)]):
        unsaved_operation(
            alice,
            key,
            verb="finalize",
            batch_name=name,
            state="succeeded",
            created_at=now - timedelta(minutes=10 - number),
            settled_at=now - timedelta(minutes=minutes),
        ).save()
    unsaved_operation(
        alice, key, verb="finalize", batch_name="open", state="checking", created_at=now
    ).save()
    for _ in range(2):  # stopped midway and run again it seals none twice
        migration.fill(apps, Editor)
    names = RecordSeal.objects.order_by("number").values_list("batch_name", flat=True)
    assert [*names] == ["first", "second", "third"]
    settled(alice, key, "fourth")
    assert findings() == []


def test_it_seals_what_the_product_does(alice: User, key: KeyHandle) -> None:
    operation = settled(alice, key)
    by_product = RecordSeal.objects.values().get()
    RecordSeal.objects.all().delete()
    apps.get_model("batches", "RecordHead").objects.all().delete()
    migration.fill(apps, Editor)
    assert RecordSeal.objects.values().get() == by_product
    assert by_product["operation_id"] == operation.id


def test_an_empty_table_gets_no_head(db: None) -> None:
    migration.fill(apps, Editor)
    assert apps.get_model("batches", "RecordHead").objects.count() == 0

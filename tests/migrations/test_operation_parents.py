"""Operations recorded before there was a parent find theirs, and go back without it."""

from collections.abc import Iterator
from datetime import timedelta
from importlib import import_module
from typing import Any
from uuid import UUID, uuid4, uuid5

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

pytestmark = pytest.mark.django_db(transaction=True)
BEFORE = [("batches", "0018_rename_words_to_message")]
AFTER = [("batches", "0020_fill_operation_parents")]


def migrate(target: list[tuple[str, str]]) -> Any:
    """Migrates, and gives the model of operations as it is then."""
    executor = MigrationExecutor(connection)
    executor.migrate(target)
    return executor.loader.project_state(target).apps.get_model("batches", "Operation")


@pytest.fixture(autouse=True)
def _newest_schema_again() -> Iterator[None]:
    yield
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


def add(
    model: Any, verb: str, *, minutes: int = 0, form_id: UUID | None = None, **more: Any
) -> Any:
    values: dict[str, Any] = {"parameters": {}, "state": "succeeded", "batch_name": "kitten-07"}
    return model.objects.create(
        form_id=form_id or uuid4(),
        username="alice",
        key_label="Ours",
        key_mode="live",
        fingerprint="f" * 16,
        verb=verb,
        created_at=timezone.now() + timedelta(minutes=minutes),
        **values | more,
    )


def test_a_first_priority_finds_its_create_and_goes_back_to_its_computed_id(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = migrate(BEFORE)
    creates = [add(model, "create", parameters={"priority": 20}) for _ in range(5)]
    bare = add(model, "create")
    ids = [uuid5(create.pk, "first priority") for create in creates[:3]]
    followed = [add(model, "prioritize", form_id=form_id).pk for form_id in ids]
    own = add(model, "prioritize")

    migration = import_module("batches.migrations.0020_fill_operation_parents")
    monkeypatch.setattr(migration, "ROWS", 2)
    model = migrate(AFTER)
    parents = dict(model.objects.values_list("pk", "parent_id"))
    for follow_up, create in zip(followed, creates, strict=False):
        assert parents.pop(follow_up) == create.pk
    assert set(parents.values()) == {None}
    assert {bare.pk, own.pk} <= parents.keys()

    late = add(model, "prioritize", parent_id=creates[4].pk)
    model = migrate(BEFORE)
    form_ids = dict(model.objects.values_list("pk", "form_id"))
    assert [form_ids[follow_up] for follow_up in followed] == ids
    assert form_ids[late.pk] == uuid5(creates[4].pk, "first priority")
    assert form_ids[own.pk] == own.form_id

"""Written-out SQL gives what Django's own `raw` gives, on every database this runs on."""

from datetime import UTC, datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Model

from batches.models import ApiKey
from batches.services.sql import select
from tests.support.vendor import KeyMaker

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


def facts(row: Model) -> dict[str, Any]:
    """Its fields that were read, and all else that it was given."""
    return {name: value for name, value in vars(row).items() if name != "_state"}


def test_every_kind_of_field_comes_back_as_it_is(alice: User, key_for: KeyMaker) -> None:
    key_for(alice)
    ApiKey.objects.update(last_used_at=NOON, is_shared=True, earlier=["a" * 16], throttles=3)
    query = "SELECT *, 7 AS seven FROM batches_apikey WHERE owner_id = %s"

    [found] = select(ApiKey, query, [alice.pk])

    [expected] = ApiKey.objects.raw(query, [alice.pk])
    assert facts(found) == facts(expected)
    assert (found.last_used_at, found.is_shared, found.earlier) == (NOON, True, ["a" * 16])


def test_a_field_that_was_left_out_is_read_when_it_is_asked_for(
    alice: User, key_for: KeyMaker
) -> None:
    label = key_for(alice).label

    [found] = select(ApiKey, "SELECT mode, id FROM batches_apikey", [])

    assert found.get_deferred_fields() >= {"label", "sealed"}
    assert found.label == label


def test_the_same_words_may_ask_another_model(alice: User, key_for: KeyMaker) -> None:
    key_for(alice)
    of_keys = select(ApiKey, "SELECT id FROM batches_apikey", [])
    of_people = select(User, "SELECT id FROM auth_user WHERE username = %s", ["alice"])

    assert [type(row) for row in (*of_keys, *of_people)] == [ApiKey, User]
    assert of_people == [alice]
    assert of_people[0]._state.db == connection.alias

"""SQL that is written out gives what Django's ORM gives, on every database this runs on."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.db.models import Model

from batches.backends import AccountBackend
from batches.models import (
    ApiKey,
    Estimate,
    Operation,
    Preferences,
    Rhythm,
    SeenBatch,
    State,
    Verb,
)
from batches.services import sql
from tests.support.vendor import KeyMaker

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
PRINT = "f" * 16


def facts(*rows: Model) -> list[dict[str, Any]]:
    """All fields of each row, and how it stands to the database."""
    return [vars(row) | {"_state": vars(row._state)} for row in rows]


@pytest.fixture
def seen(db: None) -> SeenBatch:
    return SeenBatch.objects.create(
        fingerprint=PRINT,
        name="kitten-07",
        status="staging",
        status_at=NOON,
        seen_at=NOON + timedelta(microseconds=7),
        counts={"completed": 7},
        counts_at=NOON,
    )


@pytest.fixture
def operation(alice: User, key_for: KeyMaker) -> Operation:
    return Operation.objects.create(
        form_id=uuid4(),
        user=alice,
        username="alice",
        key=ApiKey.objects.get(id=key_for(alice).id),
        fingerprint=PRINT,
        verb=Verb.PRIORITIZE,
        batch_name="kitten-07",
        parameters={"priority": 7},
        state=State.SUCCEEDED,
        created_at=NOON,
        sent_at=NOON,
    )


def test_a_seen_batch(seen: SeenBatch):
    found = sql.find_seen(fingerprint=PRINT, names=["kitten-07", "puppy"])

    assert facts(*found) == facts(SeenBatch.objects.get())


@pytest.fixture
def estimate(seen: SeenBatch) -> Estimate:
    Rhythm.objects.create(fingerprint=PRINT, at=NOON, weights=[0.5, 1.5])
    known = {"status": "in_progress", "total": 9, "low": NOON, "mid": NOON, "high": NOON}
    return Estimate.objects.create(batch=seen, at=NOON, as_of=NOON, speed=4.5, **known)


def test_a_seen_batch_with_its_estimate_and_rhythm(estimate: Estimate):
    assert found_with_estimate() == stored_with_estimate()


@pytest.mark.parametrize("table", ["seenbatch", "estimate", "rhythm"])
def test_a_column_of_a_later_version_moves_no_other(table: str, estimate: Estimate):
    expected = stored_with_estimate()
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE batches_{table} ADD COLUMN later integer DEFAULT 5")

    assert found_with_estimate() == expected
    assert facts(*sql.find_seen(fingerprint=PRINT, names=["kitten-07"])) == expected[0]


def found_with_estimate() -> Any:
    found = sql.find_seen_estimated(fingerprint=PRINT, name="kitten-07")
    assert found
    seen, row, weights = found
    assert row
    return facts(seen), facts(row), json.loads(weights)


def stored_with_estimate() -> Any:
    # without its path, which no poll reads: the model's own default is in its place
    return facts(SeenBatch.objects.get()), facts(Estimate.objects.get()), [0.5, 1.5]


@pytest.mark.parametrize(("seconds", "count"), [(-1, 1), (0, 1), (1, 0)])
def test_only_what_was_seen_since_a_time(seconds: int, count: int, seen: SeenBatch):
    since = NOON + timedelta(seconds=seconds)

    assert len(sql.find_seen(fingerprint=PRINT, names=["kitten-07"], since=since)) == count


def test_an_operation(operation: Operation):
    stored = facts(Operation.objects.get())

    by_name = sql.find_operations(fingerprints=[PRINT], name="kitten-07", limit=5)
    priorities = sql.find_priorities(fingerprints=[PRINT], names=["kitten-07"])

    assert facts(*by_name) == facts(*priorities) == stored


def test_a_readable_key(alice: User, key_for: KeyMaker):
    key_for(alice)
    ApiKey.objects.update(last_used_at=NOON, is_shared=True, earlier=["a" * 16], throttles=3)

    names, [row] = sql.read_readable_keys(user_id=alice.pk)

    found = sql.columns_of(names, row)
    stored = vars(ApiKey.objects.get())
    assert found.pop("owner_name") == "alice"
    assert found == {name: stored[name] for name in found}
    assert "sealed" not in found


def test_an_account_with_its_preferences_and_role(alice: User):
    alice.groups.add(Group.objects.get(name="Viewers"))
    Preferences.objects.create(user=alice, zone="Asia/Tokyo", page_size=100, shortcuts=False)

    found = AccountBackend().get_user(alice.pk)

    assert found
    [stored], [account] = facts(User.objects.get(pk=alice.pk)), facts(found)
    beside = {"group_rank": 2, "unread": 0, "default_view_slug": None}
    assert account == stored | beside | {"_state": account["_state"]}
    preferences = found.preferences
    assert preferences.user_id == alice.pk
    assert (preferences.zone, preferences.page_size) == ("Asia/Tokyo", 100)
    assert preferences.shortcuts is False
    assert AccountBackend().get_user(0) is None

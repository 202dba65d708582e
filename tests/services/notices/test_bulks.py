"""Whoever began a bulk is told on the bell that it has ended, and nobody else."""

from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from batches.models import Bulk, BulkState, Notice, Verb
from batches.services.keys.types import KeyHandle
from batches.services.notices.publish import publish_bulk
from batches.services.notices.spread import spread_due
from batches.services.notices.words import bulk_title, fact
from tests.support.notices import OF_KEY, follow, told

pytestmark = pytest.mark.usefixtures("clock")
OUTCOMES = {"done": 20, "no_effect": 0, "failed": 2, "unknown": 0}


def ended(user: User | None, key: KeyHandle, **fields: Any) -> Notice:
    bulk = Bulk.objects.create(
        form_id=uuid4(),
        user=user,
        username="alice",
        key_id=key.id,
        key_mode=key.mode,
        fingerprint=key.fingerprint,
        **{"verb": Verb.FINALIZE, "state": BulkState.FINISHED, "rows_ticked": 22} | fields,
        created_at=timezone.now(),
    )
    return publish_bulk(bulk=bulk, outcomes=OUTCOMES, at=timezone.now())


def test_only_whoever_began_it_is_told(alice: User, vera: User, key: KeyHandle):
    follow(vera, key, thing=OF_KEY)
    ended(alice, key)

    assert spread_due() == 1
    assert told(alice) == {"bell": ["sent"]}
    assert told(vera) == {}


def test_an_account_that_was_deleted_is_not_told(alice: User, vera: User, key: KeyHandle):
    notice = ended(vera, key)
    vera.delete()

    assert spread_due() == 1
    assert not notice.delivery_set.exists()


@pytest.mark.parametrize(
    ("fields", "title", "words"),
    [
        ({}, "22 batches finalized", "20 done, 2 failed"),
        ({"verb": Verb.CREATE, "rows_ticked": 1}, "1 batch created", "20 done, 2 failed"),
        ({"verb": Verb.PRIORITIZE}, "22 batches given a priority", "20 done, 2 failed"),
        (
            {"stop_message": "The key “a” was deleted."},
            "Stopped: 22 batches finalized",
            "20 done, 2 failed. The key “a” was deleted.",
        ),
    ],
)
def test_it_says_what_was_done_to_how_many(
    fields: dict[str, Any], title: str, words: str, alice: User, key: KeyHandle
):
    notice = ended(alice, key, **fields)

    assert bulk_title(notice.facts) == title
    assert fact(notice, zone=timezone.get_current_timezone()) == words

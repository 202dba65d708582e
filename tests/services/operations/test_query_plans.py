"""The list of operations reads an index, however many operations there are, for every person."""

from datetime import timedelta
from itertools import product
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from batches.models import ApiKey, Bulk, Operation, State, Verb
from batches.sandbox import Sandbox
from batches.services import newest
from batches.services.keys.listing import list_readable_keys
from batches.services.keys.types import KeyHandle
from batches.services.operations import history, listing
from tests.support.bulks import made_bulk
from tests.support.operations import unsaved_operation
from tests.support.people import person
from tests.support.query_plans import plans_of, slow_steps
from tests.support.vendor import KeyMaker

ROWS = 700  # of each of two people
OPERATIONS = "batches_operation"
BATCH = "batch-0007"
READERS = ("alice", "bob", "vera", "charlie", "ada")

FILTERS: dict[str, dict[str, Any]] = {
    "none": {},
    "a state that few have": {"state": State.UNCONFIRMED},
    "a state that most have": {"state": State.SUCCEEDED},
    "a verb that none has": {"verb": Verb.FINALIZE},
    "a batch": {"batch": BATCH},
    "a person who did nothing here": {"person": "vera"},
    "a person who did much": {"person": "bob"},
    "days long ago": {"end": timezone.now() - timedelta(days=900)},
    "a key": {"fingerprints": "bob"},
    "a part of a name that none has": {"q": "kitten"},
    "a part of a name that all have": {"q": "batch"},
    "an outcome of a verb that none has": {"state": State.SUCCEEDED, "verb": Verb.FINALIZE},
    "a request": {"request_id": "req_0007"},
    "a request that is none": {"request_id": "req_none"},
    "a bulk": {"bulk": "alice"},
    "what is of no bulk": {"singles": True},
    "what a person who did nothing did by hand": {"singles": True, "person": "vera"},
    "a verb that none used by hand": {"singles": True, "verb": Verb.NOTE},
    "a key by hand": {"singles": True, "fingerprints": "bob"},
}


@pytest.fixture(autouse=True)
def _few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(newest, "AT_ONCE", 150)
    monkeypatch.setattr(newest, "LEAST_OF_A_PART", 50)


@pytest.fixture
def people(
    alice: User,
    bob: User,
    vera: User,
    charlie: User,
    ada: User,
    key_for: KeyMaker,
    refonte: Sandbox,
) -> dict[str, User]:
    """Alice and Bob have a key each and did much, Vera reads Bob's; Charlie has just come."""
    hers, his = key_for(alice), key_for(bob, mode="test")
    ApiKey.objects.filter(owner=bob).update(is_shared=True)
    for owner, key in ((alice, hers), (bob, his)):
        Operation.objects.bulk_create(much(owner, key))
        made_bulk(owner, key, [State.SUCCEEDED] * ROWS)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE batches_operation")
    return {user.username: user for user in (alice, bob, vera, charlie, ada)}


def much(owner: User, key: KeyHandle) -> list[Operation]:
    """A minute apart; of a batch each, so that names are as many as rows."""
    now = timezone.now()
    return [
        unsaved_operation(
            owner,
            key,
            verb=Verb.CREATE,
            batch_name=f"batch-{number:04}",
            state=State.SUCCEEDED,
            request_id=f"req_{number:04}",
            created_at=now - timedelta(minutes=number),
        )
        for number in range(ROWS)
    ]


def test_every_list_is_read_in_the_order_of_an_index(
    people: dict[str, User], subtests: pytest.Subtests
) -> None:
    for reader, (words, narrowed) in product(READERS, FILTERS.items()):
        with subtests.test(words, reader=reader):
            assert _slow_steps_of(people, reader, narrowed) == []


def _slow_steps_of(people: dict[str, User], reader: str, narrowed: dict[str, Any]) -> list[str]:
    if owner := narrowed.get("fingerprints"):
        [one] = [key for key in list_readable_keys(user=people[owner]) if key.is_own]
        narrowed = narrowed | {"fingerprints": frozenset(one.fingerprints)}
    if owner := narrowed.get("bulk"):
        narrowed = {"bulk": Bulk.objects.get(username=owner).id}
    filters = listing.OperationFilters(**narrowed)
    with plans_of(OPERATIONS) as plans:
        listing.list_operations(user=people[reader], filters=filters)
    if (narrowed, connection.vendor) == ({"batch": BATCH}, "sqlite"):
        assert [step for step in plans if "batch_digest=?" in step]
    return slow_steps(plans)


def test_so_are_the_oldest_page_the_people_and_a_single_one(
    people: dict[str, User], subtests: pytest.Subtests
) -> None:
    last = Operation.objects.order_by("created_at")[3]
    for reader in READERS:
        user = people[reader]
        with subtests.test(reader=reader):
            keys = list_readable_keys(user=user)
            with plans_of(OPERATIONS) as plans:
                listing.list_operations(user=user, before=last.id)
                listing.people_of_operations(user=user, keys=keys)
                history.find_operation(user=user, operation_id=uuid4())
            assert slow_steps(plans) == []


def test_many_keys_are_as_good_as_one(people: dict[str, User], key_for: KeyMaker) -> None:
    for number in range(40):
        key_for(person(f"owner-{number}"), api_key=f"live_key_{number}", is_shared=True)

    with plans_of(OPERATIONS) as plans:
        listing.list_operations(user=people["vera"])

    assert slow_steps(plans) == []

"""A search among more names than one page looks through: how far it came, and on from there."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from batches.models import SeenBatch
from batches.sandbox import Sandbox
from batches.services import newest
from batches.services.batches.listing import BatchList
from batches.services.batches.search import search_seen
from batches.services.keys.types import KeyHandle
from tests.support.batch_lists import filters, names_of, poll_again
from tests.support.clock import NOON
from tests.support.pages import list_address, poll_list, text_of
from tests.support.vendor import with_replaced_key

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture(autouse=True)
def _ten_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(newest, "AT_ONCE", 10)
    monkeypatch.setattr("batches.services.walks.coverage.AT_ONCE", 10)
    monkeypatch.setattr(newest, "LEAST_OF_A_PART", 5)


def seen(key: KeyHandle, number: int, **fields: Any) -> SeenBatch:
    facts: dict[str, Any] = {
        "name": f"{'kitten' if number % 10 else 'puppy'}-{number:02}",
        "created_at": NOON - timedelta(minutes=number),
        "seen_at": NOON,
        "status": "completed",
        "counts": {"completed": 40},
        "counts_at": NOON,
    }
    return SeenBatch(fingerprint=key.fingerprint, **facts | fields)


@pytest.fixture
def many(key: KeyHandle) -> KeyHandle:
    """30 batches a minute apart, of which every tenth is a puppy; 15 more have no time."""
    SeenBatch.objects.bulk_create(seen(key, number) for number in range(30))
    SeenBatch.objects.bulk_create(seen(key, number, created_at=None) for number in range(30, 45))
    return key


def pages(key: KeyHandle, **fields: Any) -> list[BatchList]:
    found = [search_seen(key=key, filters=filters(**fields))]
    while found[-1].older:
        assert len(found) < 45
        found.append(search_seen(key=key, filters=found[-1].older))
    return found


def test_it_says_how_far_it_looked_and_goes_on_there(many: KeyHandle) -> None:
    found = pages(many, q="puppy")

    assert names_of(*found) == ["puppy-00", "puppy-10", "puppy-20", "puppy-40", "puppy-30"]
    assert len(found) > 3
    assert found[0].looked_to == NOON - timedelta(minutes=10)
    assert [page.total for page in found] == [None] * len(found)
    assert [page.first_number for page in found if page.rows][-1] <= 5


def test_a_page_that_is_full_goes_on_behind_its_last_row(many: KeyHandle) -> None:
    found = pages(many, q="kitten", limit=4)

    assert names_of(found[0]) == [f"kitten-{number:02}" for number in range(1, 5)]
    assert found[0].looked_to is None
    names = names_of(*found)
    assert len(names) == len(set(names)) == 40


def test_filters_are_looked_for_within_the_same_names(many: KeyHandle) -> None:
    SeenBatch.objects.filter(name="puppy-20").update(status="staging", project="dogs")

    assert names_of(*pages(many, q="puppy", status="staging")) == ["puppy-20"]
    assert names_of(*pages(many, q="puppy", project="dogs")) == ["puppy-20"]


def test_names_of_a_replaced_key_are_looked_through_in_one_order(many: KeyHandle) -> None:
    key = with_replaced_key(many)
    SeenBatch.objects.bulk_create(seen(key, number) for number in (5, 10, 35))

    names = names_of(*pages(key, q="puppy"))

    assert names[:3] == ["puppy-00", "puppy-10", "puppy-20"]
    assert sorted(names) == sorted(set(names))


def test_an_open_search_counts_what_came_above_it_as_far_as_a_page_looks(many: KeyHandle) -> None:
    [first, *_] = pages(many, q="puppy")
    SeenBatch.objects.bulk_create(
        seen(many, number, name=f"puppy-new-{number}", created_at=NOON + timedelta(seconds=number))
        for number in range(1, 4)
    )

    poll = poll_again(many, names_of(first), q="puppy", since=NOON - timedelta(minutes=10))

    assert (poll.new, poll.total) == (4, None)  # one of those without a time


def test_the_page_says_it_and_leads_on(
    many: KeyHandle, alice: User, browse: Any, refonte: Sandbox
) -> None:
    client: Client = browse(alice)

    none = client.get(list_address(many, "q=puppy-2"))
    text = text_of(none)

    assert "No batch looked at so far has such a name" in text
    assert "Searched back to 23 Nov 2026, 11:50" in text
    assert "More than 10 batches seen here before with this key" in text
    assert "Search older" in text

    while older := none.context["older_url"]:
        none = client.get(older)
        if none.context["rows"]:
            break
    assert "1–1 of many · searched back to" in text_of(none)
    assert "Newest" in text_of(none)
    assert poll_list(client, none).status_code == 204


def test_a_search_of_few_names_tells_their_number(key: KeyHandle) -> None:
    SeenBatch.objects.bulk_create(seen(key, number) for number in range(10))

    [page] = pages(key, q="kitten")

    assert (page.total, page.looked_to) == (9, None)


def test_one_letter_is_looked_for_like_many(many: KeyHandle) -> None:
    assert len(names_of(*pages(many, q="k", limit=7))) == 40

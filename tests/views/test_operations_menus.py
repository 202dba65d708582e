"""The filters of operations by person and key: many choices are fetched when the menu is opened."""

import re
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from batches.models import ApiKey, Operation, State, Verb
from batches.services.keys.types import KeyHandle
from batches.views.key_switch import KEYS_SHOWN
from tests.support.operations import unsaved_operation
from tests.support.pages import Browse
from tests.support.people import person

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true", "X-Poll": "1"}


@pytest.fixture
def client(alice: User, browse: Browse) -> Client:
    return browse(alice)


def share(bob: User, key: KeyHandle, count: int) -> None:
    """So many keys of Bob's that all may read with."""
    row = ApiKey.objects.get(id=key.id)
    ApiKey.objects.bulk_create(
        ApiKey(
            owner=bob,
            label=f"Shared {number:03}",
            mode="live",
            sealed=row.sealed,
            sealed_with=row.sealed_with,
            last_four="1234",
            fingerprint=f"{number + 1:08x}00000000",
            is_shared=True,
        )
        for number in range(count)
    )


def menu(page: Any, label: str) -> str:
    found = re.search(rf"<summary>{label}.*?</details>", page.text, re.DOTALL)
    assert found
    return unescape(found[0])


def links(text: str) -> list[str]:
    return re.findall(r'class="menu-item" href="([^"]*)"', unescape(text))


def test_two_hundred_keys_cost_the_list_no_more_bytes_than_nine(
    key: KeyHandle, bob: User, client: Client
) -> None:
    share(bob, key, KEYS_SHOWN)
    nine = len(client.get("/operations/").content)
    ApiKey.objects.filter(owner=bob).delete()
    share(bob, key, 200)

    assert len(client.get("/operations/").content) - nine < 30


def test_a_few_keys_stand_in_the_menu(key: KeyHandle, bob: User, client: Client) -> None:
    share(bob, key, KEYS_SHOWN - 1)

    found = menu(client.get("/operations/"), "Key")

    assert len(links(found)) == KEYS_SHOWN
    assert "hx-get" not in found


def test_many_are_fetched_and_lead_to_the_list_as_it_is_filtered(
    key: KeyHandle, bob: User, client: Client
) -> None:
    share(bob, key, KEYS_SHOWN)

    found = menu(client.get("/operations/?q=kit"), "Key")
    [address] = links(found)
    fetched = client.get(address, headers=HTMX)

    assert f'hx-get="{address}" hx-trigger="toggle from:closest details"' in found
    assert f"All {KEYS_SHOWN + 1}" in found
    assert "Shared 000" not in found
    assert "<html" not in fetched.text
    ways = links(fetched.text)
    assert len(ways) == KEYS_SHOWN + 1
    assert all(way.startswith("/operations/?q=kit&sent_with=live-") for way in ways)
    assert client.get(ways[-1]).status_code == 200
    assert "<html" in client.get(address).text


def test_people_are_fetched_alike(ada: User, key: KeyHandle, browse: Browse) -> None:
    for number in range(KEYS_SHOWN + 1):
        Operation.objects.bulk_create(
            [
                unsaved_operation(
                    person(f"person-{number}"),
                    key,
                    verb=Verb.CREATE,
                    batch_name="kittens",
                    state=State.SUCCEEDED,
                    created_at=timezone.now(),
                )
            ]
        )
    client = browse(ada)

    found = menu(client.get("/operations/?person=person-3"), "Person")
    [address] = links(found)
    fetched = client.get(address, headers=HTMX)

    assert "person-3" in found
    assert len(links(fetched.text)) == KEYS_SHOWN + 1
    assert fetched.text.count('aria-current="true"') == 1

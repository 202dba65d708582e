"""The key switcher: a few keys stand on the page, many are fetched when it is opened."""

import re
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django.asserts import assertContains, assertNotContains

from batches.models import ApiKey
from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from batches.views.key_switch import HELD
from tests.support.pages import Browse, text_of
from tests.support.vendor import KeyMaker

pytestmark = pytest.mark.django_db
FETCH = "/keys/switch/?key={}"
HTMX = {"HX-Request": "true", "X-Poll": "1"}


@pytest.fixture
def client(alice: User, browse: Browse) -> Client:
    return browse(alice)


def share(bob: User, key: KeyHandle, number: int) -> None:
    """So many more keys of Bob's, opened for reading."""
    row = ApiKey.objects.get(id=key.id)
    ApiKey.objects.bulk_create(
        ApiKey(
            owner=bob,
            label=f"Shared {at:03}",
            mode="live",
            sealed=row.sealed,
            sealed_with=row.sealed_with,
            last_four="1234",
            fingerprint=f"{at + 1:08x}00000000",
            is_shared=True,
        )
        for at in range(number)
    )


def ways(answer: Any) -> list[str]:
    found = re.findall(r'class="menu-item" href="([^"]*)"', answer.text)
    return [unescape(way) for way in found]


@pytest.mark.parametrize(
    "path", ["/batches/", "/batches/never/", "/accounts/password_change/", "/nowhere/"]
)
def test_two_hundred_keys_cost_a_page_no_more_bytes_than_nine(
    path: str, key: KeyHandle, bob: User, client: Client, refonte: Sandbox
):
    share(bob, key, HELD)
    nine = len(client.get(path, {"key": key.ref}).content)
    ApiKey.objects.filter(owner=bob).delete()
    share(bob, key, 200)
    two_hundred = len(client.get(path, {"key": key.ref}).content)

    assert two_hundred - nine < 30
    assert two_hundred < 24_000


def test_a_few_keys_stand_on_the_page(key: KeyHandle, bob: User, client: Client, refonte: Sandbox):
    share(bob, key, HELD - 1)

    page = client.get("/batches/", {"key": key.ref})

    assert len([way for way in ways(page) if way.startswith("/batches/?key=")]) == HELD
    assertNotContains(page, "/keys/switch/")


def test_many_are_fetched_when_the_menu_opens_or_stand_behind_a_link(
    key: KeyHandle, bob: User, client: Client, refonte: Sandbox
):
    share(bob, key, HELD)

    page = client.get("/batches/", {"key": key.ref})

    address = FETCH.format(key.ref)
    assertContains(page, f'hx-get="{address}" hx-trigger="toggle from:closest details"')
    assertContains(page, f'href="{address}">All {HELD + 1} keys</a>')
    assert "Shared 000" not in text_of(page)
    assert len(ways(client.get(address))) > HELD


@pytest.mark.parametrize(
    ("behind", "leads_to"),
    [
        ("/batches/?status=staging&seen=50&key=live-1", "/batches/?status=staging&key={}"),
        ("/batches/?q=%C3%BC%26&api_key=x", "/batches/?q=%C3%BC%26&key={}"),
        ("/operations/", "/operations/?key={}"),
        ("/batches/kitten-07/?key=live-1", "/batches/?key={}"),
        ("/nowhere/", "/batches/?key={}"),
        ("//evil.example/", "/?key={}"),
        ("/%2F%2Fevil.example/", "/batches/?key={}"),
        ("https://evil.example/batches/", "/batches/?key={}"),
        ("http://[", "/?key={}"),
        ("/batches/?" + "a=1&" * 1_001, "/batches/?key={}"),
    ],
)
def test_what_is_fetched_leads_to_the_same_page_with_the_other_key(
    behind: str, leads_to: str, key: KeyHandle, bob: User, client: Client
):
    share(bob, key, HELD)
    headers = HTMX | {"HX-Current-URL": behind if "//" in behind else f"http://testserver{behind}"}

    answer = client.get(FETCH.format(key.ref), headers=headers)

    assert len(ways(answer)) == HELD + 1
    assert ways(answer)[-1] == leads_to.format("live-00000008")
    assertNotContains(answer, "<html")
    assertContains(answer, 'aria-current="true"', count=1)


def test_a_batch_that_is_not_there_is_looked_for_with_the_first_keys(
    key: KeyHandle, bob: User, client: Client, refonte: Sandbox
):
    share(bob, key, 40)

    page = client.get("/batches/never/", {"key": key.ref})

    assert len([way for way in ways(page) if way.startswith("/batches/never/?key=")]) == HELD


def test_keys_that_are_not_shared_are_in_no_menu(
    key: KeyHandle, bob: User, client: Client, key_for: KeyMaker
):
    share(bob, key, HELD)
    hidden = key_for(bob, mode="test")

    assertNotContains(client.get(FETCH.format(key.ref), headers=HTMX), hidden.ref)

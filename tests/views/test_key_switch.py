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
from batches.views.key_switch import KEYS_SHOWN
from tests.support.pages import text_of
from tests.support.vendor import KeyMaker

pytestmark = pytest.mark.django_db
FETCH = "/keys/switch/?key={}"
HTMX = {"HX-Request": "true", "X-Poll": "1"}


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
    path: str, key: KeyHandle, bob: User, as_alice: Client, refonte: Sandbox
):
    share(bob, key, KEYS_SHOWN)
    nine = len(as_alice.get(path, {"key": key.ref}).content)
    ApiKey.objects.filter(owner=bob).delete()
    share(bob, key, 200)
    two_hundred = len(as_alice.get(path, {"key": key.ref}).content)

    assert nine > 2_000
    assert two_hundred - nine < 30
    assert two_hundred < 30_000


def test_a_few_keys_stand_on_the_page(
    key: KeyHandle, bob: User, as_alice: Client, refonte: Sandbox
):
    share(bob, key, KEYS_SHOWN - 1)

    page = as_alice.get("/batches/", {"key": key.ref})

    # other menus have links to this page too
    assert len({way for way in ways(page) if way.startswith("/batches/?key=")}) == KEYS_SHOWN
    assertNotContains(page, "/keys/switch/")


def test_many_are_fetched_when_the_menu_opens_or_stand_behind_a_link(
    key: KeyHandle, bob: User, as_alice: Client, refonte: Sandbox
):
    share(bob, key, KEYS_SHOWN)

    page = as_alice.get("/batches/", {"key": key.ref})

    address = FETCH.format(key.ref)
    assertContains(page, f'hx-get="{address}" hx-trigger="toggle from:closest details"')
    assertContains(page, f'href="{address}">All {KEYS_SHOWN + 1} keys</a>')
    assert "Shared 000" not in text_of(page)
    assert len(ways(as_alice.get(address))) > KEYS_SHOWN


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
    behind: str, leads_to: str, key: KeyHandle, bob: User, as_alice: Client
):
    share(bob, key, KEYS_SHOWN)
    headers = HTMX | {"HX-Current-URL": behind if "//" in behind else f"http://testserver{behind}"}

    answer = as_alice.get(FETCH.format(key.ref), headers=headers)

    assert len(ways(answer)) == KEYS_SHOWN + 1
    assert ways(answer)[-1] == leads_to.format("live-00000008")
    assertNotContains(answer, "<html")
    assertContains(answer, 'aria-current="true"', count=1)


def test_a_batch_that_is_not_there_is_looked_for_with_the_first_keys(
    key: KeyHandle, bob: User, as_alice: Client, refonte: Sandbox
):
    share(bob, key, 40)

    page = as_alice.get("/batches/never/", {"key": key.ref})

    assert len([way for way in ways(page) if way.startswith("/batches/never/?key=")]) == KEYS_SHOWN


def test_keys_that_are_not_shared_are_in_no_menu(
    key: KeyHandle, bob: User, as_alice: Client, key_for: KeyMaker
):
    share(bob, key, KEYS_SHOWN)
    hidden = key_for(bob, mode="test")

    menu = as_alice.get(FETCH.format(key.ref), headers=HTMX)
    assertContains(menu, key.ref)
    assertNotContains(menu, hidden.ref)

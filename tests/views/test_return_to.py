"""The link from a batch back to the list: filtered as it was, and never to anywhere else."""

import re
from html import unescape

import pytest
from django.contrib.auth.models import User
from django.test import Client

from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from tests.support.pages import add, list_address
from tests.support.vendor import KeyMaker

HOUSE = "http://testserver"


@pytest.fixture
def key(alice: User, key_for: KeyMaker, refonte: Sandbox) -> KeyHandle:
    add(refonte, "kitten-07")
    return key_for(alice)


def way_back(client: Client, key: KeyHandle, referer: str, name: str = "kitten-07") -> str:
    page = client.get(f"/batches/{name}/?key={key.ref}", headers={"Referer": referer})
    found = re.search(r'class="crumb">\s*<a href="([^"]*)"', page.content.decode())
    assert found
    return unescape(found[1])


@pytest.mark.parametrize("name", ["kitten-07", "never"])
@pytest.mark.parametrize(
    "place",
    ["&limit=25&before=2026-11-23T12%3A00%3A00.000Z%2C2&seen=50", "&q=kitten&limit=25"],
    ids=["older page", "search"],
)
def test_the_filters_and_the_place_survive_a_visit(
    place: str, name: str, key: KeyHandle, as_alice: Client
):
    list_url = (
        "/batches/?project=kittens&status=in_progress&created=7d&tz=Asia%2FTokyo"
        f"{place}&key={key.ref}"
    )

    assert way_back(as_alice, key, HOUSE + list_url, name) == list_url


@pytest.mark.parametrize(
    "referer",
    [
        "",
        "https://evil.example/batches/?status=staging&key={key}",
        "http://testserver@evil.example/batches/?status=staging&key={key}",
        "http://testserver/operations/?status=staging&key={key}",
        "http://testserver/batches/?status=staging",
        "http://testserver/batches/?status=staging&key=test-00000000",
        "http://testserver/batches/?status=a b&key={key}",
        "http://[::1/batches/?status=staging&key={key}",
        "javascript:alert(1)",
    ],
)
def test_what_is_no_list_under_this_key_leads_to_all_of_it(
    referer: str, key: KeyHandle, as_alice: Client
):
    assert way_back(as_alice, key, referer.format(key=key.ref)) == list_address(key)


def test_nothing_that_no_filter_knows_is_copied(key: KeyHandle, as_alice: Client):
    referer = f'{list_address(key)}&status=staging&next=//evil.example&"><b>'

    assert way_back(as_alice, key, HOUSE + referer) == f"/batches/?status=staging&key={key.ref}"

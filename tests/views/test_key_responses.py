"""A page whose key was deleted, is shared no more, or was replaced in another tab."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django.asserts import assertContains, assertNotContains

from batches.models import ApiKey, State
from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from tests.support.operations import abandoned_operation
from tests.support.pages import (
    POLL,
    Browse,
    add,
    hidden_fields,
    list_address,
    poll_address,
    poll_batch,
    poll_list,
    refreshed_event,
    swapped_ids,
    text_of,
)

pytestmark = pytest.mark.usefixtures("clock")
HTMX = {"HX-Request": "true"}
NEW = "/batches/new/"
TYPED = {"project": "kittens", "name": "kitten-99", "callback": "https://example.com/typed"}
ACTIONS = [
    (NEW, TYPED, TYPED.values()),
    ("/batches/kitten-07/prioritize/", {"priority": "23"}, ["23"]),
    ("/batches/kitten-07/finalize/", {}, []),
]


@pytest.fixture
def kitten(key: KeyHandle, refonte: Sandbox) -> KeyHandle:
    """Alice's key, called Playground, with a batch under it."""
    add(refonte, "kitten-07", status="staging")
    ApiKey.objects.filter(id=key.id).update(label="Play·ground <1>")
    return key


def delete(key: KeyHandle) -> None:
    ApiKey.objects.filter(id=key.id).delete()


def replace(key: KeyHandle) -> str:
    """Another key under the same name; its ref."""
    ApiKey.objects.filter(id=key.id).update(
        fingerprint="0123456789abcdef", earlier=[key.fingerprint]
    )
    return f"{key.mode}-01234567"


def as_named(page: Any) -> dict[str, str]:
    """What htmx sends along from this page of how its key is called."""
    return {"X-Key-Label": page.text.partition('"X-Key-Label": "')[2].partition('"')[0]}


@pytest.mark.parametrize("query", ["", "q=kitten"])
@pytest.mark.parametrize("has_another", [True, False])
def test_an_open_list_says_which_key_was_deleted_and_asks_no_more(
    query: str,
    has_another: bool,
    kitten: KeyHandle,
    as_alice: Client,
    alice: User,
    key_for: Callable[..., KeyHandle],
):
    if has_another:
        key_for(alice, api_key="another-live-key")
    page = as_alice.get(list_address(kitten, query))
    delete(kitten)

    data = {"rows": "", "since": hidden_fields(page, "since")[0], "head": ""}
    answer = as_alice.post(poll_address(page), data, headers=POLL | as_named(page))

    assert "The key “Play·ground <1>” was deleted." in text_of(answer)
    assert "See your keys" in text_of(answer)
    assert "key-lost" in answer["HX-Trigger"]
    assert answer["HX-Reswap"] == "none"
    assert swapped_ids(answer) == {"band", "poller"}
    assertNotContains(answer, "hx-trigger")


def test_an_open_batch_says_which_key_was_deleted(kitten: KeyHandle, as_alice: Client):
    page = as_alice.get(f"/batches/kitten-07/?key={kitten.ref}")
    delete(kitten)

    answer = as_alice.get(poll_address(page), headers=POLL | as_named(page))

    assert "The key “Play·ground <1>” was deleted." in text_of(answer)


def test_who_reads_with_a_shared_key_is_told_that_it_is_so_no_more(
    kitten: KeyHandle, vera: User, browse: Browse
):
    ApiKey.objects.filter(id=kitten.id).update(is_shared=True)
    client = browse(vera)
    page = client.get(f"/batches/kitten-07/?key={kitten.ref}")
    assertContains(page, '"X-Key-Shared": "1"')
    ApiKey.objects.filter(id=kitten.id).update(is_shared=False)

    answer = client.get(poll_address(page), headers=POLL | as_named(page) | {"X-Key-Shared": "1"})

    assert "The key “Play·ground <1>” is no longer shared with you." in text_of(answer)


def test_an_open_operation_of_a_key_that_is_shared_no_more_says_so(
    kitten: KeyHandle, alice: User, vera: User, browse: Browse
):
    done = abandoned_operation(alice, kitten, State.SUCCEEDED)
    ApiKey.objects.filter(id=kitten.id).update(is_shared=True)
    client, address = browse(vera), f"/operations/{done.id}/live/?key={kitten.ref}"
    assert client.get(address, headers=POLL).status_code == 200
    ApiKey.objects.filter(id=kitten.id).update(is_shared=False)

    answer = client.get(address, headers=POLL | {"X-Key-Label": "A", "X-Key-Shared": "1"})

    assert "The key “A” is no longer shared with you." in text_of(answer)
    assert answer["HX-Reswap"] == "none"
    assert client.get(address).status_code == 404


@pytest.mark.parametrize("label", ["", "%00", "x" * 61, quote("a\u202eb")])
def test_a_label_that_no_key_has_is_not_repeated(label: str, kitten: KeyHandle, as_alice: Client):
    delete(kitten)

    answer = as_alice.get(list_address(kitten), headers=POLL | {"X-Key-Label": label})

    assert "The key of this page was deleted, or is no longer shared with you." in text_of(answer)


@pytest.mark.parametrize(("address", "typed", "shown"), ACTIONS)
def test_a_form_whose_key_was_deleted_is_refused_by_its_name_and_keeps_its_text(
    address: str, typed: dict[str, str], shown: Any, kitten: KeyHandle, as_alice: Client
):
    page = as_alice.get(f"{address}?key={kitten.ref}")
    data = typed | {name: hidden_fields(page, name)[0] for name in ("key", "key_label", "form_id")}
    delete(kitten)

    dialog = as_alice.post(address, data, headers=HTMX)
    plain = as_alice.post(address, data)

    for answer in (dialog, plain):
        assert answer.status_code == 409
        assert "The key “Play·ground <1>” was deleted. Nothing was sent." in text_of(answer)
    assert (dialog["HX-Retarget"], dialog["HX-Reswap"]) == ("#messages", "beforeend")
    assert all(quote(text, safe="") in plain.text for text in shown)


@pytest.mark.parametrize("headers", [HTMX, {}])
@pytest.mark.parametrize(("address", "typed", "shown"), ACTIONS)
def test_a_form_whose_key_was_replaced_is_drawn_again_for_the_new_one(
    address: str,
    typed: dict[str, str],
    shown: Any,
    headers: dict[str, str],
    kitten: KeyHandle,
    as_alice: Client,
    refonte: Sandbox,
):
    page = as_alice.get(f"{address}?key={kitten.ref}", headers=headers)
    data = typed | {name: hidden_fields(page, name)[0] for name in ("key", "form_id")}
    now = replace(kitten)

    answer = as_alice.post(address, data, headers=headers)

    assert answer.status_code == 409
    words = "The key “Play·ground <1>” was replaced. Nothing was sent. Send it again"
    assert words in text_of(answer)
    assert hidden_fields(answer, "key")[0] == now
    assert hidden_fields(answer, "form_id") != hidden_fields(page, "form_id")
    assert all(text in answer.text for text in shown)
    assert answer.get("HX-Retarget", "") == ("closest .sheet" if headers else "")
    assert not refonte.calls_to("POST", "/batches*")


@pytest.mark.parametrize("query", ["", "q=kitten"])
def test_an_open_list_goes_on_with_the_new_key_and_says_so_once(
    query: str, kitten: KeyHandle, as_alice: Client
):
    page = as_alice.get(list_address(kitten, query))
    now = replace(kitten)

    answer = poll_list(as_alice, page)

    said = "The key “Play·ground <1>” was replaced; this page goes on with the new one."
    assert said in text_of(answer)
    assert f"key={now}" in poll_address(answer)
    assert refreshed_event(answer)["as_of"]
    data = {"rows": ",".join(hidden_fields(page, "row")), "since": hidden_fields(page, "since")[0]}
    head = hidden_fields(answer, "head")[0]
    again = as_alice.post(poll_address(answer), data | {"head": head}, headers=POLL)
    assert said not in text_of(again)


def test_an_open_batch_goes_on_with_the_new_key_and_says_so_once(
    kitten: KeyHandle, as_alice: Client
):
    page = as_alice.get(f"/batches/kitten-07/?key={kitten.ref}")
    now = replace(kitten)

    answer = poll_batch(as_alice, page)

    said = "The key “Play·ground <1>” was replaced; this page goes on with the new one."
    assert said in text_of(answer)
    assert f"key={now}" in poll_address(answer)
    again = poll_batch(as_alice, answer)
    assert said not in again.content.decode()


def test_the_chart_of_a_page_with_the_former_key_stays_json(kitten: KeyHandle, as_alice: Client):
    """The sentence about the new key is HTML: the page's own poll brings it."""
    as_alice.get(f"/batches/kitten-07/?key={kitten.ref}")
    replace(kitten)
    answer = as_alice.get(f"/batches/kitten-07/chart/?key={kitten.ref}", headers=POLL)
    assert answer.json()["points"]["completed"]


def test_a_refused_key_is_told_by_the_dot_too(kitten: KeyHandle, as_alice: Client, clock: Any):
    page = as_alice.get(list_address(kitten))
    clock.shift(10)
    ApiKey.objects.filter(id=kitten.id).update(is_refused=True, refusal="no such key")

    answer = poll_list(as_alice, page)

    news = refreshed_event(answer)
    assert (news["stale"], news["refused"]) == (True, True)
    assert "See your keys" in text_of(answer)

"""Each form has an address of its own, which is stored nowhere."""

import json
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from pytest_django.fixtures import Settings

from batches.models import CallbackAddress, Operation, State
from batches.sandbox import Sandbox
from batches.services.callbacks import addresses
from batches.services.keys.types import KeyHandle
from batches.services.operations.errors import AlreadySent, FormReused
from batches.services.operations.template_of import template_of
from batches.services.readings.queries import batch_query
from batches.services.readings.read import read
from batches.services.vendor.calls import Kind, new_deadline
from tests.support.callbacks import BASE, create_told, token_of
from tests.support.operations import POST_CREATE, create, settle_in


def sent(refonte: Sandbox) -> list[str]:
    """The callbacks that Refonte was given."""
    return [json.loads(one.body)["callback"] for one in refonte.calls_to("POST", "/batches")]


def test_refonte_gets_it_in_the_place_of_a_callback(
    refonte: Sandbox, alice: User, watched: KeyHandle
) -> None:
    refonte.add_project("kittens")
    operation = create_told(alice, watched)
    assert operation.state == State.SUCCEEDED
    assert sent(refonte) == [f"{BASE}/callbacks/{token_of(operation)}/"]
    body = json.loads(refonte.calls_to("POST", "/batches")[0].body)
    assert body.keys() == {"project", "name", "callback"}


def test_a_repeated_post_is_the_same_request_with_one_address(
    refonte: Sandbox, alice: User, watched: KeyHandle
) -> None:
    refonte.add_project("kittens")
    form_id = uuid4()
    first = create_told(alice, watched, form_id=form_id)
    with pytest.raises(AlreadySent) as again:
        create_told(alice, watched, form_id=form_id)
    assert again.value.operation == first
    assert len(sent(refonte)) == 1
    assert CallbackAddress.objects.get().operation == first
    with pytest.raises(FormReused):
        create(alice, watched, form_id=form_id)


def test_two_forms_have_two(refonte: Sandbox, alice: User, watched: KeyHandle) -> None:
    refonte.add_project("kittens")
    for name in ("kitten-07", "kitten-08"):
        create_told(alice, watched, name)
    assert len({*sent(refonte)}) == 2


def test_one_that_waits_is_sent_with_the_same_address_later(
    refonte: Sandbox, alice: User, watched: KeyHandle
) -> None:
    refonte.add_project("kittens")
    refonte.fault("status", match=POST_CREATE, times=1, code=429)
    operation = create_told(alice, watched)
    assert operation.state == State.WAITING
    settle_in(60, operation)
    assert operation.state == State.SUCCEEDED
    assert sent(refonte) == [f"{BASE}/callbacks/{token_of(operation)}/"] * 2


def test_one_that_waits_is_not_sent_without_it(
    refonte: Sandbox, alice: User, watched: KeyHandle, settings: Settings
) -> None:
    refonte.add_project("kittens")
    refonte.fault("status", match=POST_CREATE, times=1, code=429)
    operation = create_told(alice, watched)
    settings.CALLBACK_BASE_URL = ""
    settle_in(60, operation)
    assert operation.state == State.NOT_SENT
    assert "CALLBACK_BASE_URL" in operation.message
    assert len(sent(refonte)) == 1


def test_a_create_with_another_callback_has_none(
    refonte: Sandbox, alice: User, watched: KeyHandle
) -> None:
    refonte.add_project("kittens")
    create(alice, watched, callback="ops@example.com")
    assert not CallbackAddress.objects.exists()


def test_the_database_has_neither_token_nor_address(told: Operation) -> None:
    told.refresh_from_db()
    row = CallbackAddress.objects.get()
    assert told.parameters == {"tell_console": True}
    assert token_of(told) not in repr([vars(told), vars(row)])
    assert row.token_digest == addresses.digest_of(token_of(told))


def test_another_batch_like_it_begins_without_its_address(
    told: Operation, watched: KeyHandle
) -> None:
    found = read(
        key=watched,
        query=batch_query("kitten-07"),
        kind=Kind.PAGE,
        deadline=new_deadline(),
    )
    assert found.data
    assert found.data.callback == f"{BASE}/callbacks/[hidden]/"
    # the choice is one of its settings: the new form then has an address of its own
    assert template_of(key=watched, name="kitten-07") == {
        "project": "kittens",
        "tell_console": True,
    }


@pytest.mark.parametrize("url", [f"{BASE}/callbacks/{'0' * 40}/", f"{BASE.upper()}/callbacks/x"])
def test_an_address_of_this_kind_is_known(url: str) -> None:
    assert addresses.is_address_here(url)
    assert not addresses.is_address_here("https://elsewhere.example/callbacks/x/")


def test_without_a_base_there_is_no_such_address(settings: Settings) -> None:
    settings.CALLBACK_BASE_URL = ""
    assert not addresses.is_offered()
    assert not addresses.is_address_here("/callbacks/x/")

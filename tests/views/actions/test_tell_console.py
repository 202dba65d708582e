"""*Tell this console*: how it is offered, and that no page shows the address."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django.fixtures import Settings

from batches.models import CallbackAddress, Operation
from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from tests.support.callbacks import BASE, token_of
from tests.support.operations import POST_CREATE
from tests.support.pages import text_of
from tests.support.vendor import KeyMaker


@pytest.fixture
def key(key_for: KeyMaker, alice: User, refonte: Sandbox, settings: Settings) -> KeyHandle:
    settings.CALLBACK_BASE_URL = BASE
    refonte.add_project("kittens")
    return key_for(alice)


def new_batch(key: KeyHandle, **more: Any) -> dict[str, Any]:
    own = {"key": key.ref, "form_id": str(uuid4()), "project": "kittens", "name": "new-one"}
    return own | {"tell_console": "on"} | more


def test_the_form_offers_it_beside_url_and_email(as_alice: Client, key: KeyHandle) -> None:
    answer = as_alice.get(f"/batches/new/?key={key.ref}")
    assert 'name="tell_console"' in answer.text
    text = text_of(answer)
    assert text.index("Callback") < text.index("Tell this console") < text.index("Calibration")


def test_without_the_variable_it_is_not_there(
    as_alice: Client, key: KeyHandle, settings: Settings
) -> None:
    settings.CALLBACK_BASE_URL = ""
    assert "console</label>" not in as_alice.get(f"/batches/new/?key={key.ref}").text
    assert "tell_console" not in as_alice.get(f"/batches/new/?key={key.ref}").text
    answer = as_alice.post("/batches/new/", new_batch(key))
    assert answer.status_code == 422
    assert not Operation.objects.exists()


def test_the_same_form_again_leads_to_its_operation(
    as_alice: Client, key: KeyHandle, refonte: Sandbox
) -> None:
    data = new_batch(key)
    for _ in range(3):
        answer = as_alice.post("/batches/new/", data)
        assert answer.status_code == 302
    assert len(refonte.calls_to("POST", "/batches")) == 1
    assert CallbackAddress.objects.count() == 1


def test_a_refusal_keeps_the_choice(as_alice: Client, key: KeyHandle) -> None:
    answer = as_alice.post("/batches/new/", new_batch(key, name=""))
    assert answer.status_code == 422
    box = answer.text.partition('name="tell_console"')[2].partition(">")[0]
    assert "checked" in box


def test_no_page_no_answer_and_no_file_shows_the_address(
    as_alice: Client, key: KeyHandle, refonte: Sandbox
) -> None:
    as_alice.post("/batches/new/", new_batch(key))
    operation = Operation.objects.get()
    pages = {
        path: as_alice.get(f"{path}{'&' if '?' in path else '?'}key={key.ref}").getvalue().decode()
        for path in (
            "/batches/new-one/",
            "/batches/new-one/live/",
            "/batches/",
            "/batches/export/",
            "/batches/new/?like=new-one",
            "/operations/",
            f"/operations/{operation.id}/",
            f"/operations/{operation.id}/said/",
            "/batches/new-one/finalize/",
        )
    }
    assert {path for path, page in pages.items() if token_of(operation) in page} == set()
    assert f"{BASE}/callbacks/[hidden]/" in pages["/batches/new-one/"]
    assert "The secret part is hidden" in pages["/batches/new-one/"]
    assert "Copy callback" not in pages["/batches/new-one/"]
    assert "Tell this console" in pages[f"/operations/{operation.id}/"]


def test_another_like_it_has_the_choice_and_an_address_of_its_own(
    as_alice: Client, key: KeyHandle, refonte: Sandbox
) -> None:
    as_alice.post("/batches/new/", new_batch(key))
    as_alice.get(f"/batches/new-one/?key={key.ref}")  # what Refonte says of it is read
    page = as_alice.get(f"/batches/new/?key={key.ref}&like=new-one").text
    assert "/callbacks/" not in page
    assert "checked" in page.partition('name="tell_console"')[2].partition(">")[0]
    as_alice.post("/batches/new/", new_batch(key, name="new-two"))
    first, second = (token_of(one) for one in Operation.objects.all())
    assert first != second


def test_words_of_refonte_that_repeat_the_address_are_shown_without_it(
    as_alice: Client, key: KeyHandle, refonte: Sandbox
) -> None:
    data = new_batch(key)
    token = token_of(Operation(form_id=UUID(data["form_id"])))
    body = f"cannot reach {BASE}/callbacks/{token}/"
    refonte.fault("status", match=POST_CREATE, times=1, code=400, body=body)
    answer = as_alice.post("/batches/new/", data)
    assert answer.status_code == 422
    assert "cannot reach" in answer.text
    assert token not in answer.text
    operation = Operation.objects.get()
    assert token not in as_alice.get(f"/operations/{operation.id}/").text
    assert token not in repr([vars(one) for one in operation.events.all()])

"""A POST whose token is missing, foreign, or of another sign-in."""

import logging
import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from batches.models import ApiKey, Operation, Preferences
from batches.sandbox import Sandbox
from tests.security.conftest import Console

FOREIGN = "f" * 32
SECRETS = ("password", "old_password", "new_password1", "new_password2", "api_key", "my_token")
PATHS = [
    "/batches/new/",
    "/batches/kitten-07/finalize/",
    "/batches/kitten-07/prioritize/",
    "/keys/add/",
    "/keys/{key}/check/",
    "/keys/{key}/default/",
    "/keys/{key}/replace/",
    "/keys/{key}/share/",
    "/keys/{key}/delete/",
    "/operations/{operation}/withdraw/",
    "/preferences/",
    "/preferences/zone/",
    "/accounts/password_change/",
    "/accounts/logout/",
    "/batches/live/",
]


@pytest.fixture
def strict(console: Console) -> Client:
    """Alice's browser, with CSRF checks."""
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.force_login(console.people["alice"])
    return client


def forged(console: Console, **more: str) -> dict[str, str]:
    return console.fields("alice") | {"csrfmiddlewaretoken": FOREIGN} | more


@pytest.mark.parametrize("path", PATHS)
def test_nothing_is_done_without_the_token_of_this_sign_in(
    path: str, console: Console, strict: Client, refonte: Sandbox
):
    refonte.forget_calls()
    path = path.format(key=console.keys["alice"].id, operation=console.operation.id)
    for data in (forged(console), console.fields("alice")):
        answer = strict.post(path, data)
        assert answer.status_code == 403
        assert "Nothing was sent" in answer.text
    assert (ApiKey.objects.count(), Operation.objects.count()) == (4, 1)
    assert not [call for call in refonte.calls if call.method == "POST"]
    assert "_auth_user_id" in strict.session


def test_a_new_batch_is_drawn_again_with_all_that_was_typed(console: Console, strict: Client):
    typed = {
        "project": "kittens & co",
        "name": "kitten-<08>",
        "callback": "https://hooks.example.com/a",
        "calibration_batch": "on",
        "priority": "17",
    }
    page = strict.post("/batches/new/", forged(console, **typed)).text
    for text in ("kittens &amp; co", "kitten-&lt;08&gt;", "https://hooks.example.com/a", "17"):
        assert f'value="{text}"' in page
    assert "checked" in page
    assert FOREIGN not in page


def test_the_form_that_is_drawn_again_can_be_sent(console: Console, strict: Client):
    strict.post("/batches/kitten-07/prioritize/", forged(console, priority="23"))
    token = strict.cookies["csrftoken"].value
    data = console.fields("alice", priority="23", csrfmiddlewaretoken=token)
    assert strict.post("/batches/kitten-07/prioritize/", data).status_code == 302
    assert Operation.objects.filter(parameters__priority=23).count() == 1


@pytest.mark.parametrize(
    ("path", "typed"),
    [
        ("/batches/kitten-07/prioritize/", {"priority": "23"}),
        ("/keys/add/", {"label": "My new key"}),
        ("/preferences/", {"zone": "Asia/Tokyo"}),
    ],
)
def test_other_forms_keep_what_was_typed_too(
    path: str, typed: dict[str, str], console: Console, strict: Client
):
    page = strict.post(path, forged(console, **typed)).text
    assert f'value="{next(iter(typed.values()))}"' in page
    assert not Preferences.objects.filter(zone="Asia/Tokyo").exists()


def test_a_key_that_was_typed_is_not_written_back(console: Console, strict: Client):
    page = strict.post("/keys/add/", forged(console, api_key="live_typed_1234567", label="x")).text
    assert 'value="x"' in page
    assert 'name="api_key"' in page
    assert "live_typed" not in page


@pytest.mark.parametrize("path", PATHS)
def test_nothing_secret_that_was_typed_is_on_the_page_drawn_again(
    path: str, console: Console, strict: Client
):
    path = path.format(key=console.keys["alice"].id, operation=console.operation.id)
    secrets = {name: f"typed-as-{name}" for name in SECRETS}
    page = strict.post(path, forged(console, name="not-a-secret", **secrets)).text
    assert "Nothing was sent" in page
    assert "typed-as-" not in page
    assert not re.search(r'href="/accounts/password_change/\?(?!key=[^&"]*")', page)


def test_no_link_of_the_page_drawn_again_holds_what_was_typed(console: Console, strict: Client):
    page = strict.post("/keys/add/", forged(console, label="my-label")).text
    assert 'value="my-label"' in page
    assert [
        line.strip() for line in page.splitlines() if "my-label" in line and "href" in line
    ] == []


def test_the_refusal_is_logged_as_the_post_that_it_was(
    console: Console, strict: Client, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.INFO, "dashboard.access")
    strict.post("/accounts/password_change/", forged(console))
    lines = [vars(record) for record in caplog.records if record.name == "dashboard.access"]
    assert [line["method"] for line in lines] == ["POST"]


def test_a_dialog_stays_as_it_is_and_words_stand_beside(console: Console, strict: Client):
    answer = strict.post("/batches/new/", forged(console), headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Retarget"]) == (403, "#messages")
    assert "Nothing was sent" in answer.text
    token = strict.cookies["csrftoken"].value
    headers = {"HX-Request": "true", "X-CSRFToken": token}
    again = strict.post("/batches/new/", console.fields("alice"), headers=headers)
    assert again.status_code == 422


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://testserver.evil"])
def test_a_form_of_another_site_is_refused_and_not_drawn(
    origin: str, console: Console, strict: Client
):
    strict.get("/batches/new/", {"key": console.ref("alice")})
    token = strict.cookies["csrftoken"].value
    data = forged(console, csrfmiddlewaretoken=token, name="their-name")
    answer = strict.post("/batches/new/", data, headers={"Origin": origin})
    assert answer.status_code == 403
    assert "another site" in answer.text
    assert "their-name" not in answer.text
    assert "Your account" not in answer.text


def test_who_is_signed_out_learns_nothing(console: Console):
    client = Client(enforce_csrf_checks=True)
    answer = client.post(f"/keys/{console.keys['alice'].id}/replace/", {"api_key": "x" * 9})
    assert answer.status_code == 403
    assert "This page is out of date</h1>" in answer.text
    assert "Replace" not in answer.text


def test_a_sign_in_elsewhere_does_not_stale_the_token_of_a_cookie(alice: User) -> None:
    client: Any = Client(enforce_csrf_checks=True)
    client.get("/accounts/login/")
    word = {"username": "alice", "password": "alice-has-a-password"}
    for _ in range(2):
        headers = {"X-CSRFToken": client.cookies["csrftoken"].value}
        assert client.post("/accounts/login/", word, headers=headers).status_code == 302

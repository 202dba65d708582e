"""Guessing, forging, outstaying: what the sign-in, the sessions and the limits hold against."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from batches.models import Operation
from tests.security.conftest import Console

LOGIN = "/accounts/login/"
LATER = timedelta(minutes=2)  # than what the console has done, which counts as well
FLEETING = re.compile(r'data-now="[^"]*"|value="[A-Za-z0-9]{64}"|value="(alice|nobody-here)"')


def guess(name: str, password: str = "wrong", **headers: str) -> Any:
    return Client().post(LOGIN, {"username": name, "password": password}, headers=headers)


@pytest.fixture
def behind_a_proxy(settings: Settings) -> None:
    settings.TRUSTED_PROXY_HOPS = 1


@pytest.mark.usefixtures("behind_a_proxy")
def test_a_forged_address_does_not_begin_a_new_count(alice: User):
    """The proxy appends the address it saw; what stands before it anybody may have sent."""
    for number in range(5):
        guess("alice", **{"X-Forwarded-For": f"6.6.6.{number}, 192.0.2.7"})
    told = guess("alice", "alice-has-a-password", **{"X-Forwarded-For": "9.9.9.9, 192.0.2.7"})
    assert told.status_code == 429
    other = guess("alice", "alice-has-a-password", **{"X-Forwarded-For": "192.0.2.7, 192.0.2.8"})
    assert other.status_code == 302


def test_without_a_proxy_nobody_is_believed(alice: User):
    for number in range(5):
        guess("alice", **{"X-Forwarded-For": f"6.6.6.{number}"})
    assert guess("alice", "alice-has-a-password").status_code == 429


@pytest.mark.parametrize("name", ["ALICE", " alice", "alice "])
def test_another_spelling_is_another_name_and_none_gets_in(name: str, alice: User):
    for _ in range(5):
        guess("alice")
    assert guess(name, "alice-has-a-password").status_code in {200, 429}


def test_the_sign_in_does_not_tell_who_has_an_account(alice: User, bob: User):
    bob.is_active = False
    bob.save()
    known, unknown = guess("alice"), guess("nobody-here")
    assert (known.status_code, unknown.status_code) == (200, 200)
    assert "Please enter a correct username and password" in known.text
    assert FLEETING.sub("", known.text) == FLEETING.sub("", unknown.text)
    disabled = guess("bob", "bob-has-a-password")
    assert FLEETING.sub("", known.text) == FLEETING.sub("", disabled.text).replace(
        "bob", "alice"
    ) or ("Please enter a correct username and password" in disabled.text)


def test_an_unknown_name_costs_as_much_work_as_a_known_one(
    alice: User, monkeypatch: pytest.MonkeyPatch
):
    hashed: list[str] = []
    monkeypatch.setattr(User, "set_password", lambda self, raw: hashed.append(raw))
    guess("nobody-here", "a-guess")
    assert hashed == ["a-guess"]


def test_a_session_is_another_one_after_the_sign_in(alice: User):
    client = Client()
    session = client.session
    session["planted"] = "by somebody"
    session.save()
    planted = str(session.session_key)
    client.cookies["sessionid"] = planted
    client.post(LOGIN, {"username": "alice", "password": "alice-has-a-password"})
    assert client.session.session_key != planted
    thief = Client()
    thief.cookies["sessionid"] = planted
    assert thief.get("/preferences/").status_code == 302


def test_signing_out_ends_the_session_for_whoever_kept_its_cookie(console: Console):
    client = console.browser("alice")
    kept = client.cookies["sessionid"].value
    client.post("/accounts/logout/")
    thief = Client()
    thief.cookies["sessionid"] = kept
    assert thief.get("/preferences/").status_code == 302


def test_thirty_writes_a_minute_and_no_more_of_a_person_and_key(console: Console):
    with time_machine.travel(timezone.now() + LATER, tick=False):
        client = console.browser("alice")
        codes = [
            client.post("/batches/kitten-07/prioritize/", console.fields("alice", priority="20"))
            for _ in range(31)
        ]
    assert [answer.status_code for answer in codes[:30]] == [302] * 30
    refused = codes[30]
    assert (refused.status_code, refused["Retry-After"]) == (429, "60")
    assert "Nothing was sent now" in refused.text
    assert Operation.objects.count() == 31  # the one of the console among them


def test_the_limit_of_one_person_is_nobody_elses(console: Console):
    with time_machine.travel(timezone.now() + LATER, tick=False):
        for _ in range(31):
            last = console.browser("alice").post(
                "/batches/kitten-07/prioritize/", console.fields("alice", priority="20")
            )
        data = console.fields("bob", priority="20")
        other = console.browser("bob").post("/batches/kitten-07/prioritize/", data)
    assert (last.status_code, other.status_code) == (429, 302)


@pytest.mark.parametrize("weak", ["short", "password1234", "alice-alice-1", "1q2w3e4r5t6y"])
def test_a_weak_new_password_is_refused(weak: str, console: Console):
    alice = console.people["alice"]
    alice.username = "alice-alice"
    alice.save()
    client = console.browser("alice")
    data = {"old_password": "alice-has-a-password", "new_password1": weak, "new_password2": weak}
    client.post("/accounts/password_change/", data)
    alice.refresh_from_db()
    assert alice.check_password("alice-has-a-password")


def test_a_new_password_needs_the_old_one(console: Console):
    new = "a-long-new-password of 64 characters and more, with blanks and é ü 漢"
    data = {"old_password": "wrong", "new_password1": new, "new_password2": new}
    client = console.browser("alice")
    assert client.post("/accounts/password_change/", data).status_code == 200
    answer = client.post(
        "/accounts/password_change/", data | {"old_password": "alice-has-a-password"}
    )
    assert answer.status_code == 302
    assert guess("alice", new).status_code == 302

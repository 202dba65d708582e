"""How long one stays signed in, and what somebody who is not is told."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.cache import caches
from django.test import Client

pytestmark = pytest.mark.django_db
PAGE = "/accounts/password_change/"
MORNING = "2026-03-02T08:00:00Z"


def sign_in(client: Client, user: User) -> None:
    word = f"{user.username}-has-a-password"
    answer = client.post("/accounts/login/", {"username": user.username, "password": word})
    assert answer.status_code == 302


def is_signed_in(client: Client, **headers: str) -> bool:
    return client.get(PAGE, headers=headers).status_code == 200


@pytest.fixture
def clock() -> Any:
    with time_machine.travel(MORNING, tick=False) as traveller:
        yield traveller


def hours(clock: Any, count: float) -> None:
    clock.shift(count * 3600)


def test_a_session_ends_ten_hours_after_the_last_activity(client: Client, alice: User, clock: Any):
    sign_in(client, alice)
    hours(clock, 9.9)
    assert is_signed_in(client)
    hours(clock, 9.9)
    assert is_signed_in(client)
    hours(clock, 10)
    assert not is_signed_in(client)


def test_a_session_ends_a_day_after_the_sign_in(client: Client, alice: User, clock: Any):
    sign_in(client, alice)
    for _ in range(4):
        hours(clock, 5.9)
        assert is_signed_in(client)
    hours(clock, 0.5)
    assert not is_signed_in(client)


def test_signing_in_again_begins_a_new_day(client: Client, alice: User, clock: Any):
    sign_in(client, alice)
    for _ in range(2):
        hours(clock, 9.5)
        assert is_signed_in(client)
    client.post("/accounts/logout/")
    sign_in(client, alice)
    hours(clock, 9.5)
    assert is_signed_in(client)


@pytest.mark.parametrize(("ahead", "goes_on"), [(30, True), (3600, False), (400 * 86400, False)])
def test_a_session_of_the_future_is_over(
    client: Client, alice: User, clock: Any, ahead: int, goes_on: bool
):
    sign_in(client, alice)
    clock.shift(-ahead)
    assert is_signed_in(client) is goes_on


def test_polls_do_not_keep_a_session_alive(client: Client, alice: User, clock: Any):
    sign_in(client, alice)
    for _ in range(9):
        hours(clock, 1)
        assert is_signed_in(client, **{"X-Poll": "1"})
    hours(clock, 1.1)
    assert not is_signed_in(client)


def test_activity_is_written_at_most_once_a_minute(client: Client, alice: User, clock: Any):
    sign_in(client, alice)
    began = client.session["began"]
    clock.shift(30)
    client.get(PAGE)
    assert client.session["active"] == began
    clock.shift(31)
    client.get(PAGE)
    assert client.session["active"] == began + 61


def test_a_session_that_knows_no_beginning_gets_one(client: Client, alice: User, clock: Any):
    client.force_login(alice)
    session = client.session
    del session["began"], session["active"]
    session.save()
    assert is_signed_in(client)
    assert client.session["began"] == client.session["active"]


def test_a_page_sends_a_stranger_to_the_sign_in_and_back(client: Client):
    answer = client.get(f"{PAGE}?a=b")
    assert answer.status_code == 302
    assert answer["Location"] == "/accounts/login/?next=/accounts/password_change/%3Fa%3Db"


def test_a_form_sent_too_late_is_found_again_filled_but_for_secrets(client: Client):
    typed = {
        "project": "cats & dogs",
        "name": "kitten-08",
        "form_id": "x",
        "api_key": "live_s3cret",
    }

    answer = client.post("/batches/new/?key=live-12345678&project=mice", typed)

    (back,) = parse_qs(urlsplit(answer["Location"]).query)["next"]
    assert back == "/batches/new/?key=live-12345678&project=cats+%26+dogs&name=kitten-08"


def test_no_password_goes_into_an_address(client: Client):
    typed = {"old_password": "s3cret", "new_password1": "s3cret", "new_password2": "s3cret"}

    assert client.post(PAGE, typed)["Location"] == f"/accounts/login/?next={PAGE}"


def test_a_form_too_long_for_an_address_leads_back_to_it_empty(client: Client):
    answer = client.post("/batches/new/?key=live-12345678", {"callback": "x" * 4000})

    assert answer["Location"] == "/accounts/login/?next=/batches/new/%3Fkey%3Dlive-12345678"


def test_a_button_pressed_too_late_leads_back_to_the_page_it_stands_on(client: Client):
    pressed = "/preferences/zone/"
    headers = {"Referer": "https://evil.example/keys/?key=live-1"}

    back = client.post(pressed, headers=headers)["Location"]

    assert back == "/accounts/login/?next=/keys/%3Fkey%3Dlive-1"
    assert client.post(pressed)["Location"] == "/accounts/login/?next=/"


def test_a_poll_is_told_and_not_led_away(client: Client):
    answer = client.get(PAGE, headers={"HX-Request": "true", "X-Poll": "1"})
    assert (answer.status_code, answer["HX-Trigger"]) == (204, "signed-out")
    assert "HX-Redirect" not in answer


@pytest.mark.parametrize(
    ("page", "back"),
    [
        ("https://console.example/batches/?status=staging", "%2Fbatches%2F%3Fstatus%3Dstaging"),
        ("https://evil.example//evil.example/x", "%2Fevil.example%2Fx"),
        ("https://evil.example/\\evil.example", "%2Fevil.example"),
        ("javascript:alert(1)", "%2Falert%281%29"),
        ("http://[broken", "%2F"),
        ("", "%2F"),
    ],
)
def test_an_action_leads_to_the_sign_in_and_back_to_its_page(client: Client, page: str, back: str):
    headers = {"HX-Request": "true", "HX-Current-URL": page}
    answer = client.post(PAGE, headers=headers)
    assert answer.status_code == 204
    assert answer["HX-Redirect"] == f"/accounts/login/?next={back}"


def test_signed_in_pages_are_kept_by_no_cache(client: Client, alice: User):
    client.force_login(alice)
    assert "no-store" in client.get(PAGE)["Cache-Control"]
    assert "no-store" in client.get(PAGE, headers={"X-Poll": "1"})["Cache-Control"]
    assert "no-store" in client.get("/no-such-page")["Cache-Control"]


def test_a_disabled_account_is_signed_out(client: Client, alice: User):
    client.force_login(alice)
    User.objects.update(is_active=False)
    assert not is_signed_in(client)


@pytest.mark.parametrize(
    "cookie",
    [
        "a" * 31,
        "a" * 33,
        "a" * 300,
        "A" * 32,
        "é" * 32,
        "a" * 31 + "\t",
        "*" * 32,
    ],
    ids=["short", "long", "very long", "upper", "not-ascii", "control", "glob"],
)
def test_a_cookie_of_another_shape_than_a_session_asks_neither_cache_nor_database(
    cookie: str, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
):
    def asked(*args: Any, **kwargs: Any) -> None:
        raise AssertionError(args)

    monkeypatch.setattr(caches["sessions"], "get", asked)
    client = Client(headers={"Cookie": f"sessionid={cookie}"})
    with django_assert_num_queries(0):
        assert client.get(PAGE).status_code == 302
        assert client.get("/accounts/login/").status_code == 200

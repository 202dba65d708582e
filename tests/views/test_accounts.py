"""Signing in, which also takes the browser's zone, and signing out."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client

from batches.services.people.preferences import preferences_of, save_preferences, zone_of


def sign_in(user: User, zone: str) -> int:
    form = {"username": user.username, "password": f"{user.username}-has-a-password", "zone": zone}
    return Client().post("/accounts/login/", form).status_code


@pytest.mark.parametrize(
    ("told", "kept"), [("Asia/Tokyo", "Asia/Tokyo"), ("Moon/Sea", ""), ("", "")]
)
def test_the_first_page_after_signing_in_is_drawn_in_the_browsers_zone(
    alice: User, told: str, kept: str
) -> None:
    assert sign_in(alice, told) == 302
    assert preferences_of(User.objects.get(pk=alice.pk)).browser_zone == kept


def test_a_zone_that_was_chosen_stays(alice: User) -> None:
    save_preferences(user=alice, zone="Europe/Rome", theme="dark", page_size=25, shortcuts=True)

    assert sign_in(alice, "Asia/Tokyo") == 302
    assert zone_of(User.objects.get(pk=alice.pk)).key == "Europe/Rome"


ROUND = "/accounts/login/?next=%2Faccounts%2Flogin%2F"


@pytest.mark.parametrize(
    "address",
    [
        *("/accounts/login/", "/accounts/%6cogin/", "/accounts/login", ROUND, "/accounts/logout/"),
        *("/admin/login/?next=/admin/", "/admin/logout/", "http://testserver/accounts/login/"),
        *("/batches/live/?key=live-1", "/preferences/zone/"),
    ],
)
def test_a_sign_in_leads_to_nothing_that_cannot_be_opened(address: str, as_alice: Client) -> None:
    answer = as_alice.get("/accounts/login/", {"next": address})

    assert (answer.status_code, answer["Location"]) == (302, "/")


@pytest.mark.parametrize("address", ["/keys/?key=live-1", "/batches/new/", "/batches/a/", "/none"])
def test_a_sign_in_leads_back_to_any_page(address: str, as_alice: Client) -> None:
    assert as_alice.get("/accounts/login/", {"next": address})["Location"] == address


@pytest.mark.parametrize(
    ("method", "path", "allow", "words"),
    [
        ("POST", "/keys/", "GET, HEAD", "read-only"),
        ("GET", "/batches/live/", "POST", "only takes forms"),
        ("GET", "/accounts/logout/", "POST, OPTIONS", "only takes forms"),
        ("GET", "/admin/logout/", "POST, OPTIONS", "only takes forms"),
    ],
)
def test_an_address_that_takes_another_method_says_so_in_words(
    method: str, path: str, allow: str, words: str, ada: User, browse: Callable[[User], Client]
) -> None:
    answer = browse(ada).generic(method, path)

    assert (answer.status_code, answer["Allow"]) == (405, allow)
    assert words in answer.text
    assert "To the batches" in answer.text


def test_the_words_about_a_method_come_beside_the_page_for_htmx(as_alice: Client) -> None:
    answer = as_alice.post("/keys/", headers={"HX-Request": "true"})

    assert (answer.status_code, answer["HX-Retarget"]) == (405, "#messages")


def test_who_is_signed_out_already_signs_out_all_the_same(db: None) -> None:
    assert Client().post("/accounts/logout/")["Location"] == "/accounts/login/"
    assert "only takes forms" in Client().get("/accounts/logout/").text

"""Preferences: everyone who is signed in may say how they like the console."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django.asserts import assertContains, assertRedirects

from batches.models import NoticeSetting, Preferences

Browse = Callable[[User], Client]
CHOSEN = {"zone": "Asia/Tokyo", "theme": "dark", "page_size": "25", "shortcuts": "on"}


def save(client: Client, **typed: Any) -> Any:
    return client.post("/preferences/", CHOSEN | typed)


def test_an_account_without_a_role_may_have_preferences(charlie: User, browse: Browse) -> None:
    client = browse(charlie)

    assertRedirects(save(client), "/preferences/", fetch_redirect_response=False)

    page = client.get("/preferences/")
    assertContains(page, "Your preferences are saved.")
    assertContains(page, '<option value="Asia/Tokyo" selected>')
    assertContains(page, 'data-theme="dark"')
    assertContains(page, 'data-zone="Asia/Tokyo"')


def test_an_unticked_box_switches_shortcuts_off(as_alice: Client) -> None:
    as_alice.post("/preferences/", {k: v for k, v in CHOSEN.items() if k != "shortcuts"})

    assert not Preferences.objects.get().shortcuts


@pytest.mark.parametrize(
    "typed",
    [{"zone": "Mars/Olympus"}, {"theme": "pink"}, {"page_size": "1000"}, {"page_size": "٢٥"}],
)
def test_what_cannot_be_is_told_at_its_field(as_alice: Client, typed: dict[str, str]) -> None:
    (name,) = typed

    answer = save(as_alice, **typed)

    assertContains(answer, f'id="id_{name}_error"', status_code=422)
    assert not Preferences.objects.exists()


def test_nobody_chooses_for_another(alice: User, bob: User, as_alice: Client) -> None:
    save(as_alice, user=str(bob.pk), id="1")

    assert Preferences.objects.get().user == alice


def test_the_browser_tells_its_zone_until_one_is_chosen(as_alice: Client) -> None:

    for zone in ("Europe/Berlin", "America/Lima"):
        assert as_alice.post("/preferences/zone/", {"zone": zone}).status_code == 204
        page = as_alice.get("/preferences/")
        assertContains(page, f'data-zone="{zone}"')
        assertContains(page, 'data-zone-url="/preferences/zone/"')
        assertContains(page, f"Follow the browser (now {zone})")

    save(as_alice)
    page = as_alice.get("/preferences/")
    assertContains(page, 'data-zone="Asia/Tokyo"')
    assertContains(page, "Follow the browser (now America/Lima)")
    assert b"data-zone-url" not in page.content


def test_a_zone_that_does_not_exist_is_refused_in_words(as_alice: Client) -> None:
    answer = as_alice.post("/preferences/zone/", {"zone": "<b>Mars"})

    assertContains(answer, "Unknown time zone.", status_code=422)


def test_the_zone_is_told_by_post_only(as_alice: Client) -> None:
    assert as_alice.get("/preferences/zone/").status_code == 405


def test_quiet_hours_and_the_digest_have_a_form_of_their_own(as_alice: Client, alice: User):
    times = {"quiet_from": "22:00", "quiet_until": "07:00", "digest_at": "07:30"}
    saved = as_alice.post("/preferences/notices/", times)
    assert saved["Location"] == "/preferences/"
    page = as_alice.get("/preferences/").content.decode()
    for name, value in times.items():
        assert re.search(rf'name="{name}" value="{value}"', page)
    as_alice.post("/preferences/notices/", {})
    found = NoticeSetting.objects.get(user=alice)
    assert (found.quiet_from, found.quiet_until, found.digest_at) == (None, None, None)


@pytest.mark.parametrize(
    ("times", "words"),
    [
        ({"quiet_from": "22:00"}, "Give both times, or none."),
        ({"quiet_from": "22:00", "quiet_until": "22:00"}, "end at another time"),
        ({"quiet_from": "25:00", "quiet_until": "07:00"}, "Enter a valid time."),
        ({"digest_at": "noon"}, "Enter a valid time."),
    ],
)
def test_times_that_cannot_be_are_refused_at_their_field(
    as_alice: Client, times: dict[str, str], words: str
):
    answer = as_alice.post("/preferences/notices/", times)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not NoticeSetting.objects.exists()

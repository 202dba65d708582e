"""Preferences have defaults, and a zone once chosen stays."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.forms.models import model_to_dict
from pytest_django import Settings

from batches.backends import AccountBackend
from batches.models import Preferences
from batches.services.people.preferences import (
    preferences_of,
    save_preferences,
    set_browser_zone,
    zone_names,
    zone_of,
)


def test_who_chose_nothing_has_the_defaults_and_no_row(alice: User) -> None:
    found = preferences_of(alice)

    assert (found.theme, found.page_size, found.shortcuts, found.zone) == ("system", 50, True, "")
    assert not Preferences.objects.exists()


def test_nobody_reads_in_the_zone_of_the_settings(settings: Settings) -> None:
    settings.TIME_ZONE = "Europe/Paris"

    assert preferences_of(AnonymousUser()).theme == "system"
    assert zone_of(AnonymousUser()) == ZoneInfo("Europe/Paris")


def test_a_zone_that_is_no_longer_known_falls_back(alice: User) -> None:
    Preferences.objects.create(user=alice, zone="Mars/Olympus")

    assert zone_of(alice).key == "UTC"


def test_what_was_chosen_is_kept_and_changed(alice: User) -> None:
    for size in (25, 100):
        save_preferences(
            user=alice, zone="Asia/Tokyo", theme="dark", page_size=size, shortcuts=False
        )

    found = preferences_of(User.objects.get(id=alice.pk))
    assert (found.page_size, found.theme, found.shortcuts) == (100, "dark", False)
    assert zone_of(User.objects.get(id=alice.pk)) == ZoneInfo("Asia/Tokyo")


def test_they_come_with_the_account(alice: User, bob: User, django_assert_num_queries: Any) -> None:
    kept = save_preferences(
        user=alice, zone="Asia/Tokyo", theme="dark", page_size=25, shortcuts=False
    )
    with django_assert_num_queries(2):
        people = [AccountBackend().get_user(user.pk) for user in (alice, bob)]
        found = [model_to_dict(preferences_of(user)) for user in people if user]

    assert found[0] == model_to_dict(kept)
    assert found[1] == model_to_dict(Preferences(user=bob))


def test_the_zone_follows_the_browser_until_one_is_chosen(alice: User) -> None:
    for zone in ("Europe/Berlin", "America/Lima"):
        set_browser_zone(user=alice, zone=zone)
        assert zone_of(User.objects.get(id=alice.pk)).key == zone

    save_preferences(user=alice, zone="Asia/Tokyo", theme="dark", page_size=25, shortcuts=False)
    set_browser_zone(user=alice, zone="Europe/Berlin")
    assert zone_of(User.objects.get(id=alice.pk)).key == "Asia/Tokyo"

    save_preferences(user=alice, zone="", theme="dark", page_size=25, shortcuts=False)
    assert zone_of(User.objects.get(id=alice.pk)).key == "Europe/Berlin"


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../etc/passwd", "localtime"])
def test_a_zone_that_does_not_exist_is_refused(alice: User, zone: str) -> None:
    with pytest.raises(ValueError, match="Unknown time zone"):
        set_browser_zone(user=alice, zone=zone)


def test_utc_leads_the_zones_and_every_one_can_be_loaded() -> None:
    assert zone_names()[0] == "UTC"
    assert all(ZoneInfo(name) for name in zone_names())

"""Signing in, which also takes the browser's zone."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from batches.services.preferences import preferences_of, save_preferences


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
    assert preferences_of(User.objects.get(pk=alice.pk)).zone == kept


def test_a_zone_that_was_chosen_stays(alice: User) -> None:
    save_preferences(user=alice, zone="Europe/Rome", theme="dark", page_size=25, shortcuts=True)

    assert sign_in(alice, "Asia/Tokyo") == 302
    assert preferences_of(User.objects.get(pk=alice.pk)).zone == "Europe/Rome"

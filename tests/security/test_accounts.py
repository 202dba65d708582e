"""Signing in: throttled by person and address, ended at once where an account is."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from axes.models import AccessAttempt
from django.apps import apps
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from batches.models import ApiKey
from tests.security.leaks import bytes_of_database
from tests.support.sign_in import fail, sign_in
from tests.support.vendor import KeyMaker

Browse = Callable[[User], Client]
pytestmark = pytest.mark.django_db


def test_four_failures_lock_nobody_out(alice: User) -> None:
    fail(4)

    assertRedirects(sign_in("alice", "alice-has-a-password"), "/", fetch_redirect_response=False)


def test_five_failures_lock_a_person_out_at_one_address(alice: User) -> None:
    fail(5)

    locked = sign_in("alice", "alice-has-a-password")
    assertContains(locked, "Too many failed sign-ins", status_code=429)
    assert locked["Retry-After"] == "900"


def test_who_is_locked_out_is_not_from_another_address_nor_is_another_person(
    alice: User, bob: User
) -> None:
    fail(5)

    assert sign_in("alice", "alice-has-a-password", "10.0.0.2").status_code == 302
    assert sign_in("bob", "bob-has-a-password").status_code == 302


def test_an_unknown_name_is_locked_out_just_the_same(db: None) -> None:
    fail(5, "nobody-knows")

    assertContains(sign_in("nobody-knows"), "Too many failed sign-ins", status_code=429)


@pytest.mark.parametrize("page", ["/accounts/password_change/", "/admin/password_change/"])
def test_guessing_the_old_password_locks_out_too(page: str, ada: User, browse: Browse) -> None:
    client = browse(ada)
    new = {"new_password1": "a-new-one-of-some-length", "new_password2": "a-new-one-of-some-length"}
    for _ in range(5):
        told = client.post("/accounts/password_change/", {"old_password": "wrong"} | new)
    assert told.status_code == 429

    right = client.post(page, {"old_password": "ada-has-a-password"} | new)

    assert right.status_code in {302, 429}
    ada.refresh_from_db()
    assert ada.check_password("ada-has-a-password")


@pytest.mark.django_db(transaction=True)
def test_no_password_that_was_typed_is_kept_of_a_failure(alice: User, as_alice: Client) -> None:
    planted = {place: f"planted-{place}-47Qx" for place in ("old", "new", "login", "address")}
    new = {"new_password1": planted["new"], "new_password2": planted["new"]}
    page = f"/accounts/password_change/?old_password={planted['address']}"
    as_alice.post(page, {"old_password": planted["old"]} | new)
    sign_in("alice", planted["login"])

    kept = bytes_of_database()

    assert AccessAttempt.objects.count() == 3  # two addresses, and the account
    assert b"alice" in kept
    assert not [word for word in planted.values() if word.encode() in kept]


def test_the_old_password_is_asked_of_who_is_signed_in(alice: User, browse: Browse) -> None:
    new = {"new_password1": "a-new-one-of-some-length", "new_password2": "a-new-one-of-some-length"}
    wrong = browse(alice).post("/accounts/password_change/", {"old_password": "wrong"} | new)
    assertContains(wrong, "Your old password was entered incorrectly.")
    right = browse(alice).post(
        "/accounts/password_change/", {"old_password": "alice-has-a-password"} | new
    )
    assert right.status_code == 302
    alice.refresh_from_db()
    assert alice.check_password("a-new-one-of-some-length")


def test_a_lockout_ends_after_a_quarter_of_an_hour(alice: User) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        fail(5)
        clock.shift(timedelta(minutes=15, seconds=1))

        assert sign_in("alice", "alice-has-a-password").status_code == 302


def test_a_disabled_account_is_out_with_its_next_request(alice: User, as_alice: Client) -> None:
    assert as_alice.get("/keys/").status_code == 200

    User.objects.filter(id=alice.pk).update(is_active=False)

    assertRedirects(as_alice.get("/keys/"), "/accounts/login/?next=/keys/")
    assert sign_in("alice", "alice-has-a-password").status_code == 200


def change_account(ada: User, browse: Browse, user: User, **changes: str) -> None:
    """As the admin's form does; `None` leaves a box unticked."""
    form = {
        "username": user.username,
        "is_active": "on",
        "groups": [group.pk for group in user.groups.all()],
    }
    data = {name: value for name, value in (form | changes).items() if value}
    answer = browse(ada).post(f"/admin/auth/user/{user.pk}/change/", data)
    assert answer.status_code == 302


@pytest.mark.parametrize(
    "changes", [{"is_active": ""}, {"groups": ""}, {"is_superuser": "on"}, {"username": "alicia"}]
)
def test_a_changed_account_has_to_sign_in_again(
    changes: dict[str, str],
    ada: User,
    alice: User,
    bob: User,
    browse: Browse,
    django_capture_on_commit_callbacks: Any,
) -> None:
    hers, his = browse(alice), browse(bob)
    with django_capture_on_commit_callbacks(execute=True):
        change_account(ada, browse, alice, **changes)
    with django_capture_on_commit_callbacks(execute=True):
        change_account(ada, browse, alice)  # as it was

    assertRedirects(hers.get("/keys/"), "/accounts/login/?next=/keys/")
    assert his.get("/keys/").status_code == 200


def test_a_new_mail_address_signs_nobody_out(
    ada: User, alice: User, browse: Browse, django_capture_on_commit_callbacks: Any
) -> None:
    client = browse(alice)
    with django_capture_on_commit_callbacks(execute=True):
        change_account(ada, browse, alice, email="alice@example.com")

    assert client.get("/keys/").status_code == 200


def test_a_role_taken_away_counts_with_the_next_request(alice: User, as_alice: Client) -> None:
    alice.groups.clear()

    assert as_alice.get("/keys/").status_code == 403


def test_a_changed_password_ends_the_other_sessions(alice: User, browse: Browse) -> None:
    here, elsewhere = browse(alice), browse(alice)
    new = "an entirely new one"

    here.post(
        "/accounts/password_change/",
        {"old_password": "alice-has-a-password", "new_password1": new, "new_password2": new},
    )

    assert here.get("/keys/").status_code == 200
    assert elsewhere.get("/keys/").status_code == 302


def test_an_admin_gives_a_role_and_cannot_rename_it(
    ada: User, charlie: User, browse: Browse
) -> None:
    client, viewers = browse(ada), Group.objects.get(name="Viewers")
    assertContains(client.get(f"/admin/auth/user/{charlie.pk}/change/"), "Viewers")

    client.post(f"/admin/auth/group/{viewers.pk}/change/", {"name": "Renamed"})

    assert Group.objects.filter(name="Viewers").exists()
    assert client.get("/admin/auth/group/add/").status_code == 403
    assert client.get(f"/admin/auth/group/{viewers.pk}/delete/").status_code == 403


def test_the_admin_knows_accounts_and_groups_only(
    ada: User, browse: Browse, alice: User, key_for: KeyMaker
) -> None:
    key_for(alice)

    page = browse(ada).get("/admin/")

    assertContains(page, "Users")
    for word in ("Api key", "API key", "Operation", "Access attempt", "Fingerprint"):
        assertNotContains(page, word)


def test_staff_without_the_admin_role_may_not_change_accounts(
    bob: User, alice: User, browse: Browse
) -> None:
    User.objects.filter(id=bob.pk).update(is_staff=True)

    client = browse(bob)

    assert client.get("/admin/auth/user/").status_code == 403
    assert client.post(f"/admin/auth/user/{bob.pk}/change/").status_code == 403
    assert client.get("/admin/auth/user/add/").status_code == 403


def test_no_account_is_deleted_by_the_admin(
    ada: User, alice: User, browse: Browse, key_for: KeyMaker
) -> None:
    key_for(alice)
    client, chosen = browse(ada), {"_selected_action": [alice.pk], "post": "yes"}

    assertNotContains(client.get("/admin/auth/user/"), "delete_selected")
    assertNotContains(client.get(f"/admin/auth/user/{alice.pk}/change/"), "/delete/")
    client.post("/admin/auth/user/", chosen | {"action": "delete_selected"})
    answer = client.post(f"/admin/auth/user/{alice.pk}/delete/", {"post": "yes"})

    assert answer.status_code == 403
    assert User.objects.filter(id=alice.pk).exists()
    assert ApiKey.objects.exists()


def test_saving_an_account_leaves_its_dates_as_they_are(
    ada: User, alice: User, browse: Browse
) -> None:
    moment = timezone.now().replace(microsecond=123_456)
    User.objects.filter(id=alice.pk).update(last_login=moment, date_joined=moment)

    change_account(ada, browse, alice, email="alice@example.com")

    alice.refresh_from_db()
    assert alice.email == "alice@example.com"
    assert (alice.last_login, alice.date_joined) == (moment, moment)


def test_the_admin_has_no_misspelt_plural() -> None:
    plurals = {str(model._meta.verbose_name_plural) for model in apps.get_models()}

    assert [plural for plural in plurals if plural.endswith("ss")] == []


def test_the_admin_writes_times_as_the_console_does(ada: User, browse: Browse) -> None:
    moment = timezone.now().replace(hour=21, minute=5)
    User.objects.filter(id=ada.pk).update(last_login=moment)
    client = browse(ada)
    User.objects.filter(id=ada.pk).update(last_login=moment)

    page = client.get("/admin/auth/user/").text

    assert moment.strftime("%b %Y, 21:05") in page
    assert "p.m." not in page

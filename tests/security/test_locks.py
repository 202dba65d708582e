"""How a lock-out ends: what its page says, a new password, and the admin's list of accounts."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
import time_machine
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.asserts import assertContains, assertNotContains

from batches.services.people.locks import ACCOUNT_LIMIT
from tests.support.pages import text_of
from tests.support.sign_in import fail, guess_from_many_addresses, sign_in

Browse = Callable[[User], Client]
pytestmark = pytest.mark.django_db
MORNING = "2026-03-02T08:00:00Z"
NEW = "a-new-one-of-some-length"
LIST = "/admin/auth/user/"


def by_the_admin(ada: User, alice: User) -> None:
    client = Client()
    client.force_login(ada)
    form = {"password1": NEW, "password2": NEW, "usable_password": "true"}
    answer = client.post(f"{LIST}{alice.pk}/password/", form)
    assert answer.status_code == 302


def by_command(ada: User, alice: User) -> None:
    with patch("getpass.getpass", return_value=NEW):
        call_command("changepassword", "alice")


def by_oneself(ada: User, alice: User) -> None:
    client = Client()
    client.force_login(alice)
    form = {"old_password": "alice-has-a-password", "new_password1": NEW, "new_password2": NEW}
    assert client.post("/accounts/password_change/", form).status_code == 302


@pytest.mark.parametrize("change", [by_the_admin, by_command])
@pytest.mark.parametrize("lock", [lambda: fail(5), lambda: guess_from_many_addresses(50)])
def test_a_new_password_lifts_the_lock_of_its_account_alone(
    change: Callable[[User, User], None], lock: Callable[[], None], ada: User, alice: User
):
    lock()
    fail(5, "bob")

    change(ada, alice)

    assert sign_in("alice", NEW).status_code == 302
    assert sign_in("bob", "bob-has-a-password").status_code == 429


def test_a_new_password_of_ones_own_lifts_it_too(ada: User, alice: User):
    for _ in range(5):
        sign_in("alice", address="10.0.0.9")

    by_oneself(ada, alice)

    assert sign_in("alice", NEW, "10.0.0.9").status_code == 302


def test_a_hash_that_is_renewed_lifts_nothing(alice: User, settings: Any):
    old = "django.contrib.auth.hashers.PBKDF2SHA1PasswordHasher"
    settings.PASSWORD_HASHERS = [*settings.PASSWORD_HASHERS, old]
    fail(5)
    alice.password = make_password("alice-has-a-password", hasher="pbkdf2_sha1")
    alice.save()

    assert sign_in("alice", "alice-has-a-password", "10.0.0.2").status_code == 302
    assert sign_in("alice", "alice-has-a-password").status_code == 429


@pytest.mark.parametrize(("passed", "left"), [(0, 15), (6, 9), (14, 1)])
def test_the_page_says_how_long_the_lock_still_lasts(passed: int, left: int, alice: User):
    with time_machine.travel(MORNING, tick=False) as clock:
        fail(5)
        clock.shift(timedelta(minutes=passed))
        page = sign_in("alice", "alice-has-a-password")

    assertContains(page, f"Wait {left} minute", status_code=429)
    assert page["Retry-After"] == str(left * 60)


def test_the_longer_of_two_locks_is_told(alice: User):
    with time_machine.travel(MORNING, tick=False):
        guess_from_many_addresses(ACCOUNT_LIMIT - 5)
        fail(5)
        page = sign_in("alice", "alice-has-a-password")

    assertContains(page, "Wait 60 minutes", status_code=429)


def test_the_page_says_what_helps_and_to_everybody_the_same(alice: User):
    pages = []
    for name in ("alice", "nobody-knows"):
        fail(5, name)
        pages.append(text_of(sign_in(name)))

    assert pages[0] == pages[1]
    assert "Further tries do not make the wait longer." in pages[0]
    assert "“Unlock” in the list of accounts, or by setting a new password" in pages[0]


def test_who_is_signed_in_is_not_sent_to_sign_in(as_alice: Client):
    form = {"old_password": "wrong", "new_password1": NEW, "new_password2": NEW}
    for _ in range(5):
        page = as_alice.post("/accounts/password_change/", form)

    assertContains(page, "To the batches", status_code=429)
    assertNotContains(page, "Back to sign in", status_code=429)


def test_the_list_of_accounts_shows_role_and_lock(
    ada: User, alice: User, vera: User, charlie: User, browse: Browse
):
    with time_machine.travel(MORNING, tick=False):
        fail(5)
        guess_from_many_addresses(ACCOUNT_LIMIT, "vera")
        words = text_of(browse(ada).get(LIST))

    assert "alice - Operator until 08:15 UTC from 10.0.0.1" in words
    assert "vera - Viewer until 09:00 UTC everywhere" in words
    assert "charlie - None No" in words
    assert "ada - Administrator No" in words


def test_the_list_reads_all_locks_and_roles_at_once(ada: User, browse: Browse):
    client, costs = browse(ada), []
    for names in (["a", "b"], ["c", "d", "e", "f"]):
        for name in names:
            account = User.objects.create_user(name)
            account.groups.set(Group.objects.filter(name="Viewers"))
            fail(5, name)
        client.get(LIST)
        with CaptureQueriesContext(connection) as asked:
            client.get(LIST)
        costs.append(len(asked))

    assert costs[0] == costs[1]


def test_an_admin_unlocks_chosen_accounts(ada: User, alice: User, bob: User, browse: Browse):
    fail(5)
    fail(5, "bob")

    chosen: dict[str, Any] = {"action": "lift_locks", "_selected_action": [alice.pk]}
    page = browse(ada).post(LIST, chosen, follow=True)

    assertContains(page, "They may sign in again.")
    assert sign_in("alice", "alice-has-a-password").status_code == 302
    assert sign_in("bob", "bob-has-a-password").status_code == 429
    history = browse(ada).get(f"{LIST}{alice.pk}/history/")
    assertContains(history, "Unlocked signing in.")


def test_an_accounts_own_page_tells_its_lock(ada: User, alice: User, browse: Browse):
    with time_machine.travel(MORNING, tick=False):
        fail(5)
        assertContains(
            browse(ada).get(f"{LIST}{alice.pk}/change/"), "until 08:15 UTC from 10.0.0.1"
        )

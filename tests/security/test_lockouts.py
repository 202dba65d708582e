"""What a failed sign-in leaves behind, by which address it counts, and the account's own limit."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.asserts import assertContains

from batches.services.people.locks import ACCOUNT_LIMIT, digest_of, network
from batches.tasks import schedule
from tests.security.leaks import bytes_of_database
from tests.support.sign_in import fail, guess_from_many_addresses, sign_in

pytestmark = pytest.mark.django_db
RIGHT = "alice-has-a-password"
TOO_MANY = "Too many failed sign-ins"


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2::", "2001:db8:1:2::"),
        ("2001:DB8:1:3::1", "2001:db8:1:3::"),
        ("fe80::1%eth0", "fe80::"),
        ("::1", "::"),
        ("", None),
        ("unix:", None),
    ],
)
def test_an_address_of_ipv6_counts_as_its_network(address: str, counted: str | None):
    assert network(address) == counted


def test_all_addresses_of_one_machine_have_five_tries_together(alice: User):
    for host in range(5):
        sign_in("alice", address=f"2001:db8:1:2::{host}")

    assertContains(sign_in("alice", RIGHT, "2001:db8:1:2:9::1"), TOO_MANY, status_code=429)
    assert sign_in("alice", RIGHT, "2001:db8:1:3::1").status_code == 302


def test_a_guess_of_who_is_locked_out_writes_nothing_and_costs_what_the_first_did(alice: User):
    fail(5)
    before = list(AccessAttempt.objects.order_by("id").values())
    costs = set()
    for _ in range(20):
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert sign_in("alice", "x" * 4_000).status_code == 429
        costs.add(len(asked))

    assert list(AccessAttempt.objects.order_by("id").values()) == before
    assert len(costs) == 1


def test_no_sender_makes_a_row_of_failures_grow_or_makes_many(alice: User):
    for number in range(4):
        Client(REMOTE_ADDR="10.0.0.1").post(
            f"/accounts/login/?word={'y' * 900}",
            {"username": "alice", "password": "wrong", f"field{number}": "z" * 2_000},
            headers={"User-Agent": f"agent {number}", "Accept": "text/" + "a" * 900},
        )

    rows = AccessAttempt.objects.all()
    assert sorted(row.failures_since_start for row in rows) == [4, 4]
    for row in rows:
        assert len(f"{row.get_data}{row.post_data}{row.http_accept}{row.user_agent}") < 10


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", ["hunter2-typed-as-name", "Ünï-geheim-47", "a" * 400])
def test_what_was_typed_as_a_name_is_not_kept(name: str, caplog: pytest.LogCaptureFixture):
    caplog.set_level("DEBUG")
    for _ in range(6):
        told = sign_in(name)

    assert told.status_code == 429
    assert name.encode() not in bytes_of_database()
    assert name not in caplog.text
    dump = StringIO()
    call_command("dumpdata", "axes", stdout=dump)
    assert name not in dump.getvalue()


def test_a_digest_is_known_with_the_secret_only(settings: Any):
    before = digest_of("alice")
    settings.SECRET_KEY = "another-" * 8
    assert digest_of("alice") != before
    assert digest_of("ａlice") == digest_of("alice")  # as the form reads it
    assert digest_of("Alice") != digest_of("alice")


@pytest.mark.parametrize(
    "command",
    [
        ("axes_reset_username", "alice"),
        ("axes_reset_ip", "2001:db8::9"),
        ("axes_reset_ip_username", "2001:db8::9", "alice"),
        ("axes_reset",),
    ],
)
def test_an_admin_lifts_a_lock_by_name_or_address(command: tuple[str, ...], alice: User):
    for _ in range(5):
        sign_in("alice", address="2001:db8::1")
    assert sign_in("alice", RIGHT, "2001:db8::2").status_code == 429

    call_command(*command, stdout=StringIO())

    assert sign_in("alice", RIGHT, "2001:db8::2").status_code == 302


@pytest.mark.parametrize("name", ["alice", "nobody-knows"])
def test_fifty_failures_in_an_hour_lock_an_account_whatever_the_address(name: str, alice: User):
    with time_machine.travel("2026-03-02T08:00:00Z", tick=False) as clock:
        guess_from_many_addresses(ACCOUNT_LIMIT - 1, name)
        assert sign_in(name, address="10.9.0.1").status_code == 200
        clock.shift(timedelta(minutes=20))

        locked = sign_in(name, RIGHT, "10.9.0.2")
        assertContains(locked, TOO_MANY, status_code=429)
        assertContains(locked, "Wait 40 minutes", status_code=429)
        assert locked["Retry-After"] == "2400"
        clock.shift(timedelta(minutes=40))

        assert sign_in("alice", RIGHT, "10.9.0.2").status_code == 302


def test_who_is_signed_in_stays_so_and_others_sign_in(alice: User, bob: User):
    client = Client()
    client.force_login(alice)
    guess_from_many_addresses(ACCOUNT_LIMIT)

    assert client.get("/keys/").status_code == 200
    assert sign_in("bob", "bob-has-a-password", "10.9.0.2").status_code == 302


def test_a_success_gives_nobody_else_new_tries(alice: User):
    guess_from_many_addresses(ACCOUNT_LIMIT - 1)
    assert sign_in("alice", RIGHT, "10.9.0.1").status_code == 302
    sign_in("alice", address="10.9.0.2")

    assert sign_in("alice", RIGHT, "10.9.0.3").status_code == 429


def test_an_admin_lifts_the_lock_of_an_account(alice: User):
    guess_from_many_addresses(ACCOUNT_LIMIT)
    call_command("axes_reset_username", "alice", stdout=StringIO())

    assert sign_in("alice", RIGHT, "10.9.0.3").status_code == 302


@pytest.mark.parametrize(("minutes", "left"), [(14, 2), (16, 1), (61, 0), (-14, 0)])
def test_old_failures_are_dropped_without_another_one(minutes: int, left: int, alice: User):
    with time_machine.travel("2026-03-02T08:00:00Z", tick=False) as clock:
        sign_in("alice")
        clock.shift(timedelta(minutes=minutes))

        schedule.forget_failures.call_local()

        assert AccessAttempt.objects.count() == left


def test_a_lock_of_the_future_is_over(alice: User):
    with time_machine.travel("2026-03-02T08:00:00Z", tick=False) as clock:
        guess_from_many_addresses(ACCOUNT_LIMIT)
        for _ in range(5):
            sign_in("bob")
        clock.shift(timedelta(hours=-1))

        assert sign_in("alice", RIGHT).status_code == 302
        assert sign_in("bob").status_code == 200

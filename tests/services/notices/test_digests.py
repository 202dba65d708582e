"""The daily digest: one mail at the chosen hour, about all that was told since the last."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core import mail
from django.utils import timezone
from pytest_django.fixtures import DjangoAssertNumQueries, Settings

from batches.models import (
    ApiKey,
    Delivery,
    DeliveryKind,
    DeliveryState,
    NoticeSetting,
    Preferences,
)
from batches.services.keys.types import KeyHandle
from batches.services.notices.digests import make_digests
from batches.services.notices.events import BELL
from batches.services.notices.sending import send
from tests.support.clock import NOON
from tests.support.notices import OF_KEY, complete, follow, work
from tests.support.vendor import KeyMaker

HALF_PAST_SEVEN = NOON.replace(day=24, hour=6, minute=30)  # in Berlin


@pytest.fixture(autouse=True)
def _wanted(alice: User, settings: Settings, clock: time_machine.Traveller) -> None:
    settings.CONSOLE_URL = "https://console.example.com"
    alice.email = "alice@example.com"
    alice.save()
    Preferences.objects.create(user=alice, zone="Europe/Berlin")
    NoticeSetting.objects.create(user=alice, digest_at="07:30")


def make_and_send() -> list[str]:
    """The bodies of the mails of one round."""
    before = len(mail.outbox)
    make_digests(now=timezone.now())
    work()
    return [str(one.body) for one in mail.outbox[before:]]


def test_at_its_hour_one_mail_names_all_that_was_told(
    alice: User, key: KeyHandle, clock: time_machine.Traveller
):
    follow(alice, key, BELL, thing=OF_KEY)
    for name in ("kitten-1", "kitten-2"):
        complete(key, name=name)
    assert make_and_send() == []
    clock.move_to(HALF_PAST_SEVEN)
    [body] = make_and_send()
    assert body.splitlines()[:2] == [
        "23 Nov 13:00 (Europe/Berlin)  kitten-1: Done: 172 tasks",
        f"https://console.example.com/batches/kitten-1/?key={key.ref}",
    ]
    assert "kitten-2: Done" in body
    assert mail.outbox[0].subject == "Refonte console: 2 events since the last digest"
    assert make_and_send() == []


def test_the_next_one_begins_where_the_last_ended(
    alice: User, key: KeyHandle, clock: time_machine.Traveller
):
    follow(alice, key, BELL, thing=OF_KEY)
    complete(key, name="first")
    work()
    clock.move_to(HALF_PAST_SEVEN)
    [first] = make_and_send()
    # too late for the first by the clock, as it may not be committed yet
    complete(key, name="second")
    work()
    clock.move_to(HALF_PAST_SEVEN + timedelta(days=1))
    [second] = make_and_send()
    assert "first" in first
    assert "first" not in second
    assert "second" in second


def test_where_nothing_was_told_there_is_none(
    alice: User, key: KeyHandle, clock: time_machine.Traveller
):
    clock.move_to(HALF_PAST_SEVEN)
    assert make_and_send() == []
    assert not Delivery.objects.exists()


def test_it_comes_in_quiet_hours_too_as_its_hour_was_chosen(
    alice: User, key: KeyHandle, clock: time_machine.Traveller
):
    NoticeSetting.objects.update(quiet_from="22:00", quiet_until="09:00")
    follow(alice, key, BELL, thing=OF_KEY)
    complete(key)
    work()
    clock.move_to(HALF_PAST_SEVEN)
    assert len(make_and_send()) == 1


def test_the_hour_that_comes_twice_brings_one(
    alice: User, key: KeyHandle, clock: time_machine.Traveller
):
    NoticeSetting.objects.update(digest_at="02:30")
    follow(alice, key, BELL, thing=OF_KEY)
    clock.move_to(NOON.replace(month=10, day=24, hour=20))
    complete(key)
    work()
    sent = []
    for minutes in range(0, 8 * 60, 10):
        clock.move_to(NOON.replace(month=10, day=24, hour=22) + timedelta(minutes=minutes))
        sent += make_and_send()
    assert len(sent) == 1


def test_what_may_no_longer_be_read_is_left_out(
    alice: User, bob: User, key: KeyHandle, key_for: KeyMaker, clock: time_machine.Traveller
):
    shared = key_for(bob, mode="test", is_shared=True)
    follow(alice, key, BELL, thing=OF_KEY)
    follow(alice, shared, BELL, thing=OF_KEY)
    complete(key, name="mine")
    complete(shared, name="theirs")
    work()
    ApiKey.objects.update(is_shared=False)
    clock.move_to(HALF_PAST_SEVEN)
    [body] = make_and_send()
    assert "mine" in body
    assert "theirs" not in body


def test_where_nothing_of_it_may_be_read_it_is_dropped(
    alice: User, bob: User, key_for: KeyMaker, clock: time_machine.Traveller
):
    shared = key_for(bob, is_shared=True)
    follow(alice, shared, BELL, thing=OF_KEY)
    complete(shared)
    work()
    ApiKey.objects.update(is_shared=False)
    clock.move_to(HALF_PAST_SEVEN)
    assert make_and_send() == []
    [digest] = Delivery.objects.filter(kind=DeliveryKind.DIGEST)
    assert (digest.state, digest.reason) == (DeliveryState.DROPPED, send.NOTHING)


def test_of_a_disabled_account_nothing_is_made(
    alice: User, key: KeyHandle, clock: time_machine.Traveller
):
    follow(alice, key, BELL, thing=OF_KEY)
    complete(key)
    work()
    User.objects.update(is_active=False)
    clock.move_to(HALF_PAST_SEVEN)
    assert make_and_send() == []


def test_where_nobody_has_one_it_costs_one_query(
    django_assert_num_queries: DjangoAssertNumQueries,
):
    NoticeSetting.objects.update(digest_at=None)
    with django_assert_num_queries(1):
        make_digests(now=timezone.now())

"""Sealed keys open for their own row and owner only, and a Secret is all that comes out."""

from dataclasses import replace
from io import StringIO
from uuid import uuid4

import pytest
from cryptography.fernet import Fernet
from django.contrib.auth.models import User
from django.core.management import call_command
from pytest_django import DjangoAssertNumQueries, Settings

from batches.models import ApiKey, FingerprintSecret
from batches.refonte import Secret
from batches.services.keys import fingerprints, vault
from tests.support.vendor import KeyMaker

API_KEY = "live_0123456789abcdef"


def test_a_sealed_key_opens_for_its_own_row(alice: User, key_for: KeyMaker) -> None:
    key = key_for(alice, api_key=API_KEY)

    assert vault.open_key(key=key).reveal() == API_KEY


def test_a_sealed_copy_does_not_open_in_another_row(
    alice: User, bob: User, key_for: KeyMaker
) -> None:
    alices, bobs = key_for(alice, api_key=API_KEY), key_for(bob, api_key="bobs-own-key")
    ApiKey.objects.filter(id=bobs.id).update(sealed=ApiKey.objects.get(id=alices.id).sealed)

    with pytest.raises(vault.KeyUnreadable, match="Enter this key again"):
        vault.open_key(key=bobs)


def test_a_row_given_to_another_owner_does_not_open(
    alice: User, bob: User, key_for: KeyMaker
) -> None:
    key = key_for(alice)
    ApiKey.objects.filter(id=key.id).update(owner=bob)

    with pytest.raises(vault.KeyUnreadable):
        vault.open_key(key=replace(key, owner_id=bob.pk))


@pytest.mark.parametrize("text", ["", "garbage", "gAAAAAnot-a-token", "ключ"])
def test_what_was_never_sealed_does_not_open(alice: User, key_for: KeyMaker, text: str) -> None:
    key = key_for(alice)
    ApiKey.objects.filter(id=key.id).update(sealed=text)

    with pytest.raises(vault.KeyUnreadable):
        vault.open_key(key=key)


@pytest.mark.parametrize(
    "plain",
    ["hello", "[]", "null", '"key"', "{}", "{%s}", '{%s, "content": null}', '{%s, "content": 1}'],
)
def test_what_another_program_sealed_does_not_open(
    alice: User, key_for: KeyMaker, settings: Settings, plain: str
) -> None:
    key = key_for(alice)
    of_this_row = f'"owner": "{alice.pk}", "row": "{key.id}"'
    sealed = Fernet(settings.API_KEY_ENCRYPTION_KEYS[0]).encrypt(
        plain.replace("%s", of_this_row).encode()
    )
    ApiKey.objects.filter(id=key.id).update(sealed=sealed.decode())

    with pytest.raises(vault.KeyUnreadable):
        vault.open_key(key=key)


def test_a_deleted_key_is_said_to_be_deleted(alice: User, key_for: KeyMaker) -> None:
    key = replace(key_for(alice), id=uuid4())

    with pytest.raises(vault.KeyUnreadable, match="deleted meanwhile"):
        vault.open_key(key=key)


def test_without_its_encryption_key_a_row_does_not_open_and_says_nothing_of_the_key(
    alice: User, key_for: KeyMaker, settings: Settings
) -> None:
    key = key_for(alice, api_key=API_KEY)
    settings.API_KEY_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]

    with pytest.raises(vault.KeyUnreadable) as caught:
        vault.open_key(key=key)

    assert API_KEY not in repr(caught.value)
    assert caught.value.__context__ is None


def test_the_same_key_has_one_fingerprint_whoever_owns_it(
    alice: User, bob: User, key_for: KeyMaker
) -> None:
    first, second = key_for(alice, api_key=API_KEY), key_for(bob, api_key=API_KEY)

    assert first.fingerprint == second.fingerprint
    assert len(first.fingerprint) == 16
    assert first.fingerprint != key_for(alice, api_key="another-key").fingerprint


def test_the_secret_behind_fingerprints_is_made_once_and_asked_for_once(
    db: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    fingerprints.forget()
    before = fingerprints.fingerprint_of(Secret(API_KEY))

    with django_assert_num_queries(0):
        assert fingerprints.fingerprint_of(Secret(API_KEY)) == before
    fingerprints.forget()
    assert fingerprints.fingerprint_of(Secret(API_KEY)) == before
    assert FingerprintSecret.objects.count() == 1


def test_a_second_process_that_makes_the_secret_too_takes_the_first(db: None) -> None:
    fingerprints.forget()
    before = fingerprints.fingerprint_of(Secret(API_KEY))

    fingerprints._make()
    fingerprints.forget()

    assert fingerprints.fingerprint_of(Secret(API_KEY)) == before


def test_a_dump_of_the_data_holds_no_key(alice: User, key_for: KeyMaker) -> None:
    key_for(alice, api_key=API_KEY)
    dump = StringIO()

    call_command("dumpdata", stdout=dump)

    assert "batches.apikey" in dump.getvalue()
    assert API_KEY not in dump.getvalue()
    assert Secret(API_KEY).hide_in(dump.getvalue()) == dump.getvalue()


def test_nothing_about_a_key_prints_it(alice: User, key_for: KeyMaker) -> None:
    key = key_for(alice, api_key=API_KEY)
    row = ApiKey.objects.get(id=key.id)

    shown = f"{key!r} {row!r} {row} {vault.open_key(key=key)!r} {vault.open_key(key=key)}"

    assert API_KEY not in shown
    assert row.sealed not in repr(key)

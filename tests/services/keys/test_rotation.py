"""Encryption keys change under sealed rows, and none goes while a row needs it."""

from io import StringIO
from typing import Any
from unittest import mock

import pytest
from cryptography.fernet import Fernet
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured
from django.core.management import (
    CommandError,
    call_command,
    get_commands,
    load_command_class,
)
from django.core.management.base import SystemCheckError
from django.db import OperationalError, connection
from pytest_django import Settings

from batches.checks import encryption_keys
from batches.management.commands import run_huey
from batches.models import ApiKey
from batches.refonte import Secret
from batches.services.keys import fingerprints, rotation, vault
from batches.services.keys.types import KeyHandle
from batches.services.notices import channels
from tests.support.vendor import KeyMaker

API_KEY = "live_0123456789abcdef"


@pytest.fixture
def key(alice: User, key_for: KeyMaker) -> KeyHandle:
    return key_for(alice, api_key=API_KEY)


def add_encryption_key(settings: Settings) -> None:
    fresh = Fernet.generate_key().decode()
    settings.API_KEY_ENCRYPTION_KEYS = [fresh, *settings.API_KEY_ENCRYPTION_KEYS]


def retire_old_ones(settings: Settings) -> None:
    settings.API_KEY_ENCRYPTION_KEYS = settings.API_KEY_ENCRYPTION_KEYS[:1]


def rotate() -> str:
    said = StringIO()
    call_command("rotate_encryption_keys", stdout=said)
    return said.getvalue()


def test_after_a_rotation_the_old_encryption_key_may_go(key: KeyHandle, settings: Settings) -> None:
    add_encryption_key(settings)
    said = rotate()
    retire_old_ones(settings)

    rotation.refuse_missing_keys()
    assert vault.open_key(key=key).reveal() == API_KEY
    assert "2 rows sealed again" in said
    assert "2 rows, seals" in said
    assert "0 rows, may be retired" in said


def test_a_fingerprint_survives_the_rotation(key: KeyHandle, settings: Settings) -> None:
    add_encryption_key(settings)
    rotate()
    retire_old_ones(settings)
    fingerprints.forget()

    assert fingerprints.fingerprint_of(Secret(API_KEY)) == key.fingerprint


def test_a_rotation_run_again_has_nothing_left_to_do(key: KeyHandle, settings: Settings) -> None:
    add_encryption_key(settings)
    rotate()

    assert "0 rows sealed again" in rotate()


def test_a_rotation_goes_on_where_it_was_killed(
    key: KeyHandle, alice: User, key_for: KeyMaker, settings: Settings
) -> None:
    add_encryption_key(settings)
    rotate()
    one = ApiKey.objects.get(id=key.id).sealed
    old = settings.API_KEY_ENCRYPTION_KEYS
    settings.API_KEY_ENCRYPTION_KEYS = old[1:] + old[:1]
    key_for(alice, api_key="made-before-the-kill")
    settings.API_KEY_ENCRYPTION_KEYS = old

    assert "1 rows sealed again" in rotate()
    assert ApiKey.objects.get(id=key.id).sealed == one


def test_a_key_replaced_during_the_rotation_stays_as_its_owner_set_it(
    key: KeyHandle, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    reseal, read = vault.reseal, ApiKey.objects.get(id=key.id).sealed

    def replaced_meanwhile(*, text: str) -> Any:
        newer = vault.seal_key(owner_id=key.owner_id, key_id=key.id, secret=Secret("newer-key"))
        if text == read:
            ApiKey.objects.filter(id=key.id).update(sealed=newer.text, sealed_with=newer.mark)
        return reseal(text=text)

    add_encryption_key(settings)
    monkeypatch.setattr(vault, "reseal", replaced_meanwhile)
    with pytest.raises(CommandError, match="1 rows changed meanwhile"):
        rotate()

    assert vault.open_key(key=key).reveal() == "newer-key"


def test_an_encryption_key_that_rows_still_need_is_refused_retirement(
    key: KeyHandle, settings: Settings
) -> None:
    mark = vault.marks()[0]
    add_encryption_key(settings)
    retire_old_ones(settings)

    with pytest.raises(ImproperlyConfigured, match=f"2 rows need {mark}"):
        rotation.refuse_missing_keys()
    assert [error.id for error in encryption_keys(["default"])] == ["batches.E001"]


def test_the_check_asks_no_database_unless_told_to(key: KeyHandle, settings: Settings) -> None:
    settings.API_KEY_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]

    assert encryption_keys() == []


def test_with_all_encryption_keys_at_hand_the_check_is_content(key: KeyHandle) -> None:
    assert encryption_keys(["default"]) == []


def test_rows_that_do_not_open_are_named_and_the_others_go_on(
    key: KeyHandle, alice: User, key_for: KeyMaker, settings: Settings
) -> None:
    broken = key_for(alice, api_key="another-key")
    ApiKey.objects.filter(id=broken.id).update(sealed="broken")
    add_encryption_key(settings)

    with pytest.raises(CommandError, match=str(broken.id)):
        rotate()

    retire_old_ones(settings)
    assert vault.open_key(key=key).reveal() == API_KEY


def test_a_lost_encryption_key_is_given_up_and_people_enter_their_keys_again(
    key: KeyHandle, settings: Settings
) -> None:
    settings.API_KEY_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    said = StringIO()

    call_command("rotate_encryption_keys", "--give-up", stdout=said)

    rotation.refuse_missing_keys()
    assert "1 API keys wait" in said.getvalue()
    assert "given up: 1 rows" in said.getvalue()
    assert fingerprints.fingerprint_of(Secret(API_KEY)) != key.fingerprint


def test_before_the_first_migration_nothing_is_refused(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection.introspection, "table_names", lambda: ["django_migrations"])
    monkeypatch.setattr(rotation, "rows_by_mark", lambda: 1 / 0)

    rotation.refuse_missing_keys()


def test_a_database_that_does_not_answer_is_no_database_without_rows(
    key: KeyHandle, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone() -> None:
        raise OperationalError("connection refused")

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(connection, "cursor", gone)
        found = encryption_keys(["default"])

    assert [error.id for error in found] == ["batches.E002"]


def test_the_worker_does_not_start_without_a_key_that_rows_are_sealed_with(
    key: KeyHandle, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = mock.Mock()
    monkeypatch.setattr("batches.management.commands.run_huey.Consumer.handle", started)
    run_huey.Command().handle()
    assert started.call_count == 1
    settings.API_KEY_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]

    with pytest.raises(SystemCheckError, match=r"batches\.E001"):
        run_huey.Command().handle()

    assert started.call_count == 1
    assert isinstance(load_command_class(get_commands()["run_huey"], "run_huey"), run_huey.Command)


def test_urls_of_channels_are_sealed_again_too(alice: User, settings: Settings):
    settings.NOTIFY_ALLOW = ["https://hooks.example.com"]
    channel = channels.add_channel(user=alice, label="#ops", url="https://hooks.example.com/a")
    add_encryption_key(settings)
    assert rotation.rotate().resealed >= 1
    channel.refresh_from_db()
    assert channel.sealed_with == vault.marks()[0]
    settings.API_KEY_ENCRYPTION_KEYS = settings.API_KEY_ENCRYPTION_KEYS[:1]
    assert channels.open_url(channel=channel) == "https://hooks.example.com/a"
    settings.API_KEY_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    with pytest.raises(ImproperlyConfigured, match="1 rows need"):
        rotation.refuse_missing_keys()
    rotation.give_up()
    channel.refresh_from_db()
    assert channel.sealed_with == ""
    with pytest.raises(vault.KeyUnreadable):
        channels.open_url(channel=channel)

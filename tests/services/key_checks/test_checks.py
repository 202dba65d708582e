"""Adding, checking and replacing keys: the vendor has the word, and is asked once."""

import logging
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from batches.models import ApiKey
from batches.refonte import Secret
from batches.sandbox import LIVE_KEY, TEST_KEY, Sandbox
from batches.services.key_checks.checks import _insert, _replace, add_key, check_key, replace_key
from batches.services.key_checks.verdicts import KeyCheck, Verdict
from batches.services.keys import vault
from batches.services.keys.listing import find_own_key
from batches.services.vendor import calls
from tests.support.vendor import KeyMaker

STRANGER = "live_nobody_knows_me"


def add(owner: User, api_key: str = LIVE_KEY, label: str = "Production") -> KeyCheck:
    return add_key(owner=owner, label=label, mode="live", secret=Secret(api_key))


def test_an_accepted_key_is_saved_sealed_and_the_first_is_the_default(
    alice: User, refonte: Sandbox
) -> None:
    check = add(alice)

    assert check.verdict is Verdict.ACCEPTED
    assert check.key
    assert check.key.is_default
    assert check.key.last_checked_at
    assert check.key.last_four == LIVE_KEY[-4:]
    assert LIVE_KEY not in str(ApiKey.objects.values().get())
    assert vault.open_key(key=check.key).reveal() == LIVE_KEY


def test_the_check_is_one_cheap_read(alice: User, refonte: Sandbox) -> None:
    add(alice)

    (call,) = refonte.calls
    assert call.path.endswith("/batches")
    assert call.query["limit"] == "1"


def test_the_second_key_is_not_the_default(alice: User, refonte: Sandbox) -> None:
    add(alice)

    check = add(alice, TEST_KEY, "Playground")

    assert check.key
    assert not check.key.is_default


def test_a_refused_key_is_not_saved(alice: User, refonte: Sandbox) -> None:
    check = add(alice, STRANGER)

    assert (check.verdict, check.field) == (Verdict.REFUSED, "api_key")
    assert "Refonte refused this key" in check.message
    assert STRANGER not in check.message
    assert not ApiKey.objects.exists()


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("status", {"code": 503}),
        ("status", {"code": 429}),
        ("reset_before_acting", {}),
        ("html", {}),
        ("html", {"code": 403}),
    ],
)
def test_a_key_that_could_not_be_checked_is_not_saved(
    alice: User, refonte: Sandbox, kind: str, options: dict[str, Any]
) -> None:
    refonte.fault(kind, **options)

    _is_unchecked(add(alice))


def test_with_the_readers_room_full_nothing_is_saved_unchecked(
    alice: User, refonte: Sandbox
) -> None:
    with ExitStack() as taken:
        for _ in range(calls.READERS):
            taken.enter_context(calls.safeguards().slot(calls.Kind.POLL))

        _is_unchecked(add(alice))

    assert not refonte.calls
    assert add(alice).verdict is Verdict.ACCEPTED


def test_with_the_breaker_open_nothing_is_saved_unchecked(alice: User, refonte: Sandbox) -> None:
    refonte.fault("status", code=500)
    for number in range(4):
        check = add(alice, f"live_number_{number}")

    _is_unchecked(check)
    assert len(refonte.calls) == 3


def _is_unchecked(check: KeyCheck) -> None:
    assert (check.verdict, check.field, check.key) == (Verdict.UNCHECKED, "api_key", None)
    assert "could not be checked" in check.message
    assert "Nothing was saved. Try again" in check.message
    assert not ApiKey.objects.exists()


def test_a_key_kept_out_on_the_way_is_told_as_on_its_pages(alice: User, refonte: Sandbox) -> None:
    refonte.fault("status", code=403, body="<title>Attention</title>Are you a person?")

    assert "403 without a reason from Refonte" in add(alice).message


def test_an_accepted_key_is_accepted_for_all_who_hold_it(
    alice: User, bob: User, refonte: Sandbox, key_for: KeyMaker
) -> None:
    key_for(bob)
    refused_at = timezone.now() - timedelta(seconds=1)
    ApiKey.objects.update(
        is_refused=True, refused_at=refused_at, denials=3, denied_since=refused_at
    )

    add(alice)

    assert not ApiKey.objects.filter(is_refused=True).exists()
    assert not ApiKey.objects.filter(denials__gt=0).exists()


def test_the_same_key_twice_is_told_without_asking_the_vendor(
    alice: User, refonte: Sandbox, key_for: KeyMaker
) -> None:
    known = key_for(alice)

    check = add(alice, label="Again")

    assert (check.verdict, check.field, check.key) == (Verdict.INVALID, "api_key", None)
    assert check.message == f"You have this key already: it is “{known.label}”."
    assert refonte.calls == []


def test_a_name_is_used_once_a_person(alice: User, bob: User, refonte: Sandbox) -> None:
    add(bob)
    add(alice)

    check = add(alice, TEST_KEY)

    assert (check.verdict, check.field) == (Verdict.INVALID, "label")


def test_of_two_tabs_that_add_the_same_key_one_is_told(
    alice: User, refonte: Sandbox, key_for: KeyMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def faster_elsewhere(row: ApiKey) -> None:
        key_for(alice)
        _insert(row)

    monkeypatch.setattr("batches.services.key_checks.checks._insert", faster_elsewhere)

    assert "have this key already" in add(alice).message


def test_the_vendor_is_not_asked_within_a_transaction(
    alice: User, refonte: Sandbox, monkeypatch: pytest.MonkeyPatch, transactional_db: None
) -> None:
    within: list[bool] = []
    check = calls.check_unsaved_key

    def noting(**asked: Any) -> None:
        within.append(connection.in_atomic_block)
        check(**asked)

    monkeypatch.setattr("batches.services.key_checks.checks.check_unsaved_key", noting)

    add(alice)

    assert within == [False]


def test_a_check_says_that_a_saved_key_is_accepted(
    alice: User, refonte: Sandbox, key_for: KeyMaker
) -> None:
    check = check_key(user=alice, key=key_for(alice))

    assert (check.verdict, check.message) == (Verdict.ACCEPTED, "Refonte accepts this key.")
    assert check.key
    assert check.key.last_checked_at
    assert check.key.last_used_at


def test_a_check_marks_a_key_that_is_refused_now(
    alice: User, refonte: Sandbox, key_for: KeyMaker
) -> None:
    check = check_key(user=alice, key=key_for(alice, api_key=STRANGER))

    assert check.verdict is Verdict.REFUSED
    assert check.key
    assert check.key.is_refused
    assert check.key.last_checked_at


def test_a_check_lifts_an_old_refusal_however_fresh(
    alice: User, refonte: Sandbox, key_for: KeyMaker
) -> None:
    key = key_for(alice)
    ApiKey.objects.update(is_refused=True, refused_at=timezone.now(), refusal="No")
    refused = find_own_key(user=alice, key_id=key.id)
    assert refused
    assert refused.is_refused

    check = check_key(user=alice, key=refused)

    assert check.key
    assert not check.key.is_refused
    assert check.key.refused_at, "the last refusal stays readable"


def test_a_check_without_an_answer_says_nothing_about_the_key(
    alice: User, refonte: Sandbox, key_for: KeyMaker
) -> None:
    refonte.fault("status", code=503)

    check = check_key(user=alice, key=key_for(alice))

    assert check.verdict is Verdict.UNCHECKED
    assert "Try again" in check.message
    assert check.key
    assert check.key.last_checked_at is None


def test_replacing_keeps_the_name_and_the_history(
    alice: User, refonte: Sandbox, key_for: KeyMaker
) -> None:
    old = key_for(alice, api_key=STRANGER)

    check = replace_key(user=alice, key=old, secret=Secret(LIVE_KEY))

    assert check.key
    assert (check.key.id, check.key.label) == (old.id, old.label)
    assert check.key.fingerprints == (check.key.fingerprint, old.fingerprint)
    assert vault.open_key(key=check.key).reveal() == LIVE_KEY


def test_replacing_back_lists_each_earlier_fingerprint_once(
    alice: User, refonte: Sandbox, key_for: KeyMaker
) -> None:
    first = key_for(alice)
    for api_key in (TEST_KEY, LIVE_KEY):
        check = replace_key(user=alice, key=first, secret=Secret(api_key))

    assert check.key
    assert check.key.fingerprint == first.fingerprint
    assert len(check.key.earlier) == 1


@pytest.mark.parametrize("down", [True, False])
def test_the_old_key_works_until_the_new_one_is_accepted(
    alice: User, refonte: Sandbox, key_for: KeyMaker, down: bool
) -> None:
    old = key_for(alice)
    if down:
        refonte.fault("status", code=503)

    check = replace_key(user=alice, key=old, secret=Secret(STRANGER))

    assert (check.key, check.field) == (None, "api_key")
    assert "Nothing was replaced" in check.message
    assert vault.open_key(key=old).reveal() == LIVE_KEY


def test_the_same_key_entered_again_heals_a_row_that_does_not_open(
    alice: User, refonte: Sandbox, key_for: KeyMaker
) -> None:
    key = key_for(alice)
    ApiKey.objects.filter(id=key.id).update(sealed="broken", sealed_with="gone")

    check = replace_key(user=alice, key=key, secret=Secret(LIVE_KEY))

    assert check.key
    assert check.key.is_readable
    assert check.key.earlier == ()
    assert vault.open_key(key=check.key).reveal() == LIVE_KEY


def test_a_key_is_not_replaced_by_another_own_one(
    alice: User, refonte: Sandbox, key_for: KeyMaker
) -> None:
    key_for(alice, mode="test")

    check = replace_key(user=alice, key=key_for(alice), secret=Secret(TEST_KEY))

    assert (check.verdict, check.field) == (Verdict.INVALID, "api_key")


def test_of_two_tabs_that_replace_with_one_key_one_is_told(
    alice: User, refonte: Sandbox, key_for: KeyMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def faster_elsewhere(*replacing: Any) -> ApiKey | None:
        key_for(alice, mode="test")
        return _replace(*replacing)

    old = key_for(alice)
    monkeypatch.setattr("batches.services.key_checks.checks._replace", faster_elsewhere)

    check = replace_key(user=alice, key=old, secret=Secret(TEST_KEY))

    assert "have this key already" in check.message
    assert vault.open_key(key=old).reveal() == LIVE_KEY


def test_a_key_deleted_while_its_successor_was_tried_stays_deleted(
    alice: User, refonte: Sandbox, key_for: KeyMaker
) -> None:
    key = key_for(alice)
    ApiKey.objects.all().delete()

    check = replace_key(user=alice, key=key, secret=Secret(TEST_KEY))

    assert check.key is None
    assert "changed in another tab" in check.message
    assert not ApiKey.objects.exists()


def test_no_log_line_at_any_level_holds_the_key(
    alice: User, refonte: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    check = add(alice)
    add(alice, STRANGER, "Stranger")
    assert check.key
    check_key(user=alice, key=check.key)

    for record in caplog.records:
        line = f"{record.getMessage()} {vars(record)}"
        assert Secret(LIVE_KEY).hide_in(line) == line
        assert Secret(STRANGER).hide_in(line) == line


def test_use_is_noted_at_most_once_a_minute(
    alice: User, refonte: Sandbox, key_for: KeyMaker
) -> None:
    key = key_for(alice)
    recently = timezone.now() - timedelta(seconds=30)
    ApiKey.objects.filter(id=key.id).update(last_used_at=recently)
    used = find_own_key(user=alice, key_id=key.id)
    assert used

    check = check_key(user=alice, key=used)

    assert check.key
    assert check.key.last_used_at == recently

"""An answer too large to be read is one for this key: nobody who may not read gets megabytes."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import User

from batches.models import ApiKey
from batches.refonte import Secret
from batches.sandbox import LIVE_KEY, Sandbox
from batches.services.batches.listing import read_list
from batches.services.batches.search import try_again
from batches.services.key_checks import checks
from batches.services.key_checks.verdicts import Verdict
from batches.services.keys.listing import find_own_key
from batches.services.keys.types import KeyHandle
from tests.support.batch_lists import filters
from tests.support.clock import NOON

LIST = "GET /v1/batches"


@pytest.fixture
def large(refonte: Sandbox) -> Sandbox:
    """One batch whose row alone does not fit into an answer."""
    refonte.add_batch("kitten", created_at=NOON, metadata={"text": "x" * 5_000_000})
    return refonte


def refused(
    alice: User, key: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
) -> KeyHandle:
    """The key, refused long enough ago for a person to try it again."""
    refonte.fault("status", LIST, code=401, times=1, body={"status_code": 401, "error": "no"})
    read_list(key=key, filters=filters())
    assert ApiKey.objects.get().is_refused
    clock.shift(timedelta(minutes=2))
    return now(alice, key)


def now(alice: User, key: KeyHandle) -> KeyHandle:
    found = find_own_key(user=alice, key_id=key.id)
    assert found
    return found


def test_a_new_key_is_accepted(alice: User, large: Sandbox) -> None:
    added = checks.add_key(owner=alice, label="kittens", mode="live", secret=Secret(LIVE_KEY))

    assert added.verdict is Verdict.ACCEPTED


def test_a_check_accepts_it(
    alice: User, key: KeyHandle, large: Sandbox, clock: time_machine.Traveller
) -> None:
    check = checks.check_key(user=alice, key=refused(alice, key, large, clock))

    assert check.verdict is Verdict.ACCEPTED
    assert not ApiKey.objects.get().is_refused


def test_a_page_that_tries_a_refused_key_again_ends_the_refusal(
    alice: User, key: KeyHandle, large: Sandbox, clock: time_machine.Traveller
) -> None:
    read_list(key=refused(alice, key, large, clock), filters=filters())

    assert not ApiKey.objects.get().is_refused


def test_a_search_does_so_too(
    alice: User, key: KeyHandle, large: Sandbox, clock: time_machine.Traveller
) -> None:
    assert not try_again(key=refused(alice, key, large, clock)).is_refused
    assert not ApiKey.objects.get().is_refused

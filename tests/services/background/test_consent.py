"""Not one call more in the background than what the owner of a key consents to."""

import pytest
import time_machine
from django.contrib.auth.models import User

from batches.models import ApiKey
from batches.sandbox import LIVE_KEY, Sandbox
from batches.services.key_checks import checks
from batches.services.keys import manage
from batches.services.keys.types import KeyHandle
from batches.services.walks import read_pages
from tests.support.background import list_calls, run_worker, run_worker_once, seen_names, watched
from tests.support.batch_lists import add
from tests.support.consent import ENDS, Undo
from tests.support.reads import as_stored
from tests.support.vendor import KeyMaker

__all__ = ["watched"]
pytestmark = pytest.mark.usefixtures("clock")


@pytest.mark.parametrize("end", ENDS)
def test_no_call_is_made_without_consent(
    end: Undo, watched: KeyHandle, alice: User, refonte: Sandbox, clock: time_machine.Traveller
) -> None:
    add(refonte, *(f"kitten-{number}" for number in range(450)))
    assert run_worker_once() == 2
    end(alice, watched)
    refonte.forget_calls()

    run_worker(clock, seconds=180)

    assert list_calls(refonte) == 0


@pytest.mark.parametrize("end", ENDS)
def test_consent_that_ends_between_two_pages_ends_the_run(
    end: Undo,
    watched: KeyHandle,
    alice: User,
    refonte: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add(refonte, *(f"kitten-{number}" for number in range(450)))
    note_page = read_pages._note_page

    def then_it_ends(*noted: object) -> None:
        note_page(*noted)  # type: ignore[arg-type]  # as it was called
        end(alice, watched)

    monkeypatch.setattr(read_pages, "_note_page", then_it_ends)

    assert run_worker_once() == 1
    assert list_calls(refonte) == 1


def test_a_key_without_watch_is_never_read_with(
    key: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
) -> None:
    run_worker(clock, seconds=120)

    assert list_calls(refonte) == 0


def test_an_admin_without_a_group_may_watch(ada: User, key_for: KeyMaker, refonte: Sandbox) -> None:
    key_for(ada, keep_watch=True)

    assert run_worker_once() == 1


def test_of_two_owners_the_consent_of_one_is_enough_until_it_ends(
    key: KeyHandle, bob: User, key_for: KeyMaker, refonte: Sandbox, clock: time_machine.Traveller
) -> None:
    bobs = key_for(bob, keep_watch=True)
    add(refonte, "kitten")
    assert run_worker(clock, seconds=60) > 0
    assert ApiKey.objects.get(id=key.id).last_background_at is None

    manage.watch_key(key=bobs, keep_watch=False)
    assert run_worker(clock, seconds=120) == 0


def test_a_key_that_the_background_finds_refused_is_marked_and_left_alone(
    watched: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
) -> None:
    add(refonte, "kitten")
    refonte.refuse_key(LIVE_KEY)

    assert run_worker(clock, seconds=300) == 1
    assert ApiKey.objects.get().is_refused


def test_a_key_that_is_accepted_again_is_read_with_within_two_minutes(
    watched: KeyHandle, alice: User, refonte: Sandbox, clock: time_machine.Traveller
) -> None:
    add(refonte, "kitten")
    refonte.refuse_key(LIVE_KEY)
    run_worker(clock, seconds=300)
    refonte.add_key(LIVE_KEY, "live")
    checks.check_key(user=alice, key=as_stored(watched))

    run_worker(clock, seconds=120)

    assert seen_names() == {"kitten"}

"""Runs the background worker for a watched key and counts its calls."""

from collections.abc import Callable

import pytest
import time_machine
from django.contrib.auth.models import User
from django.utils import timezone

from batches.models import SeenBatch, Walk, WalkPurpose
from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from batches.services.walks.read_pages import walk_due_keys
from batches.services.watcher import watch
from tests.support.vendor import KeyMaker

BEAT = 2  # seconds


@pytest.fixture
def watched(alice: User, key_for: KeyMaker) -> KeyHandle:
    """Alice's key, which the background may read with."""
    return key_for(alice, keep_watch=True)


def run_worker_once() -> int:
    """One turn for all keys. Returns the number of calls."""
    return walk_due_keys(now=timezone.now())


def run_worker(
    clock: time_machine.Traveller,
    *,
    seconds: float,
    between: Callable[[], object] = lambda: None,
) -> int:
    """Run for so many seconds. Returns the number of calls."""
    calls = 0
    for _ in range(int(seconds / BEAT)):
        calls += run_worker_once()
        between()
        clock.shift(BEAT)
    return calls


def list_calls(refonte: Sandbox) -> int:
    return len(refonte.calls_to("GET", "/batches"))


def seen_names() -> set[str]:
    return set(SeenBatch.objects.values_list("name", flat=True))


def walk_of(key: KeyHandle, purpose: WalkPurpose = WalkPurpose.ALL) -> Walk:
    return Walk.objects.get(fingerprint=key.fingerprint, purpose=purpose)


def watch_once(key: KeyHandle) -> int:
    """One turn of the watcher for a key, where one is due; how many calls it made."""
    due = watch.due_keys(now=timezone.now())
    return watch.watch_key(fingerprint=key.fingerprint) if key.fingerprint in due else 0


def run_watcher(
    clock: time_machine.Traveller,
    key: KeyHandle,
    *,
    seconds: float,
    beat: float = BEAT,
    between: Callable[[], object] = lambda: None,
) -> int:
    """So many seconds of the watcher, a turn each `beat`; how many calls it made."""
    calls = 0
    for _ in range(int(seconds / beat)):
        calls += watch_once(key)
        between()
        clock.shift(beat)
    return calls

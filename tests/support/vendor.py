"""A sandbox as the vendor, over real HTTP, and API keys for it.

Keys are encrypted rows, as in production. Caches of the process are cleared between tests.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from uuid import uuid4

import pytest
import redis
from django.conf import settings as in_force
from django.contrib.auth.models import User
from pytest_django.fixtures import Settings

from batches.models import ApiKey
from batches.refonte import Secret
from batches.sandbox import LIVE_KEY, TEST_KEY, Sandbox
from batches.services.background import budget
from batches.services.cache.store import backend
from batches.services.callbacks import arrivals
from batches.services.keys import fingerprints, vault
from batches.services.keys.listing import find_own_key
from batches.services.keys.types import KeyHandle, ViewerKey
from batches.services.vendor import calls

API_KEYS = {"live": LIVE_KEY, "test": TEST_KEY}
KeyMaker = Callable[..., ViewerKey]


@pytest.fixture
def refonte(settings: Settings) -> Iterator[Sandbox]:
    """An empty sandbox, as the vendor of every service."""
    with Sandbox(batches=0) as sandbox:
        settings.REFONTE_API_URL = sandbox.url
        settings.REFONTE_TIMEOUT = 20  # no answer is late because the machine is busy
        _forget()
        yield sandbox
    _forget()


@pytest.fixture
def key_for(db: None) -> KeyMaker:
    """Add a key: `key_for(alice)`, `key_for(bob, mode="test", is_shared=True)`."""
    fingerprints.forget()

    def make(
        owner: User,
        *,
        mode: str = "live",
        api_key: str = "",
        is_shared: bool = False,
        keep_watch: bool = False,
    ) -> ViewerKey:
        secret, key_id = Secret(api_key or API_KEYS[mode]), uuid4()
        sealed = vault.seal_key(owner_id=owner.pk, key_id=key_id, secret=secret)
        ApiKey.objects.create(
            id=key_id,
            owner=owner,
            label=f"{owner.username} {mode} {key_id.hex[:8]}",
            mode=mode,
            sealed=sealed.text,
            sealed_with=sealed.mark,
            last_four=secret.reveal()[-4:],
            fingerprint=fingerprints.fingerprint_of(secret),
            is_shared=is_shared,
            keep_watch=keep_watch,
        )
        found = find_own_key(user=owner, key_id=key_id)
        assert found
        return found

    return make


@pytest.fixture
def key(alice: User, key_for: KeyMaker) -> KeyHandle:
    """Alice's live key."""
    return key_for(alice)


def with_replaced_key(key: KeyHandle) -> KeyHandle:
    """The same, as if another one had been entered under its name since."""
    return replace(key, fingerprint=f"{len(key.fingerprints):016}", earlier=key.fingerprints)


def forget_readings() -> None:
    """As after a restart; where they are shared over Redis, as after one of Redis as well."""
    backend.cache_clear()
    if in_force.REDIS_URL:
        with redis.Redis.from_url(in_force.REDIS_URL) as server:
            for name in server.scan_iter("console:*"):
                server.delete(name)


def _forget() -> None:
    calls.vendor_client.cache_clear()
    calls.safeguards.cache_clear()
    budget.forget()
    arrivals.forget()
    forget_readings()
    fingerprints.forget()

"""The product in front of a vendor with faults."""

from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django.fixtures import Settings

from batches.sandbox import Sandbox
from batches.services.vendor import calls
from tests.faults.calls import Console
from tests.faults.certificates import Authority
from tests.faults.spoiled import SpoiledVendor
from tests.support.vendor import KeyMaker

SECONDS = 2.0  # of which a write may spend half before it is sent, also on a busy machine


@pytest.fixture
def timeout(settings: Settings, refonte: Sandbox) -> float:
    """The deadline of every request of ours, short."""
    settings.REFONTE_TIMEOUT = SECONDS
    return SECONDS


@pytest.fixture
def console(
    transactional_db: None,
    refonte: Sandbox,
    timeout: float,
    alice: User,
    key_for: KeyMaker,
    browse: Callable[[User], Client],
) -> Console:
    """Alice before the sandbox; a attempt's browser never hides an exception of ours."""
    refonte.add_project("kittens")
    return Console(refonte, lambda api_key: key_for(alice, api_key=api_key), lambda: browse(alice))


@pytest.fixture
def spoiled(console: Console, settings: Settings) -> Iterator[SpoiledVendor]:
    """The same vendor behind byte-level faults."""
    spoiled = SpoiledVendor(console.sandbox)
    with spoiled:
        settings.REFONTE_API_URL = spoiled.url
        calls.vendor_client.cache_clear()
        yield spoiled
    calls.vendor_client.cache_clear()


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.make(tmp_path_factory.mktemp("authority"))

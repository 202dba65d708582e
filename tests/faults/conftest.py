"""What the tests of faults share: the product in front of a vendor that can be spoilt."""

from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django.fixtures import Settings

from batches.sandbox import Sandbox
from batches.services.vendor import calls
from tests.faults.calls import House
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
def house(
    transactional_db: None,
    refonte: Sandbox,
    timeout: float,
    alice: User,
    key_for: KeyMaker,
    browse: Callable[[User], Client],
) -> House:
    """Alice before the sandbox; a cell's browser never hides an exception of ours."""
    refonte.add_project("kittens")
    return House(refonte, lambda api_key: key_for(alice, api_key=api_key), lambda: browse(alice))


@pytest.fixture
def spoiled(house: House, settings: Settings) -> Iterator[SpoiledVendor]:
    """The same vendor behind byte-level faults."""
    spoiled = SpoiledVendor(house.sandbox)
    with spoiled:
        settings.REFONTE_API_URL = spoiled.url
        calls.client.cache_clear()
        yield spoiled
    calls.client.cache_clear()


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.make(tmp_path_factory.mktemp("authority"))

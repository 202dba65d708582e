"""A vendor with one batch, and a cache of this process alone."""

import pytest
from pytest_django.fixtures import Settings

from batches.sandbox import Sandbox
from batches.services.cache import store


@pytest.fixture
def kitten(refonte: Sandbox) -> Sandbox:
    refonte.add_batch("kitten-07", counts={"pending": 12, "completed": 30})
    return refonte


@pytest.fixture
def in_memory(settings: Settings, kitten: Sandbox) -> None:
    """Also where the whole run is over Redis: what a process keeps beside the vendor's JSON, and
    that those who wait hear the very failure they waited for, is so in memory only.
    """
    settings.REDIS_URL = ""
    store.backend.cache_clear()

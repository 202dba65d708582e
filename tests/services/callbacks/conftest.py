import pytest
from django.contrib.auth.models import User
from pytest_django.fixtures import Settings

from batches.models import Operation
from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from tests.support.background import watched
from tests.support.callbacks import BASE, create_told

__all__ = ["watched"]


@pytest.fixture(autouse=True)
def _reachable(settings: Settings) -> None:
    settings.CALLBACK_BASE_URL = BASE


@pytest.fixture
def told(refonte: Sandbox, alice: User, watched: KeyHandle) -> Operation:
    """A batch of Alice's about which Refonte calls this console; no call is counted yet."""
    refonte.add_project("kittens")
    operation = create_told(alice, watched)
    refonte.forget_calls()
    return operation

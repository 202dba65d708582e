"""Batches to do something with, and plans of them, read by the worker. Time stands still."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.utils import timezone
from pytest_django.fixtures import Settings

from batches.models import Bulk, Verb
from batches.sandbox import Sandbox
from batches.services.keys.types import ViewerKey
from tests.support.bulk_work import planned

STAGING = ("kitten-01", "kitten-02", "kitten-03")
CHOSEN = (*STAGING, "empty", "started", "completed", "no-such")


@pytest.fixture(autouse=True)
def _batches(refonte: Sandbox, settings: Settings, clock: time_machine.Traveller) -> None:
    settings.BACKGROUND_CALLS_A_MINUTE = 6_000
    facts: dict[str, Any] = {"project": "kittens", "created_at": timezone.now() - timedelta(days=2)}
    for name in STAGING:
        refonte.add_batch(name, status="staging", counts={"pending": 100}, **facts)
    refonte.add_batch("empty", status="staging", counts={"pending": 0}, **facts)
    refonte.add_batch("started", status="in_progress", counts={"pending": 5}, **facts)
    refonte.add_batch("completed", status="completed", counts={"completed": 5}, **facts)


@pytest.fixture
def finalize_plan(alice: User, key: ViewerKey) -> Bulk:
    """Three will be finalized, one is to be looked at, one skipped, two are impossible."""
    words = "all that match Created: last 7 days"
    return planned(alice, key, CHOSEN, verb=Verb.FINALIZE, chosen=words)


@pytest.fixture
def priority_plan(alice: User, key: ViewerKey) -> Bulk:
    return planned(alice, key, STAGING)

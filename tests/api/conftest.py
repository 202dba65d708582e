"""A program of Alice's, and batches that somebody watched with her key."""

import pytest
from django.contrib.auth.models import User

from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from tests.support.api import Program, token_of
from tests.support.watched_work import Work


@pytest.fixture
def program(alice: User, key: KeyHandle, refonte: Sandbox, clock: object) -> Program:
    """With a token for all that she may read; Refonte would answer, and counts calls."""
    return Program(token_of(alice))


@pytest.fixture
def work(program: Program, key: KeyHandle) -> Work:
    """kitten-07, seen at noon with 40 of 100 tasks completed."""
    work = Work(fingerprint=key.fingerprint)
    work.see(0, 40)
    return work

"""An operation whose answer was lost."""

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from batches.models import Operation
from batches.sandbox import Sandbox
from tests.support.operations import POST_CREATE, READ, create
from tests.support.vendor import KeyMaker


@pytest.fixture
def lost(refonte: Sandbox, key_for: KeyMaker, alice: User) -> Operation:
    refonte.add_project("kittens")
    refonte.fault("reset_after_acting", match=POST_CREATE, times=1)
    refonte.fault("status", match=READ, times=1, skip=1, code=503)
    operation = create(alice, key_for(alice))
    Operation.objects.update(next_check_at=timezone.now())
    return operation

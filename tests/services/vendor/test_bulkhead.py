"""The bulkhead: a hanging vendor occupies only some of the threads."""

from contextlib import suppress

import pytest

from batches.refonte import (
    Busy,
    NoAnswer,
)
from batches.services.vendor.bulkhead import Bulkhead


def test_a_full_bulkhead_refuses_at_once_and_frees_its_slots_after():
    bulkhead = Bulkhead(1)
    with bulkhead.enter(), pytest.raises(Busy), bulkhead.enter():
        pytest.fail("there was no room")

    with bulkhead.enter():
        pass


def test_a_failed_call_frees_its_slot():
    bulkhead = Bulkhead(1)
    for _ in range(3):
        with suppress(NoAnswer), bulkhead.enter():
            raise NoAnswer("down")

"""Two people in turn before a vendor whose answers come late: nobody sees what is the other's.

Both have a batch of the same name, so that only its figures tell whose it is.
"""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.db.models import Model
from django.test import Client

from batches.models import SeenBatch, StoredReading
from batches.sandbox import LIVE_KEY, TEST_KEY
from batches.services.vendor import calls
from tests.faults.calls import Console
from tests.faults.spoiled import SpoiledVendor
from tests.support.vendor import KeyMaker, forget_readings

pytestmark = pytest.mark.unmeasured  # other tests take these paths; measuring doubles the time

FIGURES = {"live": 1111, "test": 2222}
ADDRESSES = (
    "/batches/",
    "/batches/kitten/",
    "/batches/kitten/live/",
    "/batches/?status=in_progress",
)


def rows_of(model: type[Model], fingerprint: str) -> str:
    return repr(list(model._default_manager.filter(fingerprint=fingerprint).values()))


@pytest.mark.one_database
@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "pages"), [("second_answer", 200), ("second_unasked", 40), ("interim_103", 40)]
)
def test_no_page_and_no_table_shows_what_is_anothers(
    fault: str,
    pages: int,
    console: Console,
    spoiled: SpoiledVendor,
    alice: User,
    bob: User,
    key_for: KeyMaker,
    browse: Callable[[User], Client],
):
    people = {
        "live": (browse(alice), key_for(alice)),
        "test": (browse(bob), key_for(bob, mode="test")),
    }
    for mode, figure in FIGURES.items():
        console.sandbox.add_batch("kitten", mode=mode, counts={"pending": 1, "completed": figure})
    for api_key in (LIVE_KEY, TEST_KEY):
        spoiled.spoil(api_key, fault)
    shown = 0
    for number in range(pages):
        mode, other = ("live", "test") if number % 2 else ("test", "live")
        web, key = people[mode]
        forget_readings()
        calls.safeguards.cache_clear()
        address = ADDRESSES[number // 2 % len(ADDRESSES)]
        joint = "&" if "?" in address else "?"
        text = web.get(f"{address}{joint}key={key.ref}").text
        assert f"{FIGURES[other]:,}" not in text, (number, address)
        shown += f"{FIGURES[mode]:,}" in text

    assert shown > pages * 0.7  # what was kept apart was there to be mixed up
    for mode, other in (("live", "test"), ("test", "live")):
        fingerprint = people[mode][1].fingerprint
        rows = rows_of(SeenBatch, fingerprint) + rows_of(StoredReading, fingerprint)
        assert str(FIGURES[mode]) in rows
        assert str(FIGURES[other]) not in rows

"""A restored backup sends nothing by itself that may have been sent since it was made."""

import pytest
from django.contrib.auth.models import User

from batches.models import DeliveryState
from batches.services.keys.types import KeyHandle
from batches.services.notices.after_restore import REASON, drop_waiting
from batches.services.notices.events import BELL, MAIL
from tests.support.notices import OF_KEY, complete, follow, reasons, told, work
from tests.support.pages import Browse, text_of

pytestmark = pytest.mark.usefixtures("clock")


def test_what_waits_is_dropped_and_says_so(
    alice: User, key: KeyHandle, browse: Browse, monkeypatch: pytest.MonkeyPatch
):
    alice.email = "alice@example.com"
    alice.save()
    follow(alice, key, BELL, MAIL, thing=OF_KEY)
    with monkeypatch.context() as patched:
        patched.setattr("batches.services.notices.sending.send.due_ways", lambda *, now: [])
        complete(key)
        work()
    # and one that was not spread yet
    complete(key, name="other")
    assert drop_waiting() == 1
    work()
    assert told(alice) == {BELL: [DeliveryState.SENT], MAIL: [DeliveryState.DROPPED]}
    assert reasons(alice) == {REASON}
    assert "Restored from a backup; not sent" in text_of(browse(alice).get("/follows/"))
    assert drop_waiting() == 0

"""What `/metrics` says of deliveries."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from batches.models import Delivery
from batches.services.keys.types import KeyHandle
from batches.services.notices.counts import count_deliveries
from batches.services.notices.events import BELL, MAIL
from batches.services.notices.spread import spread_due
from tests.support.notices import OF_KEY, complete, follow

pytestmark = pytest.mark.usefixtures("clock")


def test_what_waits_failed_and_is_late_is_counted(
    alice: User, key: KeyHandle, clock: time_machine.Traveller, settings: Settings
):
    settings.METRICS_TOKEN = "a-token"
    alice.email = "alice@example.com"
    alice.save()
    follow(alice, key, BELL, MAIL, thing=OF_KEY)
    for name in ("a", "b", "c"):
        complete(key, name=name)
    assert count_deliveries(now=timezone.now()).to_spread == 3
    spread_due()
    first = Delivery.objects.filter(way=MAIL).first()
    assert first
    Delivery.objects.filter(pk=first.pk).update(state="failed", ended_at=timezone.now())
    clock.shift(timedelta(minutes=10))
    tally = count_deliveries(now=timezone.now())
    assert (tally.waiting, tally.failed, tally.dropped, tally.to_spread) == (2, 1, 0, 0)
    assert tally.oldest == timedelta(minutes=10)
    page = Client().get("/metrics", headers={"Authorization": "Bearer a-token"}).content.decode()
    assert 'console_deliveries{state="waiting"} 2.0' in page
    assert "console_notices_to_spread 0.0" in page
    assert "console_oldest_due_delivery_seconds 600.0" in page
    clock.shift(timedelta(days=2))
    assert count_deliveries(now=timezone.now()).failed == 0

"""How long alarms are kept."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from pytest_django.fixtures import Settings

from batches.models import Alarm, AlarmCheck, AlarmKind, Dismissal
from batches.sandbox import Sandbox
from batches.services.attention.prune import prune
from batches.services.keys.types import ViewerKey
from tests.services.attention.conftest import told
from tests.support.vendor import KeyMaker
from tests.support.watched_work import PRINT, at


@pytest.fixture
def key(refonte: Sandbox, key_for: KeyMaker, alice: User) -> ViewerKey:
    return key_for(alice)


def raised(fingerprint: str, **facts: Any) -> Alarm:
    times = {"since": at(0), "began_at": at(0), "checked_at": at(0)}
    return Alarm.objects.create(
        fingerprint=fingerprint, kind=AlarmKind.AT_REST, subject="1", **times | facts
    )


def test_alarms_are_kept_as_long_as_samples(key: ViewerKey, settings: Settings):
    settings.OBSERVATION_DAYS = 40
    gone, kept = (raised(key.fingerprint, ended_at=at(minute)) for minute in (0, 10))
    Dismissal.objects.create(alarm=gone, username="alice", reason="old", subject="1", at=at(0))
    still = raised(key.fingerprint)
    prune(now=at(5) + timedelta(days=40))
    assert set(Alarm.objects.all()) == {kept, still}
    assert not Dismissal.objects.exists()


def test_alarms_of_a_key_that_nobody_has_any_more_are_over(key: ViewerKey):
    raised(PRINT)
    mine = raised(key.fingerprint)
    for fingerprint in (PRINT, key.fingerprint):
        AlarmCheck.objects.create(fingerprint=fingerprint, at=at(0))
    prune(now=at(60))
    assert list(Alarm.objects.filter(ended_at=None)) == [mine]
    assert AlarmCheck.objects.get().fingerprint == key.fingerprint
    assert told() == ["at_rest over"]

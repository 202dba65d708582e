"""What a page reads of alarms and notes: of its key alone, in the order of harm, in one query."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from pytest_django import DjangoAssertNumQueries

from batches.models import Alarm, AlarmKind, ApiKey, BatchNote
from batches.sandbox import Sandbox
from batches.services.attention.read import notes_of, open_alarms
from batches.services.attention.types import OpenAlarm
from tests.support.vendor import KeyMaker
from tests.support.watched_work import PRINT, Work, at

pytestmark = pytest.mark.django_db


def raised(kind: AlarmKind, work: Work | None = None, **facts: Any) -> Alarm:
    usual = {"fingerprint": PRINT, "since": at(0), "began_at": at(5), "checked_at": at(5)}
    batch = work.row if work else None
    return Alarm.objects.create(kind=kind, batch=batch, subject="1", **usual | facts)


def kinds(found: tuple[OpenAlarm, ...]) -> list[AlarmKind]:
    return [one.kind for one in found]


@pytest.fixture
def work() -> Work:
    work = Work()
    work.see(0, 40)
    return work


def test_alarms_are_in_the_order_of_harm_and_ended_ones_are_left_out(work: Work):
    raised(AlarmKind.STAGING, work, ended_at=at(9))
    raised(AlarmKind.ERRORS, work)
    raised(AlarmKind.AT_RISK, work)
    raised(AlarmKind.KEY_REFUSED)
    expected = [AlarmKind.KEY_REFUSED, AlarmKind.AT_RISK, AlarmKind.ERRORS]
    assert kinds(open_alarms(fingerprint=PRINT)) == expected


def test_alarms_of_another_key_are_not_read(work: Work):
    raised(AlarmKind.STALLED, work)
    assert open_alarms(fingerprint="f" * 16) == ()


def test_under_a_refused_key_only_its_refusal_is_shown(
    work: Work, key_for: KeyMaker, alice: User, refonte: Sandbox
):
    key = key_for(alice)
    ApiKey.objects.filter(id=key.id).update(fingerprint=PRINT, is_refused=True)
    raised(AlarmKind.STALLED, work)
    raised(AlarmKind.KEY_REFUSED)
    assert kinds(open_alarms(fingerprint=PRINT)) == [AlarmKind.KEY_REFUSED]


def test_alarms_of_a_key_and_notes_of_a_page_cost_one_query_each(
    work: Work, django_assert_num_queries: DjangoAssertNumQueries
):
    raised(AlarmKind.STALLED, work, dismissed_at=at(8), dismissed_by="olga")
    BatchNote.objects.create(fingerprint=PRINT, name="kitten-07", due_at=at(90), changed_at=at(1))
    with django_assert_num_queries(2):
        [alarm] = open_alarms(fingerprint=PRINT)
        notes = notes_of(fingerprint=PRINT, names=["kitten-07", "kitten-08"])
    assert alarm.name == "kitten-07"
    assert alarm.is_dismissed
    assert notes["kitten-07"].due_at == at(90)

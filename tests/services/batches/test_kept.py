"""What is kept of a batch, in one query: note, alarms, changes, gaps, and when watching began."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from pytest_django import DjangoAssertNumQueries

from batches.models import AlarmKind, ApiKey, BatchNote, StatusChange, WatchGap
from batches.services.batches.kept import Kept, read_kept
from batches.services.keys.types import KeyHandle
from tests.support.alarms import FACTS, dismissed, raised
from tests.support.clock import NOON
from tests.support.reads import as_stored
from tests.support.samples import NAME, counted, keep, keep_packed, seen_batch
from tests.support.vendor import KeyMaker, with_replaced_key

pytestmark = pytest.mark.usefixtures("clock")
AT = int(NOON.timestamp())


def ago(**length: float) -> Any:
    return NOON - timedelta(**length)


def gap(key: KeyHandle, since: Any, minutes: float) -> None:
    until = since + timedelta(minutes=minutes)
    WatchGap.objects.create(fingerprint=key.fingerprint, since=since, until=until, reason="off")


def test_all_of_it_costs_one_query(
    key: KeyHandle, vera: User, django_assert_num_queries: DjangoAssertNumQueries
):
    row = keep(key.fingerprint, [counted(AT - 7200, 1), counted(AT, 2)])
    alarm = raised(row, AlarmKind.STALLED)
    raised(row, AlarmKind.ERRORS, ended_at=ago(minutes=10))
    dismissed(alarm)
    StatusChange.objects.create(
        fingerprint=key.fingerprint,
        name=NAME,
        before="staging",
        after="in_progress",
        at=ago(hours=2),
    )
    gap(key, ago(hours=1), 25)
    note = {"due_at": NOON, "owner": vera, "text": "a\nb", "changed_at": NOON}
    BatchNote.objects.create(fingerprint=key.fingerprint, name=NAME, **note)

    with django_assert_num_queries(1):
        kept = read_kept(key=key, name=NAME)

    assert (kept.note.due_at, kept.note.owner, kept.note.owner_id) == (NOON, "vera", vera.pk)
    assert kept.note.text == "a\nb"
    [stalled] = kept.open_alarms
    assert (stalled.id, stalled.kind, stalled.facts) == (
        alarm.pk,
        AlarmKind.STALLED,
        FACTS[AlarmKind.STALLED],
    )
    assert (stalled.since, stalled.dismissed_by, stalled.subject) == (ago(hours=2), "olga", "1")
    assert {one.alarm.kind: one.ended_at for one in kept.alarms} == {
        AlarmKind.STALLED: None,
        AlarmKind.ERRORS: ago(minutes=10),
    }
    [made] = next(one.dismissals for one in kept.alarms if one.dismissals)
    assert (made.at, made.username, made.reason) == (ago(minutes=30), "olga", "known outage")
    assert [(one.before, one.after, one.at) for one in kept.changes] == [
        ("staging", "in_progress", ago(hours=2))
    ]
    assert kept.gaps == ((ago(hours=1), ago(minutes=35), "off"),)
    assert kept.watched_since == ago(hours=2)


def test_of_an_unknown_batch_a_note_alone_may_be_kept(key: KeyHandle):
    assert read_kept(key=key, name=NAME) == Kept()
    BatchNote.objects.create(
        fingerprint=key.fingerprint, name=NAME, text="to come", changed_at=NOON
    )
    assert read_kept(key=key, name=NAME).note.text == "to come"
    assert read_kept(key=key, name="a\x00b") == Kept()


def test_watching_began_with_the_oldest_sample_packed_or_not(key: KeyHandle):
    row = seen_batch(key.fingerprint)
    keep_packed(row, [counted(AT - 3 * 86_400, 1), counted(AT - 2 * 86_400, 5)])
    keep(key.fingerprint, [counted(AT - 60, 9)])
    assert read_kept(key=key, name=NAME).watched_since == ago(days=3)


def test_gaps_before_watching_began_and_short_ones_are_left_out(key: KeyHandle):
    keep(key.fingerprint, [counted(AT - 7200, 1)])
    gap(key, ago(hours=9), 60)
    gap(key, ago(hours=2, minutes=30), 60)
    gap(key, ago(minutes=50), 19)
    # the first half of it was before the batch was watched
    assert [(one.since, one.until) for one in read_kept(key=key, name=NAME).gaps] == [
        (ago(hours=2), ago(hours=1, minutes=30))
    ]


def test_after_its_key_was_replaced_the_past_is_kept_and_no_old_alarm_is_open(key: KeyHandle):
    row = keep(key.fingerprint, [counted(AT - 7200, 1)])
    raised(row, AlarmKind.STALLED)
    kept = read_kept(key=with_replaced_key(key), name=NAME)
    assert (len(kept.alarms), kept.open_alarms, kept.watched_since) == (1, (), ago(hours=2))


def test_nothing_is_shown_of_another_key_and_of_a_refused_one(
    key: KeyHandle, bob: User, key_for: KeyMaker
):
    raised(keep(key.fingerprint, [counted(AT, 1)]), AlarmKind.STALLED)
    assert read_kept(key=key_for(bob, mode="test"), name=NAME) == Kept()
    ApiKey.objects.filter(fingerprint=key.fingerprint).update(is_refused=True)
    assert read_kept(key=as_stored(key), name=NAME) == Kept()

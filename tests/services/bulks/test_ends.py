"""Whoever began a bulk is told once that it has ended: by itself, not by a stop of their own."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.utils import timezone

from batches.models import ApiKey, Bulk, Notice, NoticeKind
from batches.sandbox import Sandbox
from batches.services.bulks import control, work
from batches.services.keys.types import ViewerKey
from tests.support.bulk_work import confirmed, names_of, plan_of, work_off
from tests.support.vendor import KeyMaker

Clock = time_machine.Traveller


@pytest.fixture
def key(key_for: KeyMaker, alice: User, refonte: Sandbox, clock: Clock) -> ViewerKey:
    for number, name in enumerate(names_of(3)):
        at = timezone.now() - timedelta(hours=number)
        refonte.add_batch(name, status="in_progress", counts={"pending": 5}, created_at=at)
    return key_for(alice)


def told() -> list[tuple[str, int, str]]:
    rows = Notice.objects.filter(kind=NoticeKind.BULK).order_by("id")
    return [(row.facts["bulk"], row.facts["done"], row.facts["why"]) for row in rows]


def test_one_that_has_sent_all_rows(refonte: Sandbox, alice: User, key: ViewerKey, clock: Clock):
    bulk = confirmed(alice, key, names_of(3))

    work_off(clock, seconds=30)

    assert told() == [(str(bulk.pk), 3, "")]


def test_one_that_may_not_go_on(refonte: Sandbox, alice: User, key: ViewerKey):
    bulk = confirmed(alice, key, names_of(3))
    ApiKey.objects.all().delete()

    work.run_key(fingerprint=key.fingerprint)

    label = Bulk.objects.get().key_label
    assert told() == [(str(bulk.pk), 0, f"The key “{label}” was deleted.")]


def test_not_one_that_a_person_stops_or_whose_plan_was_not_read(
    refonte: Sandbox, alice: User, key: ViewerKey
):
    control.stop_bulk(user=alice, bulk=confirmed(alice, key, names_of(2)))
    plan_of(alice, key, names_of(3)[2:])
    ApiKey.objects.all().delete()

    work_off()

    assert told() == []

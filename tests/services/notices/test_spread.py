"""Who is told of an event, on which ways, and once."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.utils import timezone
from pytest_django.fixtures import DjangoAssertNumQueries, Settings

from batches.models import (
    ApiKey,
    Delivery,
    DeliveryState,
    Lease,
    LeasePurpose,
    Notice,
    NoticeKind,
    NoticeSetting,
    Preferences,
    SeenBatch,
)
from batches.services import leases
from batches.services.keys.types import KeyHandle, ViewerKey
from batches.services.notices import follows, spread
from batches.services.notices.events import BELL, MAIL
from batches.services.notices.readers import NO_KEY, NO_ROLE, NOT_ACTIVE
from batches.services.notices.spread import NO_ADDRESS, spread_due
from tests.support.clock import NOON
from tests.support.consent import disable, take_out_of_groups
from tests.support.notices import (
    BATCH,
    NAME,
    OF_KEY,
    OF_PROJECT,
    alarm,
    complete,
    follow,
    reasons,
    see,
    seen_batch,
    told,
    waits_until,
)
from tests.support.vendor import KeyMaker

pytestmark = pytest.mark.usefixtures("clock")
WAITING, SENT, DROPPED = DeliveryState.WAITING, DeliveryState.SENT, DeliveryState.DROPPED


@pytest.fixture(autouse=True)
def _addresses(alice: User, vera: User) -> None:
    for user in (alice, vera):
        user.email = f"{user.username}@example.com"
        user.save()


def spread_all() -> int:
    return spread_due()


def test_a_completion_is_told_to_who_follows_the_batch(alice: User, vera: User, key: KeyHandle):
    follow(alice, key)
    complete(key)
    assert spread_all() == 1
    assert told(alice) == {BELL: [SENT], MAIL: [WAITING]}
    assert told(vera) == {}
    assert spread_all() == 0


def test_each_event_is_told_once_however_much_of_it_is_followed(alice: User, key: KeyHandle):
    for thing, ways in ((BATCH, [BELL]), (OF_PROJECT, [BELL, MAIL]), (OF_KEY, [MAIL])):
        follow(alice, key, *ways, thing=thing)
    complete(key)
    spread_all()
    assert told(alice) == {BELL: [SENT], MAIL: [WAITING]}
    # a worker that was killed behind its commit, and one that spreads what was spread
    Notice.objects.update(spread_at=None)
    spread_all()
    assert told(alice) == {BELL: [SENT], MAIL: [WAITING]}


@pytest.mark.parametrize("thing", [OF_PROJECT, OF_KEY])
def test_a_follow_of_more_tells_of_its_batches_and_of_no_others(
    alice: User, key: KeyHandle, key_for: KeyMaker, thing: follows.Thing
):
    other = key_for(alice, mode="test")
    follow(alice, key, BELL, thing=thing)
    complete(other)
    complete(key, name="dog-1", project="dogs")
    spread_all()
    assert told(alice) == ({BELL: [SENT]} if thing == OF_KEY else {})
    complete(key)
    spread_all()
    assert len(told(alice)[BELL]) == (2 if thing == OF_KEY else 1)


def test_only_the_events_that_were_ticked_are_told(alice: User, key: KeyHandle):
    follows.save_follow(user=alice, key=key, thing=BATCH, choices={"stalled": [BELL], "errors": []})
    batch = seen_batch(key)
    for kind in (NoticeKind.ERRORS, NoticeKind.STALLED, NoticeKind.STAGING):
        alarm(key, kind, batch=batch)
    alarm(key, NoticeKind.STALLED, batch=batch, is_over=True)
    see(key, "completed")
    spread_all()
    kinds = Delivery.objects.values_list("notice__kind", "notice__is_over")
    assert sorted(kinds) == [("stalled", False), ("stalled", True)]


def test_where_it_is_told_that_a_batch_is_done_the_end_of_its_alarms_is_not(
    alice: User, key: KeyHandle
):
    choices = {"stalled": [BELL, MAIL], "completed": [BELL]}
    follows.save_follow(user=alice, key=key, thing=BATCH, choices=choices)
    complete(key)
    alarm(key, NoticeKind.STALLED, batch=SeenBatch.objects.get(), is_over=True)
    spread_all()
    found = Delivery.objects.order_by("notice", "way").values_list("notice__kind", "way")
    assert list(found) == [("completed", BELL), ("stalled", MAIL)]


@pytest.mark.parametrize("kind", [NoticeKind.KEY_REFUSED, NoticeKind.AT_REST])
def test_what_is_about_the_whole_key_is_told_to_who_follows_any_of_it(
    alice: User, key: KeyHandle, kind: NoticeKind
):
    follow(alice, key, BELL, thing=OF_PROJECT)
    alarm(key, kind)
    spread_all()
    assert told(alice) == {BELL: [SENT]}


def test_nothing_of_a_muted_batch_is_told(alice: User, key: KeyHandle):
    follow(alice, key, BELL, thing=OF_KEY)
    follow(alice, key, BELL, thing=BATCH)
    follows.set_muted(user=alice, key=key, name=NAME, is_muted=True)
    complete(key)
    complete(key, name="kitten-08")
    alarm(key, NoticeKind.KEY_REFUSED)
    spread_all()
    names = Delivery.objects.values_list("notice__batch", flat=True)
    assert set(SeenBatch.objects.filter(pk__in=names).values_list("name", flat=True)) == {
        "kitten-08"
    }
    follows.set_muted(user=alice, key=key, name=NAME, is_muted=False)
    alarm(key, NoticeKind.STALLED, batch=SeenBatch.objects.get(name=NAME))
    spread_all()
    assert Delivery.objects.filter(notice__batch__isnull=False).count() == 2


def test_a_follow_goes_on_after_the_key_was_replaced(alice: User, key: ViewerKey):
    follow(alice, key, BELL)
    ApiKey.objects.filter(id=key.id).update(fingerprint="f" * 16, earlier=[key.fingerprint])
    replaced = KeyHandle(id=key.id, mode="live", label="", fingerprint="f" * 16, owner_id=alice.pk)
    complete(replaced)
    spread_all()
    assert told(alice) == {BELL: [SENT]}


@pytest.mark.parametrize(
    ("end", "reason"), [(disable, NOT_ACTIVE), (take_out_of_groups, NO_ROLE), (None, NO_KEY)]
)
def test_who_may_not_read_the_key_any_more_is_not_told_and_that_is_recorded(
    vera: User, alice: User, key_for: KeyMaker, end: object, reason: str
):
    shared = key_for(alice, is_shared=True)
    follow(vera, shared)
    if callable(end):
        end(vera, shared)
    else:
        ApiKey.objects.update(is_shared=False)
    complete(shared)
    spread_all()
    assert told(vera) == {BELL: [DROPPED], MAIL: [DROPPED]}
    assert reasons(vera) == {reason}


def test_who_has_no_address_is_sent_no_mail_and_that_is_recorded(alice: User, key: KeyHandle):
    follow(alice, key)
    User.objects.update(email="")
    complete(key)
    spread_all()
    assert told(alice) == {BELL: [SENT], MAIL: [DROPPED]}
    assert reasons(alice) == {NO_ADDRESS}


def test_in_quiet_hours_the_bell_rings_and_the_rest_waits(
    alice: User, key: KeyHandle, clock: time_machine.Traveller
):
    Preferences.objects.create(user=alice, zone="Europe/Berlin")
    NoticeSetting.objects.create(user=alice, quiet_from="22:00", quiet_until="07:00")
    follow(alice, key)
    clock.move_to(NOON.replace(hour=22))
    complete(key)
    spread_all()
    assert told(alice) == {BELL: [SENT], MAIL: [WAITING]}
    assert waits_until(alice) == NOON.replace(day=24, hour=6)


def test_a_channel_that_was_deleted_is_no_way_any_more(alice: User, key: KeyHandle):
    follow(alice, key, BELL, "12345")
    complete(key)
    spread_all()
    assert told(alice) == {BELL: [SENT]}


def test_another_worker_spreads_nothing_meanwhile(alice: User, key: KeyHandle):
    follow(alice, key)
    complete(key)
    held = leases.acquire(Lease, length=spread.LEASE, fingerprint="", purpose=LeasePurpose.SPREAD)
    assert held
    assert spread_all() == 0
    held.release()
    assert spread_all() == 1


def test_a_worker_that_stops_leaves_the_rest(alice: User, key: KeyHandle):
    follow(alice, key)
    complete(key)
    assert spread_due(goes_on=lambda: False) == 0
    assert told(alice) == {}


def test_nothing_new_costs_one_query(
    key: KeyHandle, django_assert_num_queries: DjangoAssertNumQueries
):
    with django_assert_num_queries(1):
        assert spread_all() == 0


def test_old_ones_are_deleted_with_their_deliveries(
    alice: User, key: KeyHandle, settings: Settings, clock: time_machine.Traveller
):
    settings.OBSERVATION_DAYS = 31
    follow(alice, key)
    complete(key)
    spread_all()
    clock.shift(timedelta(days=20))
    complete(key, name=NAME)
    alarm(key, NoticeKind.STALLED, batch=SeenBatch.objects.get(name=NAME))
    spread_all()
    clock.shift(timedelta(days=12))
    spread.prune(now=timezone.now())
    assert set(Notice.objects.values_list("at", flat=True)) == {NOON + timedelta(days=20)}
    assert set(Delivery.objects.values_list("created_at", flat=True)) == {NOON + timedelta(days=20)}

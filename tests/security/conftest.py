"""Five people, each with a key of their own, and one batch."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from batches.models import Alarm, AlarmKind, Bulk, Operation
from batches.sandbox import Sandbox
from batches.services.keys.types import ViewerKey
from batches.services.notices import channels
from batches.services.views.types import View
from tests.support.bulk_work import plan_of
from tests.support.operations import prioritize
from tests.support.saved_views import saved
from tests.support.selections import selected
from tests.support.vendor import KeyMaker


@dataclass(frozen=True, slots=True, kw_only=True)
class Console:
    """Alice owns operation, bulk, selection, channel, view, and the key of the alarm.

    Keys are all different.
    """

    people: dict[str, User]
    keys: dict[str, ViewerKey]
    operation: Operation
    bulk: Bulk
    alarm: Alarm
    channel_id: int
    view: View

    def browser(self, name: str) -> Client:
        """Signed in as one of them, or as nobody. An error of ours is an answer here."""
        client = Client(raise_request_exception=False)
        if name != "nobody":
            client.force_login(self.people[name])
        return client

    def ref(self, name: str) -> str:
        return self.keys[name].ref if name in self.keys else ""

    def fields(self, name: str, /, **more: str) -> dict[str, str]:
        """What every form that writes carries."""
        return {"key": self.ref(name), "form_id": str(uuid4())} | more


@pytest.fixture
def console(
    refonte: Sandbox,
    key_for: KeyMaker,
    alice: User,
    bob: User,
    vera: User,
    charlie: User,
    ada: User,
    settings: Settings,
) -> Console:
    refonte.add_project("kittens")
    refonte.add_batch("kitten-07", project="kittens", counts={"pending": 640, "completed": 2})
    people = {"alice": alice, "bob": bob, "vera": vera, "charlie": charlie, "ada": ada}
    keys = {}
    for name in ("alice", "bob", "vera", "ada"):
        refonte.add_key(f"key-of-{name}-1234", "live")
        keys[name] = key_for(people[name], api_key=f"key-of-{name}-1234")
    now = timezone.now()
    alarm = Alarm.objects.create(
        fingerprint=keys["alice"].fingerprint,
        kind=AlarmKind.AT_REST,
        since=now,
        began_at=now,
        checked_at=now,
        subject="today",
    )
    settings.NOTIFY_ALLOW = ["https://hooks.example.com"]
    url = "https://hooks.example.com/alices-s3cret-t0ken"
    selected(alice, keys["alice"], "kitten-07")
    channel = channels.add_channel(user=alice, label="#ops", url=url)
    return Console(
        people=people,
        keys=keys,
        operation=prioritize(alice, keys["alice"]),
        bulk=plan_of(alice, keys["alice"], ["kitten-07"]),
        alarm=alarm,
        channel_id=channel.pk,
        view=saved(alice, is_shared=True),
    )


@pytest.fixture
def as_alice(console: Console) -> Client:
    return console.browser("alice")


Browse = Callable[[User], Client]

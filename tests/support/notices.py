"""Follows, events and what the worker makes of them, for tests of `services/notices`."""

from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from batches.models import Delivery, DeliveryState, Notice, NoticeKind, Scope, SeenBatch
from batches.refonte import Counts
from batches.services.keys.types import KeyHandle
from batches.services.notices import follows, spread
from batches.services.notices.events import BELL, EVENTS, MAIL
from batches.services.notices.follows import Thing
from batches.services.notices.publish import publish
from batches.services.notices.sending import send
from batches.services.observations.record import record
from batches.services.observations.sighting import Sighting

NAME, PROJECT = "kitten-07", "kittens"
BATCH = Thing(Scope.BATCH, NAME)
OF_PROJECT = Thing(Scope.PROJECT, PROJECT)
OF_KEY = Thing(Scope.KEY)


def follow(user: User, key: KeyHandle, *ways: str, thing: Thing = BATCH) -> None:
    """All events on these ways; without any on the bell and by e-mail."""
    choices = {str(event.kind): [*(ways or (BELL, MAIL))] for event in EVENTS}
    follows.save_follow(user=user, key=key, thing=thing, choices=choices)


def see(key: KeyHandle, status: str, *, name: str = NAME, project: str = PROJECT) -> None:
    """One answer of Refonte, now."""
    counts = Counts(pending=0 if status == "completed" else 172, completed=172)
    sighting = Sighting(name=name, project=project, status=status, counts=counts)
    record(fingerprint=key.fingerprint, sightings=[sighting], at=timezone.now())


def complete(key: KeyHandle, *, name: str = NAME, project: str = PROJECT) -> None:
    """A batch that was seen open, and then completed."""
    see(key, "in_progress", name=name, project=project)
    see(key, "completed", name=name, project=project)


def alarm(
    key: KeyHandle,
    kind: NoticeKind = NoticeKind.STALLED,
    *,
    batch: SeenBatch | None = None,
    is_over: bool = False,
    **facts: Any,
) -> Notice:
    """A notice as the worker's alarms make them."""
    return publish(
        kind=kind,
        fingerprint=key.fingerprint,
        batch=batch,
        at=timezone.now(),
        is_over=is_over,
        facts=facts,
    )


def seen_batch(key: KeyHandle, name: str = NAME, project: str = PROJECT) -> SeenBatch:
    see(key, "in_progress", name=name, project=project)
    return SeenBatch.objects.get(fingerprint=key.fingerprint, name=name)


def work() -> None:
    """One round of the worker."""
    spread.spread_due()
    for way in send.due_ways(now=timezone.now()):
        send.send_way(way=way)


def told(user: User) -> dict[str, list[str]]:
    """The states of this person's deliveries, by way."""
    found: dict[str, list[str]] = {}
    for row in Delivery.objects.filter(user=user).order_by("created_at", "pk"):
        found.setdefault(row.way, []).append(row.state)
    return found


def reasons(user: User) -> set[str]:
    return set(
        Delivery.objects.filter(user=user)
        .exclude(state=DeliveryState.SENT)
        .values_list("reason", flat=True)
    )


def waits_until(user: User, way: str = MAIL) -> datetime:
    return Delivery.objects.get(user=user, way=way, state=DeliveryState.WAITING).due_at

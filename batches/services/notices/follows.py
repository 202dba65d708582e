"""What a person follows: to see it, to change it, to mute a batch."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.contrib.auth.models import User
from django.db.models import QuerySet

from batches.models import Follow, Scope
from batches.models.names import name_digest
from batches.services.keys.types import KeyHandle
from batches.services.notices.events import BELL, EVENTS, MAIL, MAILED_FIRST
from batches.services.transactions import repeatable_transaction

FOLLOWS_MAX = 500  # of one person
Choices = Mapping[str, list[str]]


class TooManyFollows(Exception):  # noqa: N818 - it says what is so
    """Its message is for people."""


@dataclass(frozen=True, slots=True)
class Thing:
    """What a follow is about. name: of a batch or a project; empty for the whole key."""

    scope: Scope
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """What a person follows of one thing. is_known: whether they follow it at all."""

    thing: Thing
    choices: Choices = field(default_factory=dict)
    is_known: bool = False
    is_muted: bool = False


def first_choices(*, with_mail: bool) -> Choices:
    """What is ticked for somebody who does not follow the thing yet."""
    ways = {event.kind: [BELL] for event in EVENTS}
    for kind in MAILED_FIRST if with_mail else ():
        ways[kind] = [BELL, MAIL]
    return {str(kind): chosen for kind, chosen in ways.items()}


def find_follow(*, user: User, key: KeyHandle, thing: Thing) -> Followed:
    """One query."""
    row = _rows(user, key, thing).order_by("-created_at").first()
    if row is None:
        return Followed(thing=thing)
    return Followed(
        thing=thing,
        choices=row.choices,
        is_known=any(row.choices.values()),
        is_muted=row.is_muted,
    )


def follows_of(*, user: User) -> list[Follow]:
    """All of a person, batches first. One query."""
    return list(Follow.objects.filter(user=user).order_by("scope", "name"))


@repeatable_transaction
def save_follow(*, user: User, key: KeyHandle, thing: Thing, choices: Choices) -> None:
    """Raises TooManyFollows. Empty choices end it."""
    kept = {event: sorted(set(ways)) for event, ways in choices.items() if ways}
    if not kept:
        unfollow(user=user, key=key, thing=thing)
        return
    row = _row(user, key, thing)
    row.choices = kept
    row.save()


@repeatable_transaction
def unfollow(*, user: User, key: KeyHandle, thing: Thing) -> None:
    """A batch that is muted stays so."""
    rows = _rows(user, key, thing)
    rows.filter(is_muted=True).update(choices={})
    rows.filter(is_muted=False).delete()


@repeatable_transaction
def set_muted(*, user: User, key: KeyHandle, name: str, is_muted: bool) -> None:
    """Tell nothing of a batch, or again what is followed. Raises TooManyFollows."""
    row = _row(user, key, Thing(Scope.BATCH, name))
    row.is_muted = is_muted
    if is_muted or row.choices:
        row.save()
    elif row.pk:
        row.delete()


def _rows(user: User, key: KeyHandle, thing: Thing) -> QuerySet[Follow]:
    # under earlier fingerprints too: a key that was replaced shows the same batches
    return Follow.objects.filter(
        user=user,
        fingerprint__in=key.fingerprints,
        scope=thing.scope,
        digest=name_digest(thing.name),
    )


def _row(user: User, key: KeyHandle, thing: Thing) -> Follow:
    """The stored one, or a new one that is not stored yet."""
    # locked, so that two forms sent at once make one row
    User.objects.select_for_update().get(pk=user.pk)
    found = _rows(user, key, thing).order_by("-created_at").first()
    if found is None and Follow.objects.filter(user=user).count() >= FOLLOWS_MAX:
        raise TooManyFollows(f"You follow {FOLLOWS_MAX} things, which is the limit.")
    return found or Follow(
        user=user, fingerprint=key.fingerprint, scope=thing.scope, name=thing.name
    )

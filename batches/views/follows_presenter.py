"""What the form for one follow and the page of all of them show."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from batches.forms.follows import ChannelForm, FollowForm
from batches.models import Follow, Scope
from batches.services.keys.listing import list_readable_keys
from batches.services.keys.types import ViewerKey
from batches.services.notices import addresses, channels, follows, mail_server, told
from batches.services.notices.events import BELL, EVENTS, MAIL, Event
from batches.services.notices.follows import Followed, Thing
from batches.services.notices.readers import setting_of
from batches.views.request import Request


@dataclass(frozen=True, slots=True)
class Way:
    """One column of the form. icon: of the sprite."""

    id: str
    words: str
    icon: str


@dataclass(frozen=True, slots=True)
class Box:
    """One tick of the form."""

    value: str
    label: str
    is_ticked: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A thing that a person follows; words: its events by way. key: None where it is gone."""

    follow: Follow
    key: ViewerKey | None
    words: str


def things_of(named: dict[str, str]) -> list[Thing]:
    """What can be followed where these are named, the smallest first."""
    found = []
    if name := named.get("batch"):
        found.append(Thing(Scope.BATCH, name))
    if project := named.get("project"):
        found.append(Thing(Scope.PROJECT, project))
    return found if found else [Thing(Scope.KEY)]


def ways_of(user: User) -> dict[str, Way]:
    """All ways on which this person can be told. One query."""
    ways = [Way(BELL, "In the page", "bell")]
    if can_mail(user):
        ways.append(Way(MAIL, "E-mail", "mail"))
    ways += [Way(str(one.pk), one.label, "message") for one in channels.channels_of(user=user)]
    return {way.id: way for way in ways}


def can_mail(user: User) -> bool:
    return bool(user.email) and mail_server.is_set_up()


def mail_words(user: User) -> str:
    """The address that mails go to, or why none do."""
    if not mail_server.is_set_up():
        return "No e-mail: this console has no mail server (EMAIL_URL)."
    return user.email or "No e-mail: your account has no address. An administrator can enter one."


def follow_context(
    request: Request, things: list[Thing], ways: dict[str, Way], form: FollowForm | None = None
) -> dict[str, Any]:
    found = [follows.find_follow(user=request.user, key=request.key, thing=one) for one in things]
    shown = next((one for one in found if one.is_known), found[0])
    ticked = form.ticked if form else _ticked(shown, request.user)
    by_scope = {str(one.thing.scope): one.thing.name for one in found}
    return {
        "form": form,
        "things": things,
        "scope": (form and form.data.get("scope")) or shown.thing.scope,
        "batch": by_scope.get("batch", ""),
        "project": by_scope.get("project", ""),
        "ways": [*ways.values()],
        "events": [(event, _boxes(event, ways, ticked)) for event in EVENTS],
        "is_followed": any(one.is_known for one in found),
        "is_muted": any(one.is_muted for one in found),
        "setting": setting_of(request.user),
        "mail_words": "" if can_mail(request.user) else mail_words(request.user),
    }


def _ticked(shown: Followed, user: User) -> list[str]:
    chosen = shown.choices if shown.is_known else follows.first_choices(with_mail=can_mail(user))
    return [f"{event}:{way}" for event, ways in chosen.items() for way in ways]


def _boxes(event: Event, ways: dict[str, Way], ticked: list[str]) -> list[Box]:
    pairs = [(f"{event.kind}:{way.id}", f"{event.words}: {way.words}") for way in ways.values()]
    return [Box(value, label, value in ticked) for value, label in pairs]


def list_context(request: Request, form: ChannelForm) -> dict[str, Any]:
    """What a person follows, their channels, and what was sent on these."""
    keys = list_readable_keys(user=request.user)
    ways = ways_of(request.user)
    return {
        "form": form,
        "lines": [_line(row, keys, ways) for row in follows.follows_of(user=request.user)],
        "channels": channels.channels_of(user=request.user),
        "deliveries": told.deliveries_of(user=request.user),
        "setting": setting_of(request.user),
        "can_mail": can_mail(request.user),
        "mail_words": mail_words(request.user),
        "has_channels": addresses.is_offered(),
        "zone": timezone.get_current_timezone_name(),
    }


def _line(row: Follow, keys: tuple[ViewerKey, ...], ways: dict[str, Way]) -> Line:
    words = [
        f"{way.words}: {', '.join(events)}"
        for way in ways.values()
        if (events := [one.words for one in EVENTS if way.id in row.choices.get(one.kind, ())])
    ]
    key = next((key for key in keys if row.fingerprint in key.fingerprints), None)
    return Line(row, key, "; ".join(words))

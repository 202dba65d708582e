"""Due date, owner and note of a batch in words, and what was changed of them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import template
from django.template.defaultfilters import date as format_date
from django.utils import timezone

from batches.services.attention.changes import changes_of
from batches.templatetags.ranges import NEEDS_YEAR, SAME_WEEKDAY
from batches.templatetags.times import in_zone

register = template.Library()

LABELS = {"due_at": "Due date", "owner": "Owner", "text": "Note"}
NONE = "none"


@register.filter
def due_moment(moment: datetime) -> str:
    """A due date to the minute: `today 20:00`, `Fri 20:00`, `Fri 4 Dec 20:00`.

    Without a year where that is plain; a weekday alone within six days.
    """
    local, now = in_zone(moment, timezone.get_current_timezone()), timezone.now()
    if local.date() == timezone.localdate():
        return format_date(local, r"\t\o\d\a\y H:i")
    away = abs(moment - now)
    if away < SAME_WEEKDAY:
        return format_date(local, "D H:i")
    return format_date(local, "D j M H:i" if away < NEEDS_YEAR else "D j M Y H:i")


def note_done(parameters: Mapping[str, Any]) -> str:
    """What somebody did: `set the due date Fri 20:00 and removed the owner`."""
    said = {"due_at": "the due date", "owner": "the owner", "text": "the note"}
    parts = []
    for name, _, after in changes_of(parameters):
        if not after:
            parts.append(f"removed {said[name]}")
        elif name == "text":
            parts.append(f"wrote {said[name]}")
        else:
            parts.append(f"set {said[name]} {_short(name, after)}")
    return " and ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:])))


def note_set(parameters: Mapping[str, Any]) -> str:
    """What it is now, for a list: `Due date Fri 20:00, no owner`."""
    parts = []
    for name, _, after in changes_of(parameters):
        label = LABELS[name].lower()
        if not after:
            parts.append(f"no {label}")
        else:
            parts.append(label if name == "text" else f"{label} {_short(name, after)}")
    words = ", ".join(parts)
    return f"{words[:1].upper()}{words[1:]}"


def note_lines(parameters: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What was changed, with its label and what it was before."""
    return [
        (LABELS[name], f"{_whole(name, after)} (before: {_whole(name, before)})")
        for name, before, after in changes_of(parameters)
    ]


def _short(name: str, value: str) -> str:
    return due_moment(datetime.fromisoformat(value)) if name == "due_at" else value


def _whole(name: str, value: str) -> str:
    if not value:
        return NONE
    if name != "due_at":
        return " ".join(value.split())
    moment = datetime.fromisoformat(value)
    return format_date(in_zone(moment, timezone.get_current_timezone()), "D j M Y, H:i")

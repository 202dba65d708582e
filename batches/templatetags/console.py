"""How a time, a status and an address are drawn. Takes values, gives text; asks nobody."""

import hashlib
import json
import shlex
from datetime import datetime, timedelta, tzinfo
from typing import Any

from django import template
from django.conf import settings
from django.template.defaultfilters import date as date_words
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from batches.models import Operation, State, Verb
from batches.refonte import (
    CANCELLED,
    COMPLETED,
    CUT,
    IN_PROGRESS,
    PAUSED,
    STAGING,
    encode_name,
)
from batches.refonte import is_whole as text_is_whole
from batches.refs import to_ref
from batches.services.cache.entry import Failure
from batches.services.readings.reading import Reading

register = template.Library()

DRAWN_MAX = 100_000  # characters of a raw answer
# what goes on until the vendor is well again; the others are answers to one question
LASTING = frozenset({"not_sent", "no_answer", "vendor_error", "bad_answer"})
REASONS = {
    "not_sent": "Refonte could not be reached",
    "no_answer": "Refonte did not answer",
    "vendor_error": "Refonte answered with an error",
    "bad_answer": "Refonte's answer could not be read",
    "throttled": "Refonte asked to wait",
    "key_refused": "Refonte refused this key",
    "not_found": "Refonte does not know this batch with this key",
    "conflict": "Refonte refused the request",
    "rejected": "Refonte refused the request",
    "busy": "Refonte was not asked",
}
STATUSES = {
    STAGING: "Staging",
    IN_PROGRESS: "In progress",
    COMPLETED: "Completed",
    PAUSED: "Paused",
    CANCELLED: "Cancelled",
    "canceled": "Cancelled",
}
DEEDS = {
    Verb.CREATE: ("create", "created"),
    Verb.FINALIZE: ("finalize", "finalized"),
    Verb.PRIORITIZE: ("set priority", "set priority"),
}


@register.filter
def ref(name: str) -> str:
    """The path segment for a batch name."""
    return to_ref(name)


@register.filter
def dom_id(name: str) -> str:
    """A short id for a batch's pieces on a page, whatever its name holds."""
    return "b" + hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()[:12]


@register.filter
def age(moment: datetime | None) -> SafeString | str:
    """A relative time that the page keeps current: "2 h"."""
    return _age(moment, "")


@register.filter
def ago(moment: datetime | None) -> SafeString | str:
    """The same in a sentence: "2 h ago"."""
    return _age(moment, "ago")


@register.filter
def moment(value: datetime | None) -> SafeString | str:
    """A whole date and time in the reader's zone."""
    if value is None:
        return "unknown"
    local = _local(value)
    words = date_words(local, "j M Y, H:i")
    return format_html('<time datetime="{}" title="{}">{}</time>', *_titled(value), words)


@register.filter
def clock(value: datetime | None) -> SafeString | str:
    """The time alone for today, with its day otherwise."""
    if value is None:
        return "unknown"
    words = _clock_words(value, "H:i")
    return format_html('<time datetime="{}" title="{}">{}</time>', *_titled(value), words)


@register.filter
def exact(value: datetime) -> SafeString:
    """The same to the second, where one thing follows upon another."""
    words = _clock_words(value, "H:i:s")
    return format_html('<time datetime="{}" title="{}">{}</time>', *_titled(value), words)


@register.filter
def to_the_second(value: datetime) -> str:
    """The words of a clock that runs: what it shows may be of another day."""
    return _clock_words(value, "H:i:s")


@register.filter
def why(failure: Failure) -> str:
    """One sentence on a failed reading: what happened, since when, in whose words."""
    if failure.outcome == "busy" and failure.message:
        return failure.message  # our own, and whole: an answer with an error is an answer
    reason = _reason(failure)
    minutes = int((timezone.now() - failure.since).total_seconds() // 60)
    since = f" for {minutes} min" if minutes > 0 and failure.outcome in LASTING else ""
    words = f" ({failure.message.rstrip('.')})" if failure.message else ""
    return f"{reason}{since}{words}."


def why_in_short(failure: Failure) -> str:
    """The same as a part of a sentence, without the vendor's own words."""
    is_ours = failure.outcome == "busy" and failure.message
    return failure.message.rstrip(".") if is_ours else _reason(failure)


@register.filter
def status_words(status: str | None) -> str:
    """A status as its mark words it; one that is new to us in the vendor's own word."""
    return STATUSES.get(status or "", status or "unknown")


@register.filter
def deed(operation: Operation) -> str:
    """What somebody did, in the past only where it is known to have happened."""
    asked, done = DEEDS[Verb(operation.verb)]
    words = done if operation.state == State.SUCCEEDED else f"asked to {asked}"
    priority = operation.parameters.get("priority")
    return f"{words} {priority}" if operation.verb == Verb.PRIORITIZE and priority else words


@register.filter
def next_look(reading: Reading[Any], poll_seconds: int) -> datetime | None:
    """When a page that asks again in so many seconds will have it tried again."""
    look = timezone.now() + timedelta(seconds=poll_seconds)
    return reading.next_try and max(reading.next_try, look)


@register.filter
def pretty(payload: Any) -> str:
    """JSON as a person reads it, as much of it as a page has room for."""
    pieces, room = [], DRAWN_MAX
    for piece in json.JSONEncoder(indent=2, ensure_ascii=False).iterencode(payload):
        pieces.append(piece[:room])
        room -= len(piece)
        if room <= 0:
            return f"{''.join(pieces)}\n{CUT}"
    return "".join(pieces)


@register.filter
def is_whole(text: str) -> bool:
    """Whether a vendor's text may stand in an address: a cut one would name another thing."""
    return text_is_whole(text)


@register.filter
def as_curl(name: str) -> str:
    """The same question to the vendor from a shell; the key stays where the shell keeps it."""
    url = shlex.quote(f"{settings.REFONTE_API_URL}/batches/{encode_name(name)}/status")
    return f'curl -u "$REFONTE_API_KEY:" {url}'


@register.filter
def as_python(name: str) -> str:
    """The same question from Python."""
    url = f"{settings.REFONTE_API_URL}/batches/{encode_name(name)}/status"
    return (
        "import os, requests\n\n"
        f"answer = requests.get({url!r}, auth=(os.environ['REFONTE_API_KEY'], ''), timeout=10)\n"
        "answer.raise_for_status()\n"
        "print(answer.json())\n"
    )


@register.filter
def figure(count: int | None) -> str:
    """A count with thousands apart, or the word for not knowing it."""
    return "unknown" if count is None else f"{count:,}"


def _local(value: datetime) -> datetime:
    """In the reader's zone."""
    return in_zone(value, timezone.get_current_timezone())


def in_zone(value: datetime, zone: tzinfo) -> datetime:
    """As it is where it would lie before the first year or past the last there."""
    try:
        return value.astimezone(zone)
    except OverflowError:
        return value


def _reason(failure: Failure) -> str:
    return REASONS.get(failure.outcome, "Refonte did not answer")


def _clock_words(value: datetime, form: str) -> str:
    local = _local(value)
    is_today = local.date() == timezone.localdate()
    return date_words(local, form if is_today else f"j M, {form}")


def _titled(value: datetime) -> tuple[str, str]:
    local = _local(value)
    return value.isoformat(), f"{date_words(local, 'j M Y, H:i:s')} {local.tzname()}"


def _age(value: datetime | None, form: str) -> SafeString | str:
    if value is None:
        return "unknown"
    words = age_words(value, timezone.now())
    if form:
        words = f"just {words}" if words == "now" else f"{words} {form}"
    iso, title = _titled(value)
    return format_html(
        '<time datetime="{}" data-age="{}" title="{}">{}</time>', iso, form, title, words
    )


def age_words(value: datetime, now: datetime) -> str:
    """`now`, then minutes to an hour, hours to two days, days."""
    minutes = int((now - value).total_seconds() // 60)
    if minutes < 1:
        return "now"
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // 1440} d"

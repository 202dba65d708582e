"""How fresh a page is, in words: why a reading failed, and when it is tried again."""

from datetime import datetime, timedelta
from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from batches.refonte import Outcome
from batches.services.cache.entry import Failure
from batches.services.readings.reading import Reading
from batches.templatetags.times import time

register = template.Library()

# These last until Refonte works again; the others are answers to one request.
LASTING = frozenset({Outcome.NOT_SENT, Outcome.NO_ANSWER, Outcome.VENDOR_ERROR, Outcome.BAD_ANSWER})
REASONS: dict[str, str] = {
    Outcome.NOT_SENT: "Refonte could not be reached",
    Outcome.NO_ANSWER: "Refonte did not answer",
    Outcome.VENDOR_ERROR: "Refonte answered with an error",
    Outcome.BAD_ANSWER: "Refonte's answer could not be read",
    Outcome.THROTTLED: "Refonte asked to wait",
    Outcome.KEY_REFUSED: "Refonte refused this key",
    Outcome.NOT_FOUND: "Refonte does not know this batch with this key",
    Outcome.CONFLICT: "Refonte refused the request",
    Outcome.REJECTED: "Refonte refused the request",
    Outcome.BUSY: "Refonte was not asked",
}
UNKNOWN_REASON = REASONS[Outcome.NO_ANSWER]


@register.filter
def failure_sentence(failure: Failure) -> str:
    """What happened, since when, and Refonte's own message where there is one."""
    if failure.outcome == Outcome.BUSY and failure.message:
        return failure.message  # this product's own sentence, which needs no reason before it
    minutes = int((timezone.now() - failure.since).total_seconds() // 60)
    since = f" for {minutes} min" if minutes > 0 and failure.outcome in LASTING else ""
    words = f" ({failure.message.rstrip('.')})" if failure.message else ""
    return f"{_reason(failure)}{since}{words}."


def failure_reason(failure: Failure) -> str:
    """The same as a part of a sentence, without Refonte's own message."""
    is_ours = failure.outcome == Outcome.BUSY and failure.message
    return failure.message.rstrip(".") if is_ours else _reason(failure)


@register.simple_tag
def stamp_text(as_of: datetime | None, seen_at: datetime | None) -> SafeString | str:
    """As of when a page is; where nothing was read, when another answer last showed its batch."""
    if as_of:
        return format_html("Updated {}", time(as_of, "stamp"))
    if seen_at:
        return format_html("Last seen {}", time(seen_at, "running"))
    return "Not read yet"


@register.simple_tag
def pace_text(poll_seconds: int | None, reading: Reading[Any] | None = None) -> str:
    """When the page polls again: empty where it does not."""
    if not poll_seconds:
        return ""
    if not reading or not reading.failure:
        return f"every {poll_seconds} s"
    is_refused = reading.failure.outcome == Outcome.KEY_REFUSED
    return "waiting for the key" if is_refused else "retrying"


@register.simple_tag
def shown_text(
    reading: Reading[Any], seen_at: datetime | None, is_update: bool
) -> SafeString | str:
    """What the page shows while Refonte does not answer.

    seen_at: when another answer last showed the batch. is_update: the page shows something already.
    """
    if reading.as_of:
        return format_html("<strong>Showing {}.</strong>", time(reading.as_of, "seconds"))
    if seen_at:
        last = time(seen_at, "seconds")
        return format_html("<strong>Showing what was last seen, {}.</strong>", last)
    return "" if is_update else mark_safe("<strong>Nothing to show yet.</strong>")  # nosec B308


@register.simple_tag
def next_try_text(reading: Reading[Any], poll_seconds: int | None) -> SafeString | str:
    """When the page is read again; empty where it does not poll."""
    if not poll_seconds:
        return ""
    if reading.failure and reading.failure.outcome == Outcome.KEY_REFUSED:
        return "This page continues once the key is accepted again."
    at = _next_try(reading, poll_seconds)
    return format_html("Next try {}.", time(at, "seconds")) if at else ""


def _next_try(reading: Reading[Any], poll_seconds: int) -> datetime | None:
    # the page shows nothing new before its next poll, even where the vendor may be asked earlier
    next_poll = timezone.now() + timedelta(seconds=poll_seconds)
    return reading.next_try and max(reading.next_try, next_poll)


def _reason(failure: Failure) -> str:
    # A stored reading outlives an upgrade, and may have an outcome that is gone.
    return REASONS.get(failure.outcome, UNKNOWN_REASON)

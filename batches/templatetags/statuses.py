"""How a batch's status, an operation's state and the mode of a key are shown.

The tables here are the only place of their labels, tones and icons; views and files use them too.
"""

from dataclasses import dataclass

from django import template
from django.template.defaultfilters import truncatechars
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from batches.models import Mode, State, StatusChange
from batches.refonte import CANCELLED, COMPLETED, IN_PROGRESS, PAUSED, STAGING
from batches.templatetags.icons import icon
from batches.templatetags.names import name

register = template.Library()


@dataclass(frozen=True, slots=True)
class Mark:
    """tone: the end of a class in `status.css`, empty for plain ink."""

    label: str
    tone: str
    icon: str


STATUSES: dict[str, Mark] = {
    STAGING: Mark("Staging", "wait", "clock"),
    IN_PROGRESS: Mark("In progress", "progress", "loader"),
    COMPLETED: Mark("Completed", "good", "circle-check"),
    PAUSED: Mark("Paused", "wait", "player-pause"),
    CANCELLED: Mark("Cancelled", "", "circle-x"),
    # Refonte's documentation has both spellings.
    "canceled": Mark("Cancelled", "", "circle-x"),
}
UNKNOWN = Mark("Status unknown", "", "question-mark")
NEW_STATUS_ICON, NEW_STATUS_MAX = "circle-dashed", 24

STATES: dict[str, tuple[str, str]] = {
    State.WAITING: ("wait", "hourglass"),
    State.SENDING: ("progress", "send"),
    State.CHECKING: ("wait", "eye"),
    State.SUCCEEDED: ("good", "circle-check"),
    State.NO_EFFECT: ("", "circle-dashed"),
    State.REFUSED: ("bad", "ban"),
    State.NOT_SENT: ("bad", "cloud-off"),
    State.NOT_DONE: ("bad", "circle-x"),
    State.UNCONFIRMED: ("wait", "question-mark"),
}
UNKNOWN_STATE = ("", "question-mark")  # written by a newer version, before it was taken back


@register.filter
def status_label(status: str | None) -> str:
    """The label of a status; an unknown one as Refonte wrote it."""
    if status in STATUSES:
        return STATUSES[status].label
    return status or "unknown"


@register.simple_tag
def status(value: str | None) -> SafeString:
    # Refonte may have statuses that are new to this product: shown as Refonte wrote them
    if value and value not in STATUSES:
        title = format_html(' title="Refonte’s status: {}"', value)
        return _mark("", NEW_STATUS_ICON, name(truncatechars(value, NEW_STATUS_MAX)), title)
    known = STATUSES.get(value or "", UNKNOWN)
    return mark(known.label, known.tone, known.icon)


@register.simple_tag
def status_change(change: StatusChange) -> SafeString | str:
    """A change that this product saw: its own message, or the two statuses."""
    if change.message:
        return change.message
    before, after = name(status_label(change.before)), name(status_label(change.after))
    return format_html("{} → {}, seen by this console", before, after)


@register.simple_tag
def state(value: str) -> SafeString:
    tone, picture = STATES.get(value, UNKNOWN_STATE)
    return mark(dict(State.choices).get(value, value), tone, picture)


@register.simple_tag
def mark(label: str, tone: str, picture: str) -> SafeString:
    """Icon, word and colour."""
    # never colour alone: some people do not see it, and forced colours remove it
    return _mark(tone, picture, label)


@register.simple_tag
def mode(value: str) -> SafeString:
    """Live or Test, as a word in its colour."""
    return format_html('<span class="mode mode--{}">{}</span>', value, Mode(value).label)


def _mark(tone: str, picture: str, words: str, attributes: SafeString | str = "") -> SafeString:
    css = f" status--{tone}" if tone else ""
    return format_html(
        '<span class="status{}"{}>{}<span>{}</span></span>',
        css,
        mark_safe(attributes),  # noqa: S308  # made by format_html, or empty  # nosec
        icon(picture),
        words,
    )

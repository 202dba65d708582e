"""How events of the bell are drawn: icon, tone, day."""

from datetime import datetime, timedelta

from django import template
from django.utils import timezone

from batches.models import NoticeKind
from batches.refs import is_addressable
from batches.services.notices.told import Told

register = template.Library()

ICONS = {
    NoticeKind.COMPLETED: "circle-check",
    NoticeKind.STALLED: "alert-triangle",
    NoticeKind.STAGING: "hourglass",
    NoticeKind.AT_RISK: "calendar-exclamation",
    NoticeKind.ERRORS: "trending-up",
    NoticeKind.KEY_REFUSED: "key",
    NoticeKind.AT_REST: "clock",
}


@register.filter
def event_icon(event: Told) -> str:
    return "check" if event.is_over else ICONS[event.kind]


@register.filter
def event_tone(event: Told) -> str:
    """`good`, `bad`, or `quiet` for what is over."""
    if event.is_over:
        return "quiet"
    return "good" if event.kind == NoticeKind.COMPLETED else "bad"


@register.filter
def has_page(event: Told) -> bool:
    """Whether an address can name its batch."""
    return is_addressable(event.name)


@register.filter
def day_words(moment: datetime) -> str:
    """`Today`, `Yesterday`, else the date, in the reader's zone."""
    day, today = timezone.localtime(moment).date(), timezone.localdate()
    if day == today:
        return "Today"
    if day == today - timedelta(days=1):
        return "Yesterday"
    return f"{day:%a} {day.day} {day:%b %Y}"

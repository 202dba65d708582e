"""How events of the bell and what is followed are drawn: names with links, icon, tone, day."""

from datetime import datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from batches.models import Follow, NoticeKind, Scope
from batches.refs import is_addressable
from batches.services.keys.types import ViewerKey
from batches.services.notices.told import Told
from batches.templatetags.addresses import page_url
from batches.templatetags.attention import alarm_mark
from batches.templatetags.names import name

register = template.Library()
FEW = 99
# Of what is no alarm.
ICONS = {NoticeKind.COMPLETED: "circle-check", NoticeKind.BULK: "stack"}
TONES = {NoticeKind.COMPLETED: "good", NoticeKind.BULK: "quiet"}


@register.filter
def event_icon(event: Told) -> str:
    if event.kind in ICONS:
        return ICONS[event.kind]
    return "check" if event.is_over else alarm_mark(event.kind).icon


@register.filter
def event_tone(event: Told) -> str:
    """`good`, `bad`, or `quiet` for what is over, and for a bulk."""
    if event.is_over:
        return "quiet"
    return TONES.get(event.kind, "bad")


@register.simple_tag
def event_name(event: Told) -> SafeString:
    """The name of the batch or of the key, which leads to its page where it has one."""
    if event.bulk:
        url = page_url("bulks:detail", event.bulk, key=event.key.ref)
        return format_html('<a href="{}">{}</a>', url, event.title)
    if not event.name:
        url, label = page_url("batches:list", key=event.key.ref), event.key.label
        return format_html('<a href="{}">{} key {}</a>', url, event.key.mode_name, name(label))
    return _linked(event.name, event.key.ref)


@register.simple_tag
def followed_name(follow: Follow, key: ViewerKey | None) -> SafeString:
    """What is followed; key: None where the person may no longer read with it."""
    if key is None:
        return name(follow.name or "A key")
    if follow.scope == Scope.BATCH:
        return _linked(follow.name, key.ref)
    if follow.scope == Scope.KEY:
        return format_html("All of {}", name(key.label))
    url = page_url("batches:list", project=follow.name, key=key.ref)
    return format_html('All of <a href="{}">{}</a>', url, name(follow.name))


@register.simple_tag
def follow_url(follow: Follow, key: ViewerKey) -> str:
    """The form to change it."""
    named = {} if follow.scope == Scope.KEY else {str(follow.scope): follow.name}
    return page_url("follows:edit", **named, key=key.ref)


def _linked(batch: str, ref: str) -> SafeString:
    # an address cannot name every batch
    if not is_addressable(batch):
        return name(batch)
    return format_html(
        '<a href="{}">{}</a>', page_url("batches:detail", batch, key=ref), name(batch)
    )


@register.filter
def few(number: int) -> str:
    """A number for a small place."""
    return f"{FEW}+" if number > FEW else str(number)


@register.filter
def day_words(moment: datetime) -> str:
    """`Today`, `Yesterday`, else the date, in the reader's zone."""
    day, today = timezone.localtime(moment).date(), timezone.localdate()
    if day == today:
        return "Today"
    if day == today - timedelta(days=1):
        return "Yesterday"
    return f"{day:%a} {day.day} {day:%b %Y}"

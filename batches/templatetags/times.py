"""How a moment is drawn: one `<time>` element, in the reader's zone."""

from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from functools import partial

from django import template
from django.template.defaultfilters import date as format_date
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


def age_text(value: datetime, now: datetime) -> str:
    """`now`, then minutes to an hour, hours to two days, days."""
    minutes = int((now - value).total_seconds() // 60)
    if minutes < 1:
        return "now"
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // 1440} d"


def in_zone(value: datetime, zone: tzinfo) -> datetime:
    """Unchanged where the zone would take it before the first year or past the last."""
    try:
        return value.astimezone(zone)
    except OverflowError:
        return value


def _local(value: datetime) -> datetime:
    return in_zone(value, timezone.get_current_timezone())


def _formatted(form: str, value: datetime) -> str:
    return format_date(_local(value), form)


def _with_day_unless_today(form: str, value: datetime) -> str:
    is_today = _local(value).date() == timezone.localdate()
    return _formatted(form if is_today else f"j M, {form}", value)


def _with_weekday(value: datetime) -> str:
    """`Thu 09:15` within six days: from there on "Thu" may be another Thursday."""
    is_near = abs(timezone.now() - value) < timedelta(days=6)
    return _formatted("D H:i" if is_near else "j M, H:i", value)


def _age(value: datetime) -> str:
    return age_text(value, timezone.now())


def _ago(value: datetime) -> str:
    age = _age(value)
    return f"just {age}" if age == "now" else f"{age} ago"


# Per form: the words, and what the scripts find the element by. `times.js` keeps `data-age` and
# `data-clock` current while a page stays open.
FORMS: dict[str, tuple[Callable[[datetime], str], str]] = {
    "moment": (partial(_formatted, "j M Y, H:i"), ""),
    # Where a heading above says which day it was.
    "hour": (partial(_formatted, "H:i"), ""),
    "clock": (partial(_with_day_unless_today, "H:i"), ""),
    "weekday": (_with_weekday, ""),
    "seconds": (partial(_with_day_unless_today, "H:i:s"), ""),
    "running": (partial(_with_day_unless_today, "H:i:s"), " data-clock"),
    "stamp": (partial(_with_day_unless_today, "H:i:s"), " data-stamp-time data-clock"),
    "age": (_age, ' data-age=""'),
    "ago": (_ago, ' data-age="ago"'),
    # The words stay the same while the row is kept as drawn; the script turns them into an age.
    "read": (partial(_formatted, "H:i"), ' data-age="ago"'),
}


@register.simple_tag
def time(value: datetime | None, form: str = "moment", none: str = "unknown") -> SafeString | str:
    """A moment in one of FORMS, with its date, seconds and zone on hover.

    none: what stands in its place where there is no moment.
    """
    if value is None:
        return none
    words, attributes = FORMS[form]
    local = _local(value)
    return format_html(
        '<time datetime="{}"{} title="{} {}">{}</time>',
        local.isoformat(),
        mark_safe(attributes),  # noqa: S308  # one of the constants above  # nosec
        format_date(local, "j M Y, H:i:s"),
        local.tzname(),
        words(value),
    )


@register.simple_tag
def zone_sentence(zone_name: str, days: str = "") -> str:
    """In which zones a page's times are drawn and its days counted.

    days: the zone that the address counts its days in, which may be another reader's.
    """
    if not days:
        return f"Times are in {zone_name}."
    if days == zone_name:
        return f"Days and times are in {days}."
    return f"Days are in {days}, times in {zone_name}."


@register.filter
def minutes_text(length: timedelta) -> str:
    """A length of time in whole minutes, to stand behind "every"."""
    minutes = max(1, round(length / timedelta(minutes=1)))
    return "minute" if minutes == 1 else f"{minutes} minutes"

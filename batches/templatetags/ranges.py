"""A range of times to come in words, rounded by how far away it is, in the reader's zone.

Rounded outwards, so that what was true of the range stays true of its words.
"""

from datetime import datetime, timedelta

from django import template
from django.template.defaultfilters import date as format_date
from django.utils import timezone

from batches.templatetags.times import in_zone

register = template.Library()

# How far away an end is, and what it is rounded to.
STEPS = (
    (timedelta(hours=2), timedelta(minutes=5)),
    (timedelta(hours=12), timedelta(minutes=15)),
    (timedelta(days=2), timedelta(minutes=30)),
)
COARSEST = timedelta(hours=1)  # each step is a part of the next one, so that no two ends cross
DAYS_ONLY = timedelta(days=3)
SAME_WEEKDAY = timedelta(days=6)  # from here on "Fri" may be another Friday
NEEDS_YEAR = timedelta(days=180)


@register.filter
def range_words(low: datetime, high: datetime) -> str:
    """`Fri 17:00 – Sat 22:00`; `today 14:35 – 14:55`; past three days `Tue 1 – Thu 3 Dec`."""
    now = timezone.now()
    low = max(low, now)
    if high - now > DAYS_ONLY:
        return _days(low, high, now)
    return _clocks(*_rounded_range(low, high, now))


@register.filter
def end_words(high: datetime) -> str:
    """The late end of a range alone, to stand behind "by": `14:55`, `Sat 22:00`, `Thu 3 Dec`."""
    now = timezone.now()
    if high - now > DAYS_ONLY:
        return _date(high, now)
    last = _rounded(max(high, now), now, up=True)
    return _clock(last) if _is_today(last) else f"{_weekday(last)} {_clock(last)}"


def past_words(moment: datetime) -> str:
    """A time that is over, to stand behind "since": `11:40`, `Wed 11:40`, `12 Nov`."""
    now = timezone.now()
    if _is_today(moment):
        return _clock(moment)
    if now - moment < SAME_WEEKDAY:
        return f"{_weekday(moment)} {_clock(moment)}"
    return format_date(_local(moment), "j M" if now - moment < NEEDS_YEAR else "j M Y")


def _clocks(first: datetime, last: datetime) -> str:
    """Two times within three days: a weekday is enough to name a day."""
    start, end = (f"{_day(one)} {_clock(one)}" for one in (first, last))
    if start == end and first == last:
        return start
    if _local(first).date() != _local(last).date():
        return f"{start} – {end}"
    if _local(first).utcoffset() != _local(last).utcoffset():
        # where clocks are set back in between, the later time may have the smaller number
        return f"{start} {_local(first):%Z} – {_clock(last)} {_local(last):%Z}"
    return f"{start} – {_clock(last)}"


def _days(low: datetime, high: datetime, now: datetime) -> str:
    first, last = _local(low).date(), _local(high).date()
    if first == last:
        return _date(high, now)
    if _is_today(low):
        return f"today – {_date(high, now)}"
    is_one_month = (first.year, first.month) == (last.year, last.month)
    start = format_date(_local(low), "D j") if is_one_month else _date(low, now)
    return f"{start} – {_date(high, now)}"


def _date(moment: datetime, now: datetime) -> str:
    return format_date(_local(moment), "D j M" if moment - now < NEEDS_YEAR else "D j M Y")


def _day(moment: datetime) -> str:
    return "today" if _is_today(moment) else _weekday(moment)


def _weekday(moment: datetime) -> str:
    return format_date(_local(moment), "D")


def _clock(moment: datetime) -> str:
    return format_date(_local(moment), "H:i")


def _is_today(moment: datetime) -> bool:
    return _local(moment).date() == timezone.localdate()


def _rounded_range(low: datetime, high: datetime, now: datetime) -> tuple[datetime, datetime]:
    first, last = _rounded(low, now, up=False), _rounded(high, now, up=True)
    if first < now:
        # the step before it is over already
        first = _rounded(low, now, up=True)
    return first, last


def _rounded(moment: datetime, now: datetime, *, up: bool) -> datetime:
    """To the step of its distance, on the reader's clock: some zones are 30 or 45 minutes apart."""
    step = next((step for reach, step in STEPS if moment - now <= reach), COARSEST)
    here = _local(moment)
    since_midnight = timedelta(
        hours=here.hour, minutes=here.minute, seconds=here.second, microseconds=here.microsecond
    )
    return moment + (-since_midnight % step) if up else moment - since_midnight % step


def _local(moment: datetime) -> datetime:
    return in_zone(moment, timezone.get_current_timezone())

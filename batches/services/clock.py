"""Whether a time that was written down is over, by a clock that may have been set back since.

A time that lies further ahead than it can was written before the clock was set back. It counts as
passed: a reading is read again, a lease is free, a wait is over. Otherwise it would hold for as
long as the clock was wrong, which may be hours or years.
"""

from datetime import datetime, timedelta

from django.db.models import Q

# Two machines' clocks may differ by so much, and one clock while it is being set right.
CLOCKS_APART = timedelta(seconds=5)


def is_ahead(moment: datetime, *, now: datetime, at_most: timedelta = timedelta(0)) -> bool:
    """Whether a time lies more than `at_most` ahead; without it, whether a past event lies in the
    future.
    """
    return moment > now + at_most + CLOCKS_APART


def has_passed(moment: datetime | None, *, now: datetime, at_most: timedelta) -> bool:
    """Whether the time to wait for is over; None is nothing to wait for.

    at_most: how far ahead it was when it was written down.
    """
    return moment is None or moment <= now or is_ahead(moment, now=now, at_most=at_most)


def passed(field: str, *, now: datetime, at_most: timedelta) -> Q:
    """The same of a column."""
    over = Q(**{f"{field}__isnull": True}) | Q(**{f"{field}__lte": now})
    return over | Q(**{f"{field}__gt": now + at_most + CLOCKS_APART})


def is_older(moment: datetime, *, now: datetime, than: timedelta) -> bool:
    """Whether what happened at a time happened so long ago, or longer."""
    return now - moment >= than or is_ahead(moment, now=now)


def older(field: str, *, now: datetime, than: timedelta) -> Q:
    """The same of a column."""
    long_ago = Q(**{f"{field}__lte": now - than})
    return long_ago | Q(**{f"{field}__gt": now + CLOCKS_APART})

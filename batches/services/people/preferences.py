"""Preferences of one person: time zone, theme, page size, shortcuts."""

from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User

from batches.models import Preferences
from batches.services.transactions import repeatable_transaction

PAGE_SIZES = (25, 50, 100)
PAGE_SIZE = 50  # for addresses that name none, so that a link shows everyone the same page


def preferences_of(user: User | AnonymousUser) -> Preferences:
    """The person's preferences, or the defaults, not saved."""
    if not isinstance(user, User):
        return Preferences()
    try:
        # no query in a request: `batches/backends.py` loads them with the account
        return user.preferences
    except Preferences.DoesNotExist:
        return Preferences(user=user)


def zone_of(user: User | AnonymousUser) -> ZoneInfo:
    """The zone that the person chose, else that of the browser, else that of the settings."""
    kept = preferences_of(user)
    # a zone that was stored may be missing in another version of the time zone data
    names = (name for name in (kept.zone, kept.browser_zone) if name in known_zones())
    return ZoneInfo(next(names, settings.TIME_ZONE))


@repeatable_transaction
def save_preferences(
    *, user: User, zone: str, theme: str, page_size: int, shortcuts: bool
) -> Preferences:
    """Store preferences that a form has checked."""
    chosen = {"zone": zone, "theme": theme, "page_size": page_size, "shortcuts": shortcuts}
    return Preferences.objects.update_or_create(user=user, defaults=chosen)[0]


@repeatable_transaction
def set_browser_zone(*, user: User, zone: str) -> None:
    """Store the zone of the person's browser. Raises ValueError where there is no such zone."""
    if zone not in known_zones():
        raise ValueError("Unknown time zone.")
    Preferences.objects.update_or_create(user=user, defaults={"browser_zone": zone})


@cache
def zone_names() -> tuple[str, ...]:
    """All zones, UTC first."""
    # cached, as finding them reads some 600 files
    return ("UTC", *sorted(available_timezones() - {"UTC", "Factory", "localtime"}))


@cache
def known_zones() -> frozenset[str]:
    """All zones as a set."""
    # cached as well, as every request checks a zone
    return frozenset(zone_names())

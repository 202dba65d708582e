"""How one person likes the console: zone, theme, page size, shortcuts."""

from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User

from batches.models import Preferences
from batches.services.transactions import repeatable_transaction

PAGE_SIZES = (25, 50, 100)
PAGE_SIZE = 50  # what an address that names no size means, to everyone


def preferences_of(user: User | AnonymousUser) -> Preferences:
    """The person's own, or the defaults, unsaved. Free where the account was loaded with them."""
    if not isinstance(user, User):
        return Preferences()
    try:
        return user.preferences
    except Preferences.DoesNotExist:
        return Preferences(user=user)


def zone_of(user: User | AnonymousUser) -> ZoneInfo:
    """The zone that the person chose, else their browser's, else that of the settings."""
    kept = preferences_of(user)
    names = (name for name in (kept.zone, kept.browser_zone) if name in known_zones())
    return ZoneInfo(next(names, settings.TIME_ZONE))


@repeatable_transaction
def save_preferences(
    *, user: User, zone: str, theme: str, page_size: int, shortcuts: bool
) -> Preferences:
    """Keep what a form has checked."""
    chosen = {"zone": zone, "theme": theme, "page_size": page_size, "shortcuts": shortcuts}
    return Preferences.objects.update_or_create(user=user, defaults=chosen)[0]


@repeatable_transaction
def set_browser_zone(*, user: User, zone: str) -> None:
    """Keep the zone of the person's browser. Raises ValueError where there is no such zone."""
    if zone not in known_zones():
        raise ValueError("Unknown time zone.")
    Preferences.objects.update_or_create(user=user, defaults={"browser_zone": zone})


@cache
def zone_names() -> tuple[str, ...]:
    """All zones there are, UTC first. Kept: finding them reads some 600 files."""
    return ("UTC", *sorted(available_timezones() - {"UTC", "Factory", "localtime"}))


@cache
def known_zones() -> frozenset[str]:
    """The same, for asking whether there is such a zone: every request does."""
    return frozenset(zone_names())

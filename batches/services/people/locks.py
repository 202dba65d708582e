"""Locks of accounts after failed sign-ins: which exist, until when, and how they end.

django-axes stores the failures, `dashboard/web/lockouts.py` counts them. No request in here.
Unknown names are counted like accounts, so that no person finds out which accounts exist.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address

from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import MinimumLengthValidator
from django.db.models import F, Q
from django.utils.crypto import salted_hmac

from batches.services.clock import older

# For all addresses together: enough for a person who forgot a password and uses several machines.
# Someone who guesses from a thousand addresses has 1,200 tries a day.
ACCOUNT_LIMIT = 50
ACCOUNT_WINDOW = timedelta(hours=1)
# Values of the row that counts for all addresses. No request can come from this address.
ANY_ADDRESS, ACCOUNT_ROW = "0.0.0.0", "account"  # noqa: S104 - nothing is bound to it  # nosec B104
SALT = "failed sign-ins"


@dataclass(frozen=True, slots=True)
class Lock:
    """address: the only address for which the account is locked; empty for all addresses."""

    until: datetime
    address: str = ""


def locks_of(names: Iterable[str], *, now: datetime) -> dict[str, list[Lock]]:
    """The locks of these accounts by name, the longest first. One query."""
    by_digest = {digest_of(name): name for name in names}
    found: dict[str, list[Lock]] = {}
    counted = AccessAttempt.objects.filter(username__in=by_digest).exclude(expired(now))
    for row in counted:
        if lock := _lock(row):
            found.setdefault(by_digest[row.username], []).append(lock)
    return {name: sorted(locks, key=_end, reverse=True) for name, locks in found.items()}


def end_of_lock(*, digest: str, address: str | None, now: datetime) -> datetime | None:
    """When the longest lock of a name at this address ends; None where it has none. One query."""
    rows = AccessAttempt.objects.filter(username=digest).exclude(expired(now))
    locks = map(_lock, rows.filter(Q(ip_address=address) | Q(user_agent=ACCOUNT_ROW)))
    return max((lock.until for lock in locks if lock), default=None)


def unlock(name: str) -> int:
    """Delete all failures of an account, at every address. Returns how many rows there were."""
    return int(AccessAttempt.objects.filter(username=digest_of(name)).delete()[0])


def forget_old_failures(*, now: datetime) -> int:
    """Delete failures that cause no lock any more. Returns how many rows there were."""
    return int(AccessAttempt.objects.filter(expired(now)).delete()[0])


def count_for_account(*, digest: str, now: datetime) -> None:
    """Count a failure from any address; the hour begins with the first one."""
    key = {"username": digest, "ip_address": ANY_ADDRESS, "user_agent": ACCOUNT_ROW}
    rows = AccessAttempt.objects.filter(**key)
    rows.filter(expired(now)).delete()
    # `attempt_time` stays that of the first failure: an update does not touch it
    first = AccessAttempt(**key, failures_since_start=0)
    AccessAttempt.objects.bulk_create([first], ignore_conflicts=True)
    # computed by the database, as several guesses may be counted at once
    rows.update(failures_since_start=F("failures_since_start") + 1)


def expired(now: datetime) -> Q:
    """Failures that cause no lock any more."""
    is_account = Q(user_agent=ACCOUNT_ROW)
    after_cooloff = older("attempt_time", now=now, than=settings.AXES_COOLOFF_TIME)
    after_window = older("attempt_time", now=now, than=ACCOUNT_WINDOW)
    return (~is_account & after_cooloff) | (is_account & after_window)


def digest_of(name: str | None) -> str:
    """A typed name as 32 hex digits."""
    # normalized as in Django's form, which signs in with that name
    normal = unicodedata.normalize("NFKC", name or "")
    text = normal.encode(errors="surrogatepass").hex()
    # a typed name may be a password in the wrong field, so only a keyed digest is stored
    return salted_hmac(SALT, text, algorithm="sha256").hexdigest()[:32]


def network(address: str) -> str | None:
    """An IPv4 address, or the /64 network of an IPv6 address; None where it is no address."""
    try:
        found = ip_address(address)
    except ValueError:
        # as behind a proxy on a Unix socket, which gives no address
        return None
    if not isinstance(found, IPv6Address):
        return str(found)
    # one machine has all addresses of its /64, and could use a new one for each guess
    return str(found.ipv4_mapped or IPv6Address(int(found) >> 64 << 64))


class NewPasswordUnlocks(MinimumLengthValidator):
    """Ends the locks of an account when it gets a new password, by whatever means."""

    def password_changed(self, password: str, user: User | None = None) -> None:
        # the failures were guesses of the old password; Django does not call this where only the
        # hash of the same password is renewed
        if user is not None:
            unlock(user.get_username())


def _lock(row: AccessAttempt) -> Lock | None:
    if row.user_agent == ACCOUNT_ROW:
        is_full = row.failures_since_start >= ACCOUNT_LIMIT
        return Lock(row.attempt_time + ACCOUNT_WINDOW) if is_full else None
    if row.failures_since_start < settings.AXES_FAILURE_LIMIT:
        return None
    return Lock(row.attempt_time + settings.AXES_COOLOFF_TIME, address=row.ip_address or "")


def _end(lock: Lock) -> datetime:
    return lock.until

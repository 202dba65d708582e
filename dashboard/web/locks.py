"""Which accounts are locked out of signing in, until when, and how that ends."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from axes.handlers.proxy import AxesProxyHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import MinimumLengthValidator

from dashboard.web.lockouts import ACCOUNT_ALONE, ACCOUNT_LIMIT, ACCOUNT_WINDOW, digest_of, old


@dataclass(frozen=True, slots=True)
class Lock:
    """address: from which alone the account is locked out; empty where it is from everywhere."""

    until: datetime
    address: str = ""


def locks_of(names: Iterable[str], *, now: datetime) -> dict[str, list[Lock]]:
    """The locks of these accounts by their names, the longest first. One query."""
    by_digest = {digest_of(name): name for name in names}
    found: dict[str, list[Lock]] = {}
    counted = AccessAttempt.objects.filter(username__in=by_digest).exclude(old(now))
    for row in counted.order_by("-attempt_time"):
        if lock := _lock(row):
            found.setdefault(by_digest[row.username], []).append(lock)
    return {name: sorted(locks, key=_latest, reverse=True) for name, locks in found.items()}


def unlock(name: str) -> int:
    """Forget all failures of an account, at every address. Returns how many rows held them."""
    return int(AxesProxyHandler.reset_attempts(username=name))


def _lock(row: AccessAttempt) -> Lock | None:
    if row.user_agent == ACCOUNT_ALONE:
        is_full = row.failures_since_start >= ACCOUNT_LIMIT
        return Lock(row.attempt_time + ACCOUNT_WINDOW) if is_full else None
    if row.failures_since_start < settings.AXES_FAILURE_LIMIT:
        return None
    return Lock(row.attempt_time + settings.AXES_COOLOFF_TIME, address=row.ip_address or "")


def _latest(lock: Lock) -> datetime:
    return lock.until


class NewPasswordUnlocks(MinimumLengthValidator):
    """Django tells its validators of each new password, whoever sets it and by what means.

    The guesses were made at the old one. A hash that is only renewed is no new password.
    """

    def password_changed(self, password: str, user: User | None = None) -> None:
        if user is not None:
            unlock(user.get_username())

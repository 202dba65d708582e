"""Failed sign-ins: counted by account and address, and more slowly by account alone.

django-axes counts; its settings name the functions here. What was typed as a name may be a password
in the wrong field, so only a keyed digest of it is kept, and of the request nothing that its sender
could choose. Unknown names are counted like accounts: nobody learns which there are.
"""

import unicodedata
from collections.abc import Iterator
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.helpers import get_client_username
from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import F, Q, QuerySet
from django.db.models.signals import pre_save
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from batches.services.clock import older
from dashboard.web.middleware import client_address

# Whatever the addresses. Enough for whoever forgot a password, at several machines; who guesses
# from a thousand addresses has 1,200 tries a day.
ACCOUNT_LIMIT = 50
ACCOUNT_WINDOW = timedelta(hours=1)
# What stands in the row that counts for an account alone: no request can come from this address.
ANY_ADDRESS, ACCOUNT_ALONE = "0.0.0.0", "account"  # noqa: S104 - nothing is bound to it  # nosec B104


def digest_of(name: str | None) -> str:
    """Stands for a typed name, as Django's form normalizes it; known only with `SECRET_KEY`."""
    normal = unicodedata.normalize("NFKC", name or "")
    text = normal.encode(errors="surrogatepass").hex()
    return salted_hmac(__name__, text, algorithm="sha256").hexdigest()[:32]


def typed_name(request: HttpRequest, credentials: dict[str, Any] | None) -> str:
    """What django-axes takes for the name: its digest."""
    given = credentials if credentials is not None else request.POST
    return digest_of(given.get("username"))


def network_of(request: HttpRequest) -> str | None:
    """What django-axes takes for the address."""
    return network(client_address(request))


def network(address: str) -> str | None:
    """An IPv4 address; of IPv6 the /64, as one machine has all the addresses in it. None where it
    is no address, as behind a socket of the machine.
    """
    try:
        found = ip_address(address)
    except ValueError:
        return None
    if not isinstance(found, IPv6Address):
        return str(found)
    return str(found.ipv4_mapped or IPv6Address(int(found) >> 64 << 64))


def forget_old_failures(*, now: datetime) -> int:
    """Drop what locks nobody out any more. Returns how many rows."""
    return int(AccessAttempt.objects.filter(old(now)).delete()[0])


def old(now: datetime) -> Q:
    """Failures that lock nobody out any more."""
    is_account = Q(user_agent=ACCOUNT_ALONE)
    after_cooloff = older("attempt_time", now=now, than=settings.AXES_COOLOFF_TIME)
    after_window = older("attempt_time", now=now, than=ACCOUNT_WINDOW)
    return (~is_account & after_cooloff) | (is_account & after_window)


@receiver(pre_save, sender=AccessAttempt)
def keep_nothing_that_was_sent(instance: Any, **kwargs: Any) -> None:
    """django-axes appends address and form of each failure to its row, in the clear."""
    instance.get_data = instance.post_data = ""


class FailedSignIns(AxesDatabaseHandler):  # type: ignore[misc]  # axes ships no types
    """Adds the account's own count to what django-axes does."""

    def is_locked(self, request: Any, credentials: dict[str, Any] | None = None) -> bool:
        """Notes for the page that says so how long the longer of the two locks still lasts."""
        ends = [
            *self._ends_of_address(request, credentials),
            *self._ends_of_account(request, credentials),
        ]
        if ends:
            request.locked_for = max(ends) - request.axes_attempt_time
        return bool(ends)

    def user_login_failed(
        self, sender: Any, credentials: dict[str, Any], request: Any = None, **kwargs: Any
    ) -> None:
        """Who is locked out already is not counted: their guesses write nothing."""
        if request is not None:
            request.axes_user_agent = request.axes_http_accept = ""
            if not request.axes_locked_out:
                self._count_for_account(request, credentials)
        super().user_login_failed(sender, credentials, request, **kwargs)

    def get_user_attempts(
        self, request: Any, credentials: dict[str, Any] | None = None
    ) -> list[QuerySet[AccessAttempt]]:
        now = request.axes_attempt_time
        found = self.filter_user_attempts(request, credentials)
        return [attempts.exclude(old(now)) for attempts in found]

    def clean_expired_user_attempts(
        self, request: Any = None, credentials: dict[str, Any] | None = None
    ) -> int:
        return forget_old_failures(now=timezone.now())

    def reset_attempts(
        self,
        *,
        ip_address: str | None = None,
        username: str | None = None,
        ip_or_username: bool = False,
    ) -> int:
        """By the name and address as an admin types them."""
        return int(
            super().reset_attempts(
                ip_address=ip_address and network(ip_address),
                username=username and digest_of(username),
                ip_or_username=ip_or_username,
            )
        )

    def _ends_of_address(
        self, request: Any, credentials: dict[str, Any] | None
    ) -> Iterator[datetime]:
        for attempts in self.get_user_attempts(request, credentials):
            full = attempts.filter(failures_since_start__gte=settings.AXES_FAILURE_LIMIT)
            for last in full.values_list("attempt_time", flat=True):
                yield last + settings.AXES_COOLOFF_TIME

    def _ends_of_account(
        self, request: Any, credentials: dict[str, Any] | None
    ) -> Iterator[datetime]:
        full = self._account(request, credentials).filter(failures_since_start__gte=ACCOUNT_LIMIT)
        current = full.exclude(old(request.axes_attempt_time))
        for first in current.values_list("attempt_time", flat=True):
            yield first + ACCOUNT_WINDOW

    def _account(self, request: Any, credentials: dict[str, Any] | None) -> QuerySet[AccessAttempt]:
        rows: QuerySet[AccessAttempt] = AccessAttempt.objects.filter(
            **_account_key(request, credentials)
        )
        return rows

    def _count_for_account(self, request: Any, credentials: dict[str, Any]) -> None:
        """From the first failure on, for an hour; it begins anew with the first after that."""
        rows = self._account(request, credentials)
        rows.filter(old(request.axes_attempt_time)).delete()
        # `attempt_time` is that of the first: an update leaves it
        first = _account_key(request, credentials) | {"failures_since_start": 0}
        AccessAttempt.objects.bulk_create([AccessAttempt(**first)], ignore_conflicts=True)
        rows.update(failures_since_start=F("failures_since_start") + 1)


def _account_key(request: Any, credentials: dict[str, Any] | None) -> dict[str, str]:
    name = get_client_username(request, credentials)
    return {"username": name, "ip_address": ANY_ADDRESS, "user_agent": ACCOUNT_ALONE}

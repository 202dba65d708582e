"""Counts failed sign-ins by account and address (django-axes), and by account alone.

The settings of django-axes name the functions and the class below. When a lock begins and ends is
decided in `batches/services/people/locks.py`.
"""

from datetime import datetime
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.helpers import get_client_username
from axes.models import AccessAttempt
from django.db.models import QuerySet
from django.db.models.signals import pre_save
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from batches.services.people import locks
from dashboard.web.middleware import client_address


def digest_of_username(request: HttpRequest, credentials: dict[str, Any] | None) -> str:
    """AXES_USERNAME_CALLABLE."""
    form = credentials if credentials is not None else request.POST
    return locks.digest_of(form.get("username"))


def network_of_client(request: HttpRequest) -> str | None:
    """AXES_CLIENT_IP_CALLABLE."""
    return locks.network(client_address(request))


@receiver(pre_save, sender=AccessAttempt)
def store_nothing_that_was_sent(instance: Any, **kwargs: Any) -> None:
    """Keep what was typed out of the rows of failed sign-ins."""
    # django-axes would store the address and the form of each failure as plain text
    instance.get_data = instance.post_data = ""


class FailedSignIns(AxesDatabaseHandler):  # type: ignore[misc]  # axes ships no types
    """AXES_HANDLER: adds the account's own count to what django-axes does."""

    def is_locked(self, request: Any, credentials: dict[str, Any] | None = None) -> bool:
        """Sets `request.locked_for`, for the page that says how long the lock still lasts."""
        now: datetime = request.axes_attempt_time
        digest = get_client_username(request, credentials)
        until = locks.end_of_lock(digest=digest, address=request.axes_ip_address, now=now)
        if until:
            request.locked_for = until - now
        return until is not None

    def user_login_failed(
        self, sender: Any, credentials: dict[str, Any], request: Any = None, **kwargs: Any
    ) -> None:
        if request is not None:
            request.axes_user_agent = request.axes_http_accept = ""
            # further guesses during a lock write nothing: they would only make it longer
            if not request.axes_locked_out:
                digest = get_client_username(request, credentials)
                locks.count_for_account(digest=digest, now=request.axes_attempt_time)
        super().user_login_failed(sender, credentials, request, **kwargs)

    def get_user_attempts(
        self, request: Any, credentials: dict[str, Any] | None = None
    ) -> list[QuerySet[AccessAttempt]]:
        now = request.axes_attempt_time
        found = self.filter_user_attempts(request, credentials)
        return [attempts.exclude(locks.expired(now)) for attempts in found]

    def clean_expired_user_attempts(
        self, request: Any = None, credentials: dict[str, Any] | None = None
    ) -> int:
        return locks.forget_old_failures(now=timezone.now())

    def reset_attempts(
        self,
        *,
        ip_address: str | None = None,
        username: str | None = None,
        ip_or_username: bool = False,
    ) -> int:
        """For the commands `axes_reset_…`: name and address as an admin types them."""
        return int(
            super().reset_attempts(
                ip_address=ip_address and locks.network(ip_address),
                username=username and locks.digest_of(username),
                ip_or_username=ip_or_username,
            )
        )

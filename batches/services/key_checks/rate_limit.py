"""Limits how often a person may have keys checked with the vendor.

Otherwise anybody with an account could guess keys through this console, or get it blocked.
"""

from django.contrib.auth.models import User
from django.utils import timezone

from batches.services.minute_counts import count_in_minute

CHECKS_A_MINUTE = 30


class TooManyChecks(Exception):  # noqa: N818 - it says what is so
    """Raised before the vendor is asked. retry_after: whole seconds."""

    def __init__(self, *, retry_after: int) -> None:
        self.message = (
            f"You had {CHECKS_A_MINUTE} keys checked in this minute, which is the limit. "
            f"Refonte was not asked now; try again in {retry_after} s."
        )
        self.retry_after = retry_after
        super().__init__(self.message)


def count_check(*, user: User) -> None:
    """To be called before each check. Raises TooManyChecks."""
    counted = count_in_minute(f"key-checks:{user.pk}", now=timezone.now())
    if counted.number > CHECKS_A_MINUTE:
        raise TooManyChecks(retry_after=counted.seconds)

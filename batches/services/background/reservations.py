"""The calls of one piece of work, all taken from the budget before it begins.

A write is not begun where its reads might not follow.
"""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from batches.models import CallUse
from batches.services.background import budget


@dataclass(slots=True)
class Reservation:
    """left: calls that are counted already, in `minute`, and not made yet."""

    fingerprint: str
    use: CallUse
    minute: datetime
    left: int

    def take(self) -> None:
        """Directly before each call."""
        if self.left and self._is_over():
            # they are made in a minute that does not count them yet; where that is used up they
            # are counted all the same, as a write needs the reads after it
            moved = self._reserve(self.left)
            self.minute = moved or self._count(self.left)
        if not self.left and not self.can_take():
            self.minute, self.left = self._count(1), 1
        self.left -= 1

    def can_take(self) -> bool:
        """Whether one more call may be made; reserves it."""
        if self.left:
            return True
        minute = self._reserve(1)
        if minute:
            self.minute, self.left = minute, 1
        return minute is not None

    def give_back(self) -> None:
        """What was not needed."""
        budget.give_back(
            fingerprint=self.fingerprint, use=self.use, minute=self.minute, calls=self.left
        )
        self.left = 0

    def _is_over(self) -> bool:
        return budget.minute_of(timezone.now()) != self.minute

    def _reserve(self, calls: int) -> datetime | None:
        return budget.reserve_calls(fingerprint=self.fingerprint, use=self.use, calls=calls)

    def _count(self, calls: int) -> datetime:
        return budget.count_calls(fingerprint=self.fingerprint, use=self.use, calls=calls)


def reserve(*, fingerprint: str, use: CallUse, calls: int) -> Reservation | None:
    """None where so many calls are not left in this minute."""
    minute = budget.reserve_calls(fingerprint=fingerprint, use=use, calls=calls)
    return Reservation(fingerprint, use, minute, calls) if minute else None

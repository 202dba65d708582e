"""Detects answers that were made before their request, by the vendor's `Date` header."""

import threading
from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

TOLERANCE = 5.0  # seconds; `Date` has whole seconds, and the clocks of several servers differ
KEPT = 64  # offsets of the latest answers


class VendorClock:
    """Compares the clock offset of each answer with those of earlier answers.

    An offset is rejected at most once, as it is kept too: where a clock was set, or servers of the
    vendor disagree, the next answer with that offset is accepted.
    """

    def __init__(self) -> None:
        self._offsets: deque[float] = deque(maxlen=KEPT)
        self._lock = threading.Lock()

    def is_older(self, headers: Mapping[str, str], sent_at: float) -> bool:
        """Whether the answer was made before `sent_at` (seconds since 1970, by our clock)."""
        made_at = http_date(headers.get("date", ""))
        # an `Age` header marks the answer of a cache, which is older rightfully
        if made_at is None or "age" in headers:
            return False
        offset = made_at.timestamp() - sent_at
        with self._lock:
            lowest = min(self._offsets, default=offset)
            self._offsets.append(offset)
        return offset < lowest - TOLERANCE


def http_date(text: str) -> datetime | None:
    """The moment of an HTTP date, in UTC; None where it is invalid."""
    try:
        moment = parsedate_to_datetime(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, TypeError, IndexError, OverflowError):  # all of these, for invalid dates
        return None

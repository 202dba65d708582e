"""How the vendor's clock runs against ours, and answers that are older than their question."""

import threading
from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

TOLERANCE = 5.0  # seconds; a `Date` is cut to the second, and the vendor has more than one server
REMEMBERED = 64  # answers


class VendorClock:
    """Compares each answer's `Date` with those of the answers before it.

    An offset is refused once at most: as it is remembered too, a vendor whose servers disagree, or
    whose clock or ours was set, is believed from the next answer on.
    """

    def __init__(self) -> None:
        self._offsets: deque[float] = deque(maxlen=REMEMBERED)
        self._lock = threading.Lock()

    def is_older(self, headers: Mapping[str, str], asked_at: float) -> bool:
        """Whether the answer was made before `asked_at` (seconds since 1970, by our clock).

        An answer with an `Age` says itself that a cache kept it, and is not judged.
        """
        made_at = http_date(headers.get("date", ""))
        if made_at is None or "age" in headers:
            return False
        offset = made_at.timestamp() - asked_at
        with self._lock:
            lowest = min(self._offsets, default=offset)
            self._offsets.append(offset)
        return offset < lowest - TOLERANCE


def http_date(text: str) -> datetime | None:
    """The moment that a header tells, in UTC; None for nonsense."""
    try:
        moment = parsedate_to_datetime(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, TypeError, IndexError, OverflowError):  # nonsense fails in every way
        return None

"""What a search stands on: how many batches of a key are known, and how current that is."""

from dataclasses import dataclass
from datetime import datetime

from batches.models import Walk, WalkPurpose
from batches.services.background import consent
from batches.services.keys.types import KeyHandle
from batches.services.newest import AT_ONCE
from batches.services.observations.seen import all_seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """known: batches; has_more: these are only as many as one page looks through.

    read_at: when the list was last read to what was known before it.
    is_watched: the list is read in the background; where not, only what was shown is known.
    is_whole: it was read to its end once. rows_read, of_total: how far, while it was not.
    failure: why the next page did not come, with the time of the next try.
    """

    known: int
    has_more: bool = False
    is_watched: bool
    is_whole: bool = False
    read_at: datetime | None = None
    rows_read: int = 0
    of_total: int | None = None
    failure: str = ""
    next_try: datetime | None = None

    @property
    def is_complete(self) -> bool:
        """Every batch is known, but for those of the last minute."""
        return self.is_watched and self.is_whole and not self.failure


def coverage_of(*, key: KeyHandle) -> Coverage:
    """Three queries, of which one counts names as far as one page would look through them."""
    walks = {walk.purpose: walk for walk in Walk.objects.filter(fingerprint=key.fingerprint)}
    is_watched = consent.reading_key(fingerprint=key.fingerprint) is not None
    counted = all_seen(key=key)[: AT_ONCE + 1].count()
    known, has_more = min(counted, AT_ONCE), counted > AT_ONCE
    whole, new = walks.get(WalkPurpose.ALL), walks.get(WalkPurpose.NEW)
    if whole is None:
        return Coverage(known=known, has_more=has_more, is_watched=is_watched)
    times = [walk.as_of for walk in (whole, new) if walk and walk.as_of]
    failing = next((walk for walk in (whole, new) if walk and walk.failure), None)
    told = whole.reported_total
    return Coverage(
        known=known,
        has_more=has_more,
        is_watched=is_watched,
        is_whole=whole.finished_at is not None,
        read_at=max(times, default=None),
        rows_read=whole.rows_read,
        of_total=told if told is not None and told >= whole.rows_read else None,
        failure=failing.failure if failing else "",
        next_try=failing.next_at if failing else None,
    )

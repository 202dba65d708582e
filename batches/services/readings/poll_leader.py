"""Of all polls of one page, the first asks the vendor; the others show what is in the cache."""

from datetime import datetime, timedelta
from typing import NamedTuple

from batches.services.cache import store
from batches.services.cache.entry import NEVER
from batches.services.clock import is_older
from batches.services.keys.types import KeyHandle


class Lead(NamedTuple):
    """is_taken: whether this poll asks the vendor. last: when an earlier poll did."""

    is_taken: bool
    last: datetime | None


def take_lead(*, key: KeyHandle, page: str, every: timedelta, now: datetime) -> Lead:
    """Decide whether this poll asks the vendor for all viewers of the page."""
    last = last_lead(key=key, page=page)
    is_taken = last is None or is_older(last, now=now, than=every)
    if is_taken:
        # in the cache, so that with Redis all processes share it
        store.note_lead(key.fingerprint, page, now)
    return Lead(is_taken, last)


def last_lead(*, key: KeyHandle, page: str) -> datetime | None:
    """When a poll last asked for all viewers of the page."""
    return store.led_at(key.fingerprint, page)


def return_lead(*, key: KeyHandle, page: str, lead: Lead) -> None:
    """Undo `take_lead`, where no call could be made."""
    # pages show this time as the age of their rows, so it must be the time of a read
    store.note_lead(key.fingerprint, page, lead.last or NEVER)

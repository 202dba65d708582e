"""How the vendor treats a key, whoever owns it: kept with all its rows, written when it changes."""

import random
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from batches.models import ApiKey, StoredReading
from batches.services import clock
from batches.services.cache import region
from batches.services.page_key import PageKey
from batches.services.row_locks import delete_rows, update_rows

USED_EVERY = timedelta(minutes=1)
FIRST_WAIT = 5
LONGEST_WAIT = 300
WAIT_AT_MOST = timedelta(seconds=LONGEST_WAIT)


def mark_refused(*, key: PageKey, words: str) -> None:
    """The vendor refused the key: no more polls with it until it is accepted again.

    What was read with it is dropped first: the cache takes that even where the database does not.
    """
    now = timezone.now()
    region.drop(key.fingerprint, now)
    update_rows(_rows(key), is_refused=True, refused_at=now, refusal=words[:300])
    delete_rows(StoredReading.objects.filter(fingerprint=key.fingerprint).order_by("query"))


def is_waiting(key: PageKey, now: datetime) -> bool:
    """Whether the vendor asked to wait, and the time is not over."""
    return not clock.has_passed(key.not_before, now=now, at_most=WAIT_AT_MOST)


def mark_throttled(*, key: PageKey, retry_after: int | None) -> None:
    """Wait as told, for everyone with this key; untold, 5 s doubling to 300 with jitter."""
    now = timezone.now()
    if is_waiting(key, now):
        return
    throttles = key.throttles + 1
    until = now + timedelta(seconds=retry_after or _wait(throttles))
    # another call may have been told more
    sooner = Q(not_before__lt=until) | clock.passed("not_before", now=now, at_most=WAIT_AT_MOST)
    update_rows(_rows(key).filter(sooner), not_before=until, throttles=throttles)


def mark_well(*, key: PageKey, asked_at: datetime) -> None:
    """The vendor answered: lift what stood against the key, note that it was used.

    Not what came after the question: another call may have been told it meanwhile.
    """
    now = timezone.now()
    if key.is_refused:
        before = Q(refused_at__lte=asked_at) | Q(refused_at__gt=now + clock.CLOCKS_APART)
        update_rows(_rows(key).filter(before), is_refused=False)
    if key.throttles:
        is_over = clock.passed("not_before", now=now, at_most=WAIT_AT_MOST)
        update_rows(_rows(key).filter(is_over), not_before=None, throttles=0)
    if key.last_used_at is None or clock.is_older(key.last_used_at, now=now, than=USED_EVERY):
        ApiKey.objects.filter(id=key.id).update(last_used_at=now)


def _rows(key: PageKey) -> QuerySet[ApiKey]:
    """The key's, whoever owns them."""
    return ApiKey.objects.filter(fingerprint=key.fingerprint)


def _wait(throttles: int) -> int:
    longest = min(FIRST_WAIT << min(throttles - 1, 10), LONGEST_WAIT)
    return round(longest * random.uniform(0.8, 1.0))  # noqa: S311 - jitter keeps no secret  # nosec B311

"""How the vendor treats a key, whoever owns it: kept with all its rows, written when it changes."""

import random
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from batches.models import ApiKey, StoredReading
from batches.services.cache import region
from batches.services.page_key import PageKey

USED_EVERY = timedelta(minutes=1)
FIRST_WAIT = 5
LONGEST_WAIT = 300


def mark_refused(*, key: PageKey, words: str) -> None:
    """The vendor refused the key: no more polls with it until it is accepted again.

    What was read with it is dropped first: the cache takes that even where the database does not.
    """
    now = timezone.now()
    region.drop(key.fingerprint, now)
    _rows(key).update(is_refused=True, refused_at=now, refusal=words[:300])
    StoredReading.objects.filter(fingerprint=key.fingerprint).delete()


def mark_throttled(*, key: PageKey, retry_after: int | None) -> None:
    """Wait as told, for everyone with this key; untold, 5 s doubling to 300 with jitter."""
    now = timezone.now()
    if key.not_before and key.not_before > now:
        return
    throttles = key.throttles + 1
    until = now + timedelta(seconds=retry_after or _wait(throttles))
    sooner = Q(not_before=None) | Q(not_before__lt=until)  # another call may have been told more
    _rows(key).filter(sooner).update(not_before=until, throttles=throttles)


def mark_well(*, key: PageKey, asked_at: datetime, in_background: bool = False) -> None:
    """The vendor answered: lift what stood against the key, note that it was used.

    The background notes its calls apart: "last used" tells people's use.
    Not what came after the question: another call may have been told it meanwhile.
    """
    now = timezone.now()
    if key.is_refused:
        _rows(key).filter(refused_at__lte=asked_at).update(is_refused=False)
    if key.throttles:
        is_over = Q(not_before=None) | Q(not_before__lte=now)
        _rows(key).filter(is_over).update(not_before=None, throttles=0)
    if in_background:  # read for all who watch with it, whichever of their rows was taken
        if _is_past(key.last_background_at, now):
            _rows(key).filter(keep_watch=True).update(last_background_at=now)
    elif _is_past(key.last_used_at, now):
        ApiKey.objects.filter(id=key.id).update(last_used_at=now)


def _is_past(noted: datetime | None, now: datetime) -> bool:
    return noted is None or noted < now - USED_EVERY


def _rows(key: PageKey) -> QuerySet[ApiKey]:
    """The key's, whoever owns them."""
    return ApiKey.objects.filter(fingerprint=key.fingerprint)


def _wait(throttles: int) -> int:
    longest = min(FIRST_WAIT << min(throttles - 1, 10), LONGEST_WAIT)
    return round(longest * random.uniform(0.8, 1.0))  # noqa: S311 - jitter keeps no secret  # nosec B311

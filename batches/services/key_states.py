"""How the vendor treats a key, whoever owns it: kept with all its rows, written when it changes."""

import random
from datetime import datetime, timedelta

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from batches.models import ApiKey, StoredReading
from batches.services.cache import region
from batches.services.page_key import PageKey

USED_EVERY = timedelta(minutes=1)
FIRST_WAIT = 5
LONGEST_WAIT = 300
# So many answers of 401 and 403 without a reason, spread over so long, with no other answer between
# them, are taken for the vendor's word on the key.
DENIALS = 5
DENIED_FOR = timedelta(minutes=5)
NO_REASON = "nothing but 401 and 403 came for five minutes, and no reason with them"


def mark_refused(*, key: PageKey, words: str) -> None:
    """The vendor refused the key: no more polls with it until it is accepted again.

    What was read with it is dropped first: the cache takes that even where the database does not.
    """
    now = timezone.now()
    region.drop(key.fingerprint, now)
    _rows(key).update(
        is_refused=True, refused_at=now, refusal=words[:300], denials=0, denied_since=None
    )
    StoredReading.objects.filter(fingerprint=key.fingerprint).delete()


def note_denials(*, key: PageKey, calls: int) -> None:
    """So many calls got a 401 or 403 without a reason: several times over, that says it all.

    Counted in the database, in one statement, as many processes may ask with one key.
    """
    if key.is_refused:
        mark_refused(key=key, words=key.refusal)  # a person tried again: the rest starts anew
        return
    now = timezone.now()
    _rows(key).update(denials=F("denials") + calls, denied_since=Coalesce("denied_since", now))
    lasting = Q(denials__gte=DENIALS, denied_since__lte=now - DENIED_FOR, is_refused=False)
    if _rows(key).filter(lasting).exists():
        mark_refused(key=key, words=NO_REASON)


def end_denials(*, key: PageKey) -> None:
    """Some other answer came: what was denied before it was no word on the key."""
    if key.denials:
        _rows(key).update(denials=0, denied_since=None)


def mark_throttled(*, key: PageKey, retry_after: int | None) -> None:
    """Wait as told, for everyone with this key; untold, 5 s doubling to 300 with jitter."""
    now = timezone.now()
    if key.not_before and key.not_before > now:
        return
    throttles = key.throttles + 1
    until = now + timedelta(seconds=retry_after or _wait(throttles))
    sooner = Q(not_before=None) | Q(not_before__lt=until)  # another call may have been told more
    _rows(key).filter(sooner).update(not_before=until, throttles=throttles)


def mark_well(*, key: PageKey, asked_at: datetime) -> None:
    """The vendor answered: lift what stood against the key, note that it was used.

    Not what came after the question: another call may have been told it meanwhile.
    """
    now = timezone.now()
    if key.is_refused:
        _lift_refusal(key, asked_at)
    end_denials(key=key)
    if key.throttles:
        is_over = Q(not_before=None) | Q(not_before__lte=now)
        _rows(key).filter(is_over).update(not_before=None, throttles=0)
    if key.last_used_at is None or key.last_used_at < now - USED_EVERY:
        ApiKey.objects.filter(id=key.id).update(last_used_at=now)


def mark_accepted(*, key: PageKey, asked_at: datetime) -> None:
    """The same where a key was checked: any row of it may be marked, not only this one."""
    _lift_refusal(key, asked_at)
    _rows(key).filter(denials__gt=0).update(denials=0, denied_since=None)
    mark_well(key=key, asked_at=asked_at)


def _lift_refusal(key: PageKey, asked_at: datetime) -> None:
    """Pages that stood still ask again at their next poll, not when a failed try would be due."""
    refused = _rows(key).filter(is_refused=True, refused_at__lte=asked_at)
    if refused.update(is_refused=False):
        region.drop(key.fingerprint, asked_at)


def _rows(key: PageKey) -> QuerySet[ApiKey]:
    """The key's, whoever owns them."""
    return ApiKey.objects.filter(fingerprint=key.fingerprint)


def _wait(throttles: int) -> int:
    longest = min(FIRST_WAIT << min(throttles - 1, 10), LONGEST_WAIT)
    return round(longest * random.uniform(0.8, 1.0))  # noqa: S311 - jitter keeps no secret  # nosec B311

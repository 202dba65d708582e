"""How the vendor treats a key, whoever owns it: kept with all its rows, written when it changes."""

import random
from datetime import datetime, timedelta

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from batches.models import ApiKey, StoredReading
from batches.services import clock
from batches.services.cache import store
from batches.services.keys.types import KeyHandle
from batches.services.row_locks import delete_rows, update_rows

USED_EVERY = timedelta(minutes=1)
FIRST_WAIT = 5
LONGEST_WAIT = 300
WAIT_AT_MOST = timedelta(seconds=LONGEST_WAIT)
# So many answers of 401 and 403 without a reason, spread over so long, with no other answer between
# them, are taken for the vendor's word on the key.
DENIALS = 5
DENIED_FOR = timedelta(minutes=5)
NO_REASON = "only 401 and 403 were answered for five minutes, without a reason"


def mark_refused(*, key: KeyHandle, words: str) -> None:
    """The vendor refused the key: no more polls with it until it is accepted again.

    What was read with it is dropped first: the cache takes that even where the database does not.
    """
    now = timezone.now()
    store.drop(key.fingerprint, now)
    update_rows(
        _rows(key),
        is_refused=True,
        refused_at=now,
        refusal=words[:300],
        denials=0,
        denied_since=None,
    )
    delete_rows(StoredReading.objects.filter(fingerprint=key.fingerprint).order_by("query"))


def is_waiting(key: KeyHandle, now: datetime) -> bool:
    """Whether the vendor asked to wait, and the time is not over."""
    return not clock.has_passed(key.not_before, now=now, at_most=WAIT_AT_MOST)


def note_denials(*, key: KeyHandle, calls: int) -> None:
    """So many calls got a 401 or 403 without a reason: several times over, that says it all.

    Counted in the database, in one statement, as many processes may ask with one key.
    """
    if key.is_refused:
        mark_refused(key=key, words=key.refusal)  # a person tried again: the rest starts anew
        return
    now = timezone.now()
    # a first one that lies ahead is of before the clock was set back
    ahead = Q(denied_since__gt=now + clock.CLOCKS_APART)
    update_rows(_rows(key).filter(ahead), denied_since=None)
    update_rows(
        _rows(key), denials=F("denials") + calls, denied_since=Coalesce("denied_since", now)
    )
    lasting = Q(denials__gte=DENIALS, denied_since__lte=now - DENIED_FOR, is_refused=False)
    if _rows(key).filter(lasting).exists():
        mark_refused(key=key, words=NO_REASON)


def end_denials(*, key: KeyHandle) -> None:
    """Some other answer came: what was denied before it was no word on the key."""
    if key.denials:
        update_rows(_rows(key), denials=0, denied_since=None)


def mark_throttled(*, key: KeyHandle, retry_after: int | None) -> None:
    """Wait as told, for everyone with this key; untold, 5 s doubling to 300 with jitter."""
    now = timezone.now()
    if is_waiting(key, now):
        return
    throttles = key.throttles + 1
    until = now + timedelta(seconds=retry_after or _wait(throttles))
    # another call may have been told more
    sooner = Q(not_before__lt=until) | clock.passed("not_before", now=now, at_most=WAIT_AT_MOST)
    update_rows(_rows(key).filter(sooner), not_before=until, throttles=throttles)


def mark_accepted(*, key: KeyHandle, asked_at: datetime, in_background: bool = False) -> None:
    """The vendor answered: lift what stood against the key, note that it was used.

    The background notes its calls apart: "last used" tells people's use.
    Not what came after the question: another call may have been told it meanwhile.
    """
    now = timezone.now()
    if key.is_refused:
        _lift_refusal(key, asked_at)
    end_denials(key=key)
    if key.throttles:
        is_over = clock.passed("not_before", now=now, at_most=WAIT_AT_MOST)
        update_rows(_rows(key).filter(is_over), not_before=None, throttles=0)
    if in_background:  # read for all who watch with it, whichever of their rows was taken
        if _is_past(key.last_background_at, now):
            update_rows(_rows(key).filter(keep_watch=True), last_background_at=now)
    elif _is_past(key.last_used_at, now):
        ApiKey.objects.filter(id=key.id).update(last_used_at=now)


def mark_checked(*, key: KeyHandle, asked_at: datetime) -> None:
    """The same where a key was checked: any row of it may be marked, not only this one."""
    _lift_refusal(key, asked_at)
    update_rows(_rows(key).filter(denials__gt=0), denials=0, denied_since=None)
    mark_accepted(key=key, asked_at=asked_at)


def _lift_refusal(key: KeyHandle, asked_at: datetime) -> None:
    """Pages that stood still ask again at their next poll, not when a failed try would be due."""
    before = Q(refused_at__lte=asked_at) | Q(refused_at__gt=timezone.now() + clock.CLOCKS_APART)
    if update_rows(_rows(key).filter(before, is_refused=True), is_refused=False):
        store.drop(key.fingerprint, asked_at)


def _is_past(noted: datetime | None, now: datetime) -> bool:
    return noted is None or clock.is_older(noted, now=now, than=USED_EVERY)


def _rows(key: KeyHandle) -> QuerySet[ApiKey]:
    """The key's, whoever owns them."""
    return ApiKey.objects.filter(fingerprint=key.fingerprint)


def _wait(throttles: int) -> int:
    longest = min(FIRST_WAIT << min(throttles - 1, 10), LONGEST_WAIT)
    return round(longest * random.uniform(0.8, 1.0))  # noqa: S311 - jitter keeps no secret  # nosec B311

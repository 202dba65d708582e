"""How old a stored value is, and whether it may have changed since."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from batches.refonte import CANCELLED, COMPLETED

# The worker reads an open batch once a minute, or at its own pace of up to 15 minutes.
STALE_AFTER = timedelta(minutes=20)
FINAL = frozenset({COMPLETED, CANCELLED, "canceled"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Age:
    """as_of: when Refonte said it; None where it never did. seconds: since then.

    is_stale: it may be another value by now, and nobody looked.
    """

    as_of: datetime | None
    seconds: int | None
    is_stale: bool


def age_of(
    as_of: datetime | None,
    *,
    now: datetime,
    is_final: bool = False,
    stale_after: timedelta = STALE_AFTER,
) -> Age:
    """is_final: the value changes no more, however old it is."""
    if as_of is None:
        return Age(as_of=None, seconds=None, is_stale=True)
    # a clock that was set back since must not give a negative age
    passed = max(timedelta(0), now - as_of)
    is_old = passed > stale_after and not is_final
    return Age(as_of=as_of, seconds=int(passed.total_seconds()), is_stale=is_old)

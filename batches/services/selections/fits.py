"""How many of a selection an action fits, by what is stored of them, and why not the rest.

For the buttons beside a list. A plan reads each batch anew before anything is done.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Case, Count, F, OuterRef, Subquery, TextField, Value, When
from django.db.models.functions import Coalesce

from batches.models import SeenBatch, SelectedBatch, Selection
from batches.refonte import CANCELLED, COMPLETED, IN_PROGRESS, PAUSED, STAGING
from batches.services.keys.types import KeyHandle

ABSENT, UNKNOWN = "absent", ""
# Why an action does not fit, in the words that follow a number.
REASONS = {
    STAGING: ("is in staging", "are in staging"),
    IN_PROGRESS: ("is already in progress", "are already in progress"),
    PAUSED: ("is paused", "are paused"),
    COMPLETED: ("is completed", "are completed"),
    CANCELLED: ("is cancelled", "are cancelled"),
    ABSENT: ("is not known to this key now", "are not known to this key now"),
    UNKNOWN: ("has a status not known here", "have a status not known here"),
}
OTHER = ("has another status", "have another status")
NO_PRIORITY = (COMPLETED, CANCELLED, ABSENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """One action. number: of the `total` that it fits. words: why not the rest; empty for none.

    is_possible: it may fit some; those of which nothing is known are read before it is done.
    """

    number: int
    total: int
    words: str = ""
    is_possible: bool = True

    @property
    def is_all(self) -> bool:
        return self.number == self.total


@dataclass(frozen=True, slots=True, kw_only=True)
class Fits:
    finalize: Fit
    prioritize: Fit


def fits_of(*, selection: Selection, key: KeyHandle) -> Fits:
    """One query."""
    statuses = _statuses(selection, key)
    total = sum(statuses.values())
    staging, unknown = statuses.get(STAGING, 0), statuses.get(UNKNOWN, 0)
    others = {status: number for status, number in statuses.items() if status != STAGING}
    lost = {status: number for status, number in statuses.items() if status in NO_PRIORITY}
    can = total - sum(lost.values())
    return Fits(
        finalize=Fit(
            number=staging,
            total=total,
            words=_words(_number_of(staging, total, REASONS[STAGING]), others),
            is_possible=bool(staging or unknown),
        ),
        prioritize=Fit(
            number=can,
            total=total,
            words=_words(f"{can:,} of {total:,} can have a priority.", lost),
            is_possible=bool(can),
        ),
    )


def _statuses(selection: Selection, key: KeyHandle) -> Mapping[str, int]:
    """How many have each status; of a refused key nothing that was seen with it is told."""
    chosen = SelectedBatch.objects.filter(selection=selection).order_by()
    if key.is_refused:
        return {UNKNOWN: chosen.count()}
    seen = SeenBatch.objects.filter(fingerprint=key.fingerprint, digest=OuterRef("digest"))
    status = Case(
        When(absent_at__isnull=False, then=Value(ABSENT)),
        default=F("status"),
        output_field=TextField(),
    )
    stored = Subquery(seen.annotate(now=status).values("now")[:1])
    found = chosen.annotate(now=Coalesce(stored, Value(UNKNOWN), output_field=TextField()))
    return dict(found.values("now").annotate(number=Count("pk")).values_list("now", "number"))


def _words(first: str, others: Mapping[str, int]) -> str:
    """`2 of 7 are in staging. The other 5 are already in progress.`"""
    if not others:
        return ""
    rest = sum(others.values())
    if len(others) == 1:
        reason = REASONS.get(next(iter(others)), OTHER)
        return f"{first} The other {f'{rest:,} {reason[1]}' if rest > 1 else f'one {reason[0]}'}."
    parts = [_number(number, status) for status, number in _sorted(others)]
    return f"{first} Of the other {rest:,}: {', '.join(parts)}."


def _sorted(others: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(others.items(), key=lambda one: -one[1])


def _number(number: int, status: str) -> str:
    return f"{number:,} {REASONS.get(status, OTHER)[number > 1]}"


def _number_of(number: int, total: int, reason: tuple[str, str]) -> str:
    if not number:
        return "None is in staging."
    return f"{number:,} of {total:,} {reason[number > 1]}."

"""How often batches can be read one by one: what they need against the calls that are left."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db.models import Count

from batches.models import CallUse, SeenBatch, Sweep
from batches.models.batches import OPEN_STATUSES
from batches.services.background.budget import LEFT_TO_OTHERS, MIN_CALLS_A_MINUTE
from batches.services.watcher.sweeps import pages_of, shortest_interval

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaceGroup:
    """So many batches are read so often."""

    every: timedelta
    batches: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """Open batches of one key that are read one by one.

    groups: by status, by the seconds of their own pace. slowdown: the factor by which all paces
    grow, as there are fewer calls than the batches need; 1 where there are enough.
    """

    groups: dict[str, dict[int, int]]
    slowdown: float

    def paces_of(self, status: str) -> tuple[PaceGroup, ...]:
        """The fastest first."""
        found = sorted(self.groups.get(status, {}).items())
        return tuple(PaceGroup(every=self.real_pace(own), batches=n) for own, n in found)

    def real_pace(self, own: int) -> timedelta:
        return timedelta(seconds=own * self.slowdown)


def demands_of(sweeps: Collection[Sweep], people: dict[str, int]) -> dict[str, Demand]:
    """By fingerprint, for keys with lists without counts. One query, none where there is no such.

    people: calls of people in a minute, by fingerprint.
    """
    bare = [sweep for sweep in sweeps if not sweep.holds_counts]
    prints = {sweep.fingerprint for sweep in bare}
    groups = _groups(bare) if bare else {}
    return {
        one: _demand(
            groups.get(one, {}),
            [sweep for sweep in sweeps if sweep.fingerprint == one],
            people.get(one, 0),
        )
        for one in prints
    }


def _groups(bare: Iterable[Sweep]) -> dict[str, dict[str, dict[int, int]]]:
    """Open batches by key, status and pace."""
    wanted = {(sweep.fingerprint, sweep.status) for sweep in bare}
    rows = SeenBatch.objects.filter(
        fingerprint__in={fingerprint for fingerprint, _ in wanted},
        status__in=OPEN_STATUSES,
        absent_at=None,
    )
    counted = rows.order_by().values_list("fingerprint", "status", "read_every")
    groups: dict[str, dict[str, dict[int, int]]] = {}
    for fingerprint, status, every, batches in counted.annotate(batches=Count("pk")):
        if status and (fingerprint, status) in wanted:
            groups.setdefault(fingerprint, {}).setdefault(status, {})[every] = batches
    return groups


def _demand(groups: dict[str, dict[int, int]], sweeps: list[Sweep], people: int) -> Demand:
    needed = sum(60 / every * n for paces in groups.values() for every, n in paces.items())
    return Demand(groups=groups, slowdown=max(1.0, needed / _calls_left(sweeps, people)))


def _calls_left(sweeps: list[Sweep], people: int) -> float:
    """Calls of a minute that are left for batches, behind people, lists and the other uses."""
    left = max(MIN_CALLS_A_MINUTE, settings.BACKGROUND_CALLS_A_MINUTE - people)
    lists = sum(pages_of(sweep) / (shortest_interval(sweep) / MINUTE) for sweep in sweeps)
    # one at least, so that a page says "every 5 hours" rather than nothing
    return max(1.0, left - LEFT_TO_OTHERS[CallUse.WATCHER] - lists)

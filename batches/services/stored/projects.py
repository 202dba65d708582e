"""The projects of a key: those that Refonte listed last, and those with open batches."""

import json
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from batches.models import SeenBatch, StoredReading
from batches.models.batches import OPEN_STATUSES
from batches.models.readings import PROJECTS
from batches.refonte import STAGING, BadAnswer, Counts, parse_projects
from batches.services.keys.types import KeyHandle

OpenRow = tuple[str | None, str | None, Any, datetime | None]


@dataclass(slots=True, kw_only=True)
class StoredProject:
    """A project with the sums of its open batches.

    name: None for batches of which Refonte does not say the project.
    total, settled: tasks, of batches whose counts are known; uncounted: how many are not.
    is_at_least: there may be more tasks. oldest_at: of all these counts, None without any.
    is_listed: Refonte's list of projects has it.
    """

    name: str | None
    staging: int = 0
    in_progress: int = 0
    total: int = 0
    settled: int = 0
    uncounted: int = 0
    is_at_least: bool = False
    oldest_at: datetime | None = None
    is_listed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredProjects:
    """projects: by name, the one without a name last. listed_at: of Refonte's list; None where
    none is stored, as it is kept for two days.
    """

    projects: tuple[StoredProject, ...] = field(default_factory=tuple)
    listed_at: datetime | None = None


def list_projects(*, key: KeyHandle) -> StoredProjects:
    """Two queries. Batches that completed are in no sum."""
    found: dict[str | None, StoredProject] = {}
    listed_at = None
    for row in StoredReading.objects.filter(fingerprint=key.fingerprint, query=PROJECTS):
        # what another version of this product stored is no list
        with suppress(BadAnswer):
            names = [project.name for project in parse_projects(json.loads(row.payload))]
            found |= {name: StoredProject(name=name, is_listed=True) for name in names}
            listed_at = row.as_of
    for name, rows in _by_project(_open_rows(key)).items():
        _add(found.setdefault(name, StoredProject(name=name)), rows)
    return StoredProjects(
        projects=tuple(sorted(found.values(), key=lambda one: (one.name is None, one.name or ""))),
        listed_at=listed_at,
    )


def _open_rows(key: KeyHandle) -> Iterable[OpenRow]:
    # the condition of the index of open batches, in its words
    rows = SeenBatch.objects.filter(
        fingerprint=key.fingerprint, status__in=OPEN_STATUSES, absent_at=None
    )
    return rows.values_list("project", "status", "counts", "counts_at")


def _by_project(rows: Iterable[OpenRow]) -> dict[str | None, list[OpenRow]]:
    found: dict[str | None, list[OpenRow]] = defaultdict(list)
    for row in rows:
        found[row[0]].append(row)
    return found


def _add(project: StoredProject, rows: Iterable[OpenRow]) -> None:
    for _, status, held, counts_at in rows:
        counts = Counts.parse(held or {})
        project.staging += status == STAGING
        project.in_progress += status != STAGING
        project.total += counts.total or 0
        project.settled += counts.settled
        project.uncounted += counts.total is None
        project.is_at_least |= counts.total is None or counts.is_at_least
        if counts.total is not None and counts_at is not None:
            project.oldest_at = min(project.oldest_at or counts_at, counts_at)

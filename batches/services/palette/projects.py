"""Projects by a part of their name, with the number of their open batches."""

from dataclasses import dataclass
from threading import Lock

from cachetools import TTLCache

from batches.models.names import fold
from batches.services import sql
from batches.services.batches.stored import IS_OPEN, LOOKED
from batches.services.keys.types import KeyHandle

SHOWN = 4
# Read once for all letters that are typed; a project that is new stands here half a minute later.
KEYS_KEPT, SECONDS_KEPT = 50, 30
PROJECTS = f"""
    SELECT project, SUM(CASE WHEN {IS_OPEN} THEN 1 ELSE 0 END) FROM ({LOOKED}) AS looked
     WHERE project IS NOT NULL AND absent_at IS NULL GROUP BY project ORDER BY project
"""  # noqa: S608 - names of this code alone  # nosec B608


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundProject:
    """open: how many of its batches are in staging or in progress."""

    name: str
    open: int


_kept: TTLCache[str, tuple[FoundProject, ...]] = TTLCache(KEYS_KEPT, SECONDS_KEPT)
_lock = Lock()  # cachetools leaves locking to its user, and requests run in threads


def find_projects(*, key: KeyHandle, q: str) -> tuple[FoundProject, ...]:
    """Those with open batches first. Of a refused key none, as nothing of it is shown."""
    if key.is_refused:
        return ()
    wanted = fold(q.strip())
    found = (one for one in projects_of(key=key) if wanted in fold(one.name))
    return tuple(sorted(found, key=lambda one: not one.open)[:SHOWN])


def projects_of(*, key: KeyHandle) -> tuple[FoundProject, ...]:
    """All projects of the batches that are looked through, by name. At most one query."""
    with _lock:
        kept = _kept.get(key.fingerprint)
    if kept is None:
        rows = sql.read(PROJECTS, [key.fingerprint] * 3)[1]
        kept = tuple(FoundProject(name=name, open=int(number)) for name, number in rows)
        with _lock:
            _kept[key.fingerprint] = kept
    return kept


def forget() -> None:
    """For tests: what one of them stored is no answer for the next one."""
    with _lock:
        _kept.clear()

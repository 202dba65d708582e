"""The vendor's projects. Pages work without them where the vendor gives none."""

from collections.abc import Iterable
from itertools import takewhile

from batches.refonte import Project
from batches.services.keys.types import KeyHandle
from batches.services.readings.queries import projects_query
from batches.services.readings.read import last_known, read
from batches.services.vendor.calls import Kind, new_deadline

# Bounds of the list in a form field, so that no page grows with the account. Other names can be
# typed.
OFFERED_MAX = 500
OFFERED_TEXT_MAX = 30_000  # characters of all their names


def offered(projects: Iterable[Project]) -> tuple[Project, ...]:
    """The first projects, within the bounds of a page."""
    characters_left = OFFERED_TEXT_MAX

    def fits(project: Project) -> bool:
        nonlocal characters_left
        characters_left -= len(project.name)
        return characters_left >= 0

    return tuple(takewhile(fits, projects))[:OFFERED_MAX]


def known_projects(*, key: KeyHandle) -> tuple[Project, ...]:
    """Projects under a key, kept for 10 minutes; empty where the vendor gives none."""
    reading = read(
        key=key,
        query=projects_query(),
        kind=Kind.POLL,
        deadline=new_deadline(),
    )
    return reading.data or ()


def remembered_projects(*, key: KeyHandle) -> tuple[Project, ...]:
    """The same from the cache, without a call: a write has used up the time of its page."""
    return last_known(key=key, query=projects_query()).data or ()

"""The vendor's projects, where it tells them; the product lives without where it does not."""

from collections.abc import Iterable
from itertools import takewhile

from batches.refonte import Project
from batches.services.keys.types import KeyHandle
from batches.services.readings.queries import projects_query
from batches.services.readings.read import last_known, read
from batches.services.vendor.calls import Kind, new_deadline

# What a page has room for in the list that a field offers; any other name can be typed.
OFFERED_MAX = 500
OFFERED_TEXT_MAX = 30_000  # characters of all their names


def offered(projects: Iterable[Project]) -> tuple[Project, ...]:
    """The first of them, as many as a page has room for."""
    room = OFFERED_TEXT_MAX

    def has_room(project: Project) -> bool:
        nonlocal room
        room -= len(project.name)
        return room >= 0

    return tuple(takewhile(has_room, projects))[:OFFERED_MAX]


def known_projects(*, key: KeyHandle) -> tuple[Project, ...]:
    """Projects under a key, kept for 10 minutes; empty where the vendor does not say."""
    reading = read(
        key=key,
        query=projects_query(),
        kind=Kind.POLL,
        deadline=new_deadline(),
    )
    return reading.data or ()


def remembered_projects(*, key: KeyHandle) -> tuple[Project, ...]:
    """The same as last answered, asking nobody: for a page whose time went into a write."""
    return last_known(key=key, query=projects_query()).data or ()

"""The queries to the vendor: their ids in the cache, and how long their answers are fresh."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache, partial
from typing import Any, Generic, TypeVar

from batches.models.readings import PROJECTS
from batches.refonte import (
    Answer,
    Batch,
    BatchPage,
    BatchStatus,
    Client,
    Deadline,
    ListQuery,
    Project,
    Secret,
    parse_batch,
    parse_page,
    parse_projects,
    parse_status,
)
from batches.services.cache.store import Place
from batches.services.observations.sighting import Sighting

T = TypeVar("T")

# Of a page's time: projects that hang must not use up the time of the batches.
OPTIONAL_SHARE = 0.2
LISTS = "lists"  # the scope of all answers that a new or changed batch may appear in


@dataclass(frozen=True, slots=True, kw_only=True)
class Query(Generic[T]):
    """One query to the vendor.

    scope: a write of ours to a scope makes all answers of that scope outdated.
    fresh: how long an answer is used without asking again.
    is_optional: pages work without an answer. A refusal is about this query alone.
    about: the name of the one batch it is about; "" where it is about many.
    sightings: the facts about batches in an answer, for the recorder.
    """

    id: str
    scope: str
    fresh: timedelta
    ask: Callable[[Client, Secret, Deadline], Answer[T]]
    parse: Callable[[Any], T]
    sightings: Callable[[T], Iterable[Sighting]]
    about: str = ""
    is_optional: bool = False

    @property
    def place(self) -> Place:
        """The position of its entry in the cache."""
        return Place(self.id, self.scope)

    def share_of(self, deadline: Deadline) -> Deadline:
        """The part of a page's time that it may take."""
        if not self.is_optional:
            return deadline
        return Deadline(min(deadline.total * OPTIONAL_SHARE, deadline.remaining()))


@lru_cache(maxsize=1024)
def list_query(query: ListQuery) -> Query[BatchPage]:
    return Query(
        id=_id("list", *sorted(query.as_params().items())),
        scope=LISTS,
        fresh=timedelta(seconds=5),
        ask=lambda client, secret, deadline: client.list_batches(secret, query, deadline=deadline),
        parse=partial(parse_page, limit=query.limit, offset=query.offset),
        sightings=lambda page: [Sighting.of_batch(batch) for batch in page.batches],
    )


def batch_query(name: str) -> Query[Batch]:
    return Query(
        id=_id("batch", name),
        scope=_id("scope", name),
        fresh=timedelta(seconds=5),
        ask=lambda client, secret, deadline: client.get_batch(secret, name, deadline=deadline),
        parse=parse_batch,
        # an answer about another batch is not recorded under this name
        sightings=lambda batch: [Sighting.of_batch(batch)] if batch.name == name else [],
        about=name,
    )


def status_query(name: str) -> Query[BatchStatus]:
    return Query(
        id=_id("status", name),
        scope=_id("scope", name),
        fresh=timedelta(seconds=3),
        ask=lambda client, secret, deadline: client.get_status(secret, name, deadline=deadline),
        parse=parse_status,
        sightings=lambda status: [Sighting.of_status(name, status)],
        about=name,
    )


def projects_query() -> Query[tuple[Project, ...]]:
    return Query(
        id=PROJECTS,
        scope=PROJECTS,
        fresh=timedelta(minutes=10),
        ask=lambda client, secret, deadline: client.list_projects(secret, deadline=deadline),
        parse=parse_projects,
        sightings=lambda projects: [],
        is_optional=True,
    )


def scope_of(name: str) -> str:
    """The scope of everything that is asked about one batch."""
    return _id("scope", name)


def _id(kind: str, *facts: object) -> str:
    """A digest: short for names of any length, and without a name in the clear."""
    return f"{kind}-{hashlib.sha256(repr(facts).encode()).hexdigest()[:32]}"

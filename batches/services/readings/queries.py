"""The questions this product asks the vendor, with their names in the cache and how they keep."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache, partial
from typing import Any, Generic, TypeVar

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

OPTIONAL_SHARE = 0.2
LISTS = "lists"  # the scope of everything that a new or changed batch may appear in


@dataclass(frozen=True, slots=True, kw_only=True)
class Query(Generic[T]):
    """One question. `scope` says which of our writes makes its answer old.

    is_optional: the product lives without an answer, and no page waits for it long. A refusal then
        is about this question alone: an account may be kept from projects and be let into batches.
    about: the one batch it is about; "" where it is about many.
    sightings: what an answer says about batches, for the recorder.
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
        """Where its entry stands in the cache."""
        return Place(self.id, self.scope)

    def share_of(self, deadline: Deadline) -> Deadline:
        """How long it may take of a page's time."""
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
        # an answer about another batch says nothing of this one
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
        id="projects",
        scope="projects",
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
    """Short and bounded whatever the name; never a name in the clear."""
    return f"{kind}-{hashlib.sha256(repr(facts).encode()).hexdigest()[:32]}"

"""Reads, coalesced: one vendor call for all viewers of a key; the last known state when it fails.

    read → fresh in the cache? → room in the bulkhead → dogpile's lock: one asks, the rest wait or
    take the last known → the vendor → cache, database

Access is decided before: who has a `PageKey` may read with it. Nothing is shared across keys.
"""

from batches.services.cache.held import Failure
from batches.services.readings.direct import read_direct
from batches.services.readings.queries import (
    Query,
    batch_query,
    list_query,
    projects_query,
    status_query,
)
from batches.services.readings.reading import Reading
from batches.services.readings.reads import (
    forget_batch,
    last_known,
    last_turn,
    read,
    read_together,
    return_turn,
    take_turn,
)
from batches.services.readings.rounds import YOUNG
from batches.services.readings.stored import prune

__all__ = [
    "YOUNG",
    "Failure",
    "Query",
    "Reading",
    "batch_query",
    "forget_batch",
    "last_known",
    "last_turn",
    "list_query",
    "projects_query",
    "prune",
    "read",
    "read_direct",
    "read_together",
    "return_turn",
    "status_query",
    "take_turn",
]

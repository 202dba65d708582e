"""What is remembered of the batches under a key: look-ups, for pages and the search."""

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Exists, OuterRef, QuerySet

from batches.models import SeenBatch
from batches.models.names import name_digests
from batches.services.keys.types import KeyHandle
from batches.services.observations.sighting import is_storable
from batches.services.sql import placeholders, select

# Written out, as polls ask it: Django would take three times as long.
SEEN = "SELECT * FROM batches_seenbatch WHERE fingerprint = %s AND digest IN ({})"
SINCE = SEEN + " AND (seen_at > %s OR absent_at > %s)"


def find_seen(*, fingerprint: str, names: Iterable[str]) -> dict[str, SeenBatch]:
    """Rows for these names, in one query."""
    return _find(fingerprint, names, None)


def find_seen_since(
    *, fingerprint: str, names: Iterable[str], since: datetime
) -> dict[str, SeenBatch]:
    """Rows for these names of which something was learned after `since`."""
    return _find(fingerprint, names, since)


def _find(fingerprint: str, names: Iterable[str], since: datetime | None) -> dict[str, SeenBatch]:
    storable: Collection[str] = [name for name in names if is_storable(name)]
    if not storable:
        return {}
    adapt = connections[DEFAULT_DB_ALIAS].ops.adapt_datetimefield_value
    query, times = (SEEN, []) if since is None else (SINCE, [adapt(since)] * 2)
    parameters = [fingerprint, *name_digests(storable), *times]
    rows = select(SeenBatch, query.format(placeholders(storable)), parameters)
    return {row.name: row for row in rows}


def all_seen(*, key: KeyHandle) -> QuerySet[SeenBatch]:
    """Every batch seen with a key, once: as seen since it was replaced, else as before.

    Only for names to find again: of another account's batch what was seen before says nothing.
    """
    rows = SeenBatch.objects.filter(fingerprint__in=key.fingerprints)
    for place, earlier in enumerate(key.earlier, start=1):
        rows = rows.exclude(_seen_with(key.fingerprints[:place]), fingerprint=earlier)
    return rows


def seen_parts(*, key: KeyHandle) -> list[QuerySet[SeenBatch]]:
    """The same rows, apart by the fingerprint they were seen with: each part has an index."""
    rows = [SeenBatch.objects.filter(fingerprint=one) for one in key.fingerprints]
    return [
        part.exclude(_seen_with(key.fingerprints[:place])) if place else part
        for place, part in enumerate(rows)
    ]


def _seen_with(fingerprints: Iterable[str]) -> Exists:
    return Exists(SeenBatch.objects.filter(fingerprint__in=fingerprints, digest=OuterRef("digest")))

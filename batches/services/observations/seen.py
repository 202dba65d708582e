"""Finds recorded batches of a key, for pages and the search."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet

from batches.models import SeenBatch
from batches.services import sql
from batches.services.keys.types import KeyHandle
from batches.services.observations.sighting import is_storable


def find_seen(
    *, fingerprint: str, names: Iterable[str], since: datetime | None = None
) -> dict[str, SeenBatch]:
    """Rows for these names, in one query.

    since: only rows that an answer has changed or confirmed after it.
    """
    # a name that was never stored cannot be found, and PostgreSQL refuses a NUL as a parameter
    storable = [name for name in names if is_storable(name)]
    if not storable:
        return {}
    rows = sql.find_seen(fingerprint=fingerprint, names=storable, since=since)
    return {row.name: row for row in rows}


def all_seen(*, key: KeyHandle) -> QuerySet[SeenBatch]:
    """Every batch recorded with a key, once: from its newest fingerprint that has it.

    Only to find names: with an earlier key the same name may have been another batch.
    """
    rows = SeenBatch.objects.filter(fingerprint__in=key.fingerprints)
    # a row of an earlier fingerprint counts only where no later one has that name
    for place, earlier in enumerate(key.earlier, start=1):
        rows = rows.exclude(_seen_with(key.fingerprints[:place]), fingerprint=earlier)
    return rows


def seen_parts(*, key: KeyHandle) -> list[QuerySet[SeenBatch]]:
    """The same rows, one query set for each fingerprint."""
    # the index begins with the fingerprint, so only one fingerprint at a time is read in its order
    rows = [SeenBatch.objects.filter(fingerprint=one) for one in key.fingerprints]
    return [
        part.exclude(_seen_with(key.fingerprints[:place])) if place else part
        for place, part in enumerate(rows)
    ]


def _seen_with(fingerprints: Iterable[str]) -> Exists:
    return Exists(SeenBatch.objects.filter(fingerprint__in=fingerprints, digest=OuterRef("digest")))

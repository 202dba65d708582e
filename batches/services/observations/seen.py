"""What is remembered of the batches under a key: look-ups, for pages and the search."""

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

    since: only those of which something was learned after it.
    """
    storable = [name for name in names if is_storable(name)]
    if not storable:
        return {}
    rows = sql.find_seen(fingerprint=fingerprint, names=storable, since=since)
    return {row.name: row for row in rows}


def all_seen(*, key: KeyHandle) -> QuerySet[SeenBatch]:
    """Every batch seen with a key, once: as seen since it was replaced, else as before.

    Only for names to find again: under a replaced key the same name may be another batch.
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

"""The last readings in the database: what must outlive a process and its cache."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError

from batches.models import StoredReading
from batches.refonte import Answer, Outcome
from batches.services import vendor
from batches.services.cache import region as cache
from batches.services.cache.held import Held
from batches.services.page_key import PageKey
from batches.services.readings.queries import Query
from batches.services.readings.reading import is_understood

STORED_FOR = timedelta(days=2)


def stand_in(
    key: PageKey, cold: Sequence[Query[Any]], fetched: Mapping[str, Held]
) -> dict[str, Held]:
    """Where this process knows nothing and gets no answer: what an earlier one knew."""
    wanted = {query.id: query for query in cold if _lacks_data(fetched[query.id])}
    if not wanted:
        return {}
    rows = StoredReading.objects.filter(fingerprint=key.fingerprint, query__in=wanted)
    found = {
        row.query: replace(
            fetched[row.query],
            payload=json.loads(row.payload),
            as_of=row.as_of,
            stored_as_of=row.as_of,
            made={},
        )
        for row in rows
    }
    found = {id: held for id, held in found.items() if is_understood(wanted[id], held)}
    for id, held in found.items():
        cache.complete(key.fingerprint, id, held)
    return found


def _lacks_data(held: Held) -> bool:
    failure = held.failure
    return held.as_of is None and failure is not None and failure.outcome != Outcome.KEY_REFUSED


def write_down(
    key: PageKey, answers: Mapping[str, Answer[Any]], fetched: Mapping[str, Held]
) -> None:
    """What must outlive this process. A database that cannot be written does not stop reading."""
    changed = [
        StoredReading(
            fingerprint=key.fingerprint,
            query=id,
            payload=json.dumps(answer.payload),
            as_of=answer.answered_at,
        )
        for id, answer in answers.items()
        if fetched[id].stored_as_of == answer.answered_at
    ]
    try:
        if changed:
            StoredReading.objects.bulk_create(
                # in one order: PostgreSQL ends two who wait for each other
                sorted(changed, key=lambda row: row.query),
                update_conflicts=True,
                unique_fields=("fingerprint", "query"),
                update_fields=("payload", "as_of"),
            )
    except DatabaseError:
        vendor.log.exception("a reading could not be stored")


def prune(*, now: datetime) -> int:
    """Drop stored readings of more than two days. Returns how many."""
    return StoredReading.objects.filter(as_of__lt=now - STORED_FOR).delete()[0]

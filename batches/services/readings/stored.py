"""Stores the last readings in the database, so that a new process can show them."""

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError
from django.db.models import Q
from django.db.models.functions import Length

from batches.models import StoredReading
from batches.refonte import Answer, Outcome
from batches.services.cache import store
from batches.services.cache.entry import CacheEntry
from batches.services.keys.types import KeyHandle
from batches.services.readings.queries import Query
from batches.services.readings.reading import is_understood
from batches.services.row_locks import delete_rows
from batches.services.vendor.calls import log

STORED_FOR = timedelta(days=2)
# Characters of JSON, which are ASCII. A page of 100 rows with 20 KB of metadata each has 2 million.
LARGEST = 2_500_000
KEPT = 64_000_000
# Adding up all rows takes as long as a page, so it is done only every so many characters.
ADDED_UP_EVERY = 8_000_000


def recall_stored(
    key: KeyHandle, cold: Sequence[Query[Any]], fetched: Mapping[str, CacheEntry]
) -> dict[str, CacheEntry]:
    """Stored readings, for queries without an entry in the cache and without an answer."""
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
            memo={},
        )
        for row in rows
    }
    found = {id: entry for id, entry in found.items() if is_understood(wanted[id], entry)}
    for id, entry in found.items():
        # only over an entry without data: another request may have got an answer meanwhile
        [present] = store.look_up(key.fingerprint, [wanted[id].place])
        if present.entry is not None and present.entry.as_of is None:
            store.put(key.fingerprint, id, entry)
    return found


def _lacks_data(entry: CacheEntry) -> bool:
    failure = entry.failure
    return entry.as_of is None and failure is not None and failure.outcome != Outcome.KEY_REFUSED


def store_answers(
    key: KeyHandle, answers: Mapping[str, Answer[Any]], fetched: Mapping[str, CacheEntry]
) -> None:
    """Store answers that changed, or whose stored time is too old."""
    news = (
        StoredReading(
            fingerprint=key.fingerprint,
            query=id,
            payload=json.dumps(answer.payload),
            as_of=answer.answered_at,
        )
        for id, answer in answers.items()
        if fetched[id].stored_as_of == answer.answered_at
    )
    changed = [row for row in news if len(row.payload) <= LARGEST]
    try:
        if changed:
            StoredReading.objects.bulk_create(
                # in one order: PostgreSQL aborts one of two that wait for each other's rows
                sorted(changed, key=lambda row: row.query),
                update_conflicts=True,
                unique_fields=("fingerprint", "query"),
                update_fields=("payload", "as_of"),
            )
            if _written.add(sum(len(row.payload) for row in changed)):
                drop_beyond_bound()
    except DatabaseError:
        # the answer is shown all the same; only a restart would miss it
        log.exception("a reading could not be stored")


class _Written:
    """How many characters this process has stored since all rows were last added up."""

    def __init__(self) -> None:
        self._lock, self._characters = threading.Lock(), 0

    def add(self, characters: int) -> bool:
        """Whether all rows have to be added up again."""
        with self._lock:
            self._characters += characters
            is_time = self._characters >= ADDED_UP_EVERY
            if is_time:
                self._characters = 0
        return is_time


_written = _Written()


def drop_beyond_bound() -> int:
    """Delete the oldest readings beyond the bound of all together. Returns how many."""
    newest_first = StoredReading.objects.order_by("-as_of", "-id")
    kept = 0
    for as_of, size in newest_first.values_list("as_of", Length("payload")).iterator():
        kept += size
        if kept > KEPT:
            beyond = StoredReading.objects.filter(as_of__lte=as_of)
            return delete_rows(beyond.order_by("fingerprint", "query"))
    return 0


def prune(*, now: datetime) -> int:
    """Delete readings older than two days, and those beyond the bound. Returns how many."""
    # a time that far ahead was written before the clock was set back
    is_old = Q(as_of__lt=now - STORED_FOR) | Q(as_of__gt=now + STORED_FOR)
    old = StoredReading.objects.filter(is_old).order_by("fingerprint", "query")
    return delete_rows(old) + drop_beyond_bound()

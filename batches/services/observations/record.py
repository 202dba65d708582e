"""The only module that records batches from the vendor's answers.

Every usable answer passes here: from `readings`, `key_checks`, `walks`, `watcher`, and for
operations from `operations/vendor_session.py`.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import DatabaseError, IntegrityError, transaction

from batches.models import SeenBatch, StatusChange
from batches.models.names import name_digests
from batches.services.notices.publish import publish_completions
from batches.services.observations.merge import Merge
from batches.services.observations.samples import keep_samples
from batches.services.observations.seen import find_seen
from batches.services.observations.sighting import Sighting, is_storable
from batches.services.vendor.calls import log

FACTS = (
    "project",
    "status",
    "status_at",
    "created_at",
    "seen_at",
    "absent_at",
    "counts",
    "counts_at",
    "sampled_at",
    "grew_at",
    "changed_at",
)
ATTEMPTS = 3
Answers = Iterable[tuple[datetime, Iterable[Sighting]]]
Rows = dict[str, SeenBatch]
_ByName = Mapping[str, list[tuple[datetime, Sighting]]]


def record(*, fingerprint: str, sightings: Iterable[Sighting], at: datetime) -> Rows:
    """Record one answer. Returns the rows of its batches as they are now.

    at: when the answer was true: the time of the answer for a write, of the question for a read.
        A read may be answered from before a write of ours, or another answer, that came meanwhile.
    fingerprint: of the key of the call. An older answer never overwrites newer facts.
    Does not raise where the database cannot be written: the rows are then as they would be.
    """
    return record_answers(fingerprint=fingerprint, answers=[(at, sightings)])


def record_or_raise(*, fingerprint: str, sightings: Iterable[Sighting], at: datetime) -> Rows:
    """As `record`, for callers whose transaction stores more. Raises DatabaseError."""
    by_name = _by_name([(at, sightings)])
    return _written(fingerprint, by_name) if by_name else {}


def record_answers(*, fingerprint: str, answers: Answers) -> Rows:
    """As `record`, for several answers with their own times, in one write."""
    by_name = _by_name(answers)
    if not by_name:
        return {}
    try:
        return _written(fingerprint, by_name)
    except DatabaseError:
        # pages still show what the vendor answered
        log.exception("a sighting could not be stored")
    return _merged(fingerprint, by_name, find_seen(fingerprint=fingerprint, names=by_name))[0]


def _by_name(answers: Answers) -> _ByName:
    by_name: dict[str, list[tuple[datetime, Sighting]]] = {}
    for at, sightings in answers:
        for sighting in sightings:
            if is_storable(sighting.name):
                by_name.setdefault(sighting.name, []).append((at, sighting))
    return by_name


def _written(fingerprint: str, by_name: _ByName) -> Rows:
    for _ in range(ATTEMPTS - 1):
        try:
            return _write(fingerprint, by_name)
        except IntegrityError:
            # another process inserted one of the same rows just now: the next attempt finds it
            continue
    return _write(fingerprint, by_name)


def _write(fingerprint: str, by_name: _ByName) -> Rows:
    with transaction.atomic():
        stored = SeenBatch.objects.filter(fingerprint=fingerprint, digest__in=name_digests(by_name))
        # locked, so that of several requests that see one change only one records it; in the order
        # of the primary key, as PostgreSQL aborts one of two that wait for each other's rows
        known = {row.name: row for row in stored.select_for_update().order_by("pk")}
        rows, merge = _merged(fingerprint, by_name, known)
        new = [row for row in rows.values() if row.is_new]
        if new:
            # sorted for the same reason: an insert waits for another one of the same row
            SeenBatch.objects.bulk_create(sorted(new, key=_name))
        _keep(merge)
        StatusChange.objects.bulk_create(merge.changes)
        publish_completions(changes=merge.changes, rows=rows)
        keep_samples(merge.samples)
    return rows


def _merged(fingerprint: str, by_name: _ByName, known: Rows) -> tuple[Rows, Merge]:
    """The rows with the answers merged into them."""
    rows, merge, new = dict(known), Merge(), Merge()
    for name, answers in by_name.items():
        if name in known:
            merge.add(known[name], answers)
        # a 404 about a name that was never seen is no news, as when a create checks a free name
        elif times := [at for at, sighting in answers if not sighting.is_absent]:
            row = rows[name] = SeenBatch(fingerprint=fingerprint, name=name, seen_at=min(times))
            row.is_new = True
            new.add(row, answers)
    merge.changes += new.changes
    merge.samples += new.samples
    return rows, merge


def _keep(merge: Merge) -> None:
    """Store the rows that changed."""
    changed, confirmed = merge.changed, merge.confirmed
    # the usual poll of a list confirms all rows at one time: one UPDATE instead of an upsert
    if len(confirmed) == 1:
        [(moved, rows)] = confirmed.items()
        SeenBatch.objects.filter(pk__in=[row.pk for row in rows]).update(**dict(moved))
    else:
        changed = [*changed, *(row for rows in confirmed.values() for row in rows)]
    if changed:
        SeenBatch.objects.bulk_create(
            sorted(changed, key=_name),
            update_conflicts=True,
            unique_fields=("id",),
            update_fields=FACTS,
        )


def _name(row: SeenBatch) -> str:
    return row.name

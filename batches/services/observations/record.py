"""The one recorder of what the vendor says about batches.

Every usable answer passes here: reads where readings are fetched, reads and writes of operations in
`operations/line.py`. No page has to think of it.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import DatabaseError, IntegrityError, transaction

from batches.models import SeenBatch, StatusChange
from batches.models.names import name_digests
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
)
ATTEMPTS = 3
Answers = Iterable[tuple[datetime, Iterable[Sighting]]]
Rows = dict[str, SeenBatch]
_Told = Mapping[str, list[tuple[datetime, Sighting]]]


def record(*, fingerprint: str, sightings: Iterable[Sighting], at: datetime) -> Rows:
    """Remember one answer. Gives the rows of its batches as they are now.

    at: when that was so: of a write, and of a read that no write of ours has passed, the time of
        the answer; of any other read that of its question.
    fingerprint: of the key that it was asked with. An older answer never overwrites newer facts.
    Never raises where the database cannot be written: the rows are then as they would be.
    """
    return record_answers(fingerprint=fingerprint, answers=[(at, sightings)])


def record_or_raise(*, fingerprint: str, sightings: Iterable[Sighting], at: datetime) -> Rows:
    """As `record`, for who stores something else with it. Raises DatabaseError."""
    told = _by_name([(at, sightings)])
    return _written(fingerprint, told) if told else {}


def record_answers(*, fingerprint: str, answers: Answers) -> Rows:
    """The same of several answers, each with its own time, in one write."""
    told = _by_name(answers)
    if not told:
        return {}
    try:
        return _written(fingerprint, told)
    except DatabaseError:
        # reading goes on where nothing can be written
        log.exception("a sighting could not be stored")
    return _merged(fingerprint, told, find_seen(fingerprint=fingerprint, names=told))[0]


def _by_name(answers: Answers) -> _Told:
    told: dict[str, list[tuple[datetime, Sighting]]] = {}
    for at, sightings in answers:
        for sighting in sightings:
            if is_storable(sighting.name):
                told.setdefault(sighting.name, []).append((at, sighting))
    return told


def _written(fingerprint: str, told: _Told) -> Rows:
    """Again where another process inserted one of the same rows at the same time."""
    for _ in range(ATTEMPTS - 1):
        try:
            return _write(fingerprint, told)
        except IntegrityError:
            continue
    return _write(fingerprint, told)


def _write(fingerprint: str, told: _Told) -> Rows:
    """With the rows to oneself, so that of those who saw a change at once one tells it.

    Always locked and inserted in the same order: PostgreSQL ends two who wait for each other.
    """
    with transaction.atomic():
        stored = SeenBatch.objects.filter(fingerprint=fingerprint, digest__in=name_digests(told))
        known = {row.name: row for row in stored.select_for_update().order_by("pk")}
        rows, merge = _merged(fingerprint, told, known)
        new = [row for row in rows.values() if row.is_new]
        if new:
            SeenBatch.objects.bulk_create(sorted(new, key=_name))
        _keep(merge)
        StatusChange.objects.bulk_create(merge.changes)
        keep_samples(merge.samples)
    return rows


def _merged(fingerprint: str, told: _Told, known: Rows) -> tuple[Rows, Merge]:
    """The rows with the answers in them. Of a batch that was never seen an absence is no news."""
    rows, merge, new = dict(known), Merge(), Merge()
    for name, answers in told.items():
        if name in known:
            merge.add(known[name], answers)
        elif times := [at for at, sighting in answers if not sighting.is_absent]:
            row = rows[name] = SeenBatch(fingerprint=fingerprint, name=name, seen_at=min(times))
            row.is_new = True
            new.add(row, answers)
    merge.changes += new.changes
    merge.samples += new.samples
    return rows, merge


def _keep(merge: Merge) -> None:
    """Ages that moved alike, as those of a list do, are one cheap statement."""
    changed, confirmed = merge.changed, merge.confirmed
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

"""Reads stored alarms and notes for pages. Computes nothing."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from batches.models import Alarm, AlarmKind, ApiKey, BatchNote
from batches.models.names import name_digest, name_digests
from batches.services import sql
from batches.services.attention.types import ORDER, Note, OpenAlarm

# In SQL, as every poll of a batch reads it (`services/sql.py`).
NOTE = """
    SELECT note.fingerprint, note.due_at, note.owner_id, note.text,
           COALESCE(owner.username, '') AS owner
      FROM batches_batchnote note LEFT JOIN auth_user owner ON owner.id = note.owner_id
     WHERE note.fingerprint IN ({}) AND note.digest = %s
"""

LARGEST = 2**63 - 1  # an address may have any number; SQLite refuses larger ones


def open_alarms(*, fingerprint: str) -> tuple[OpenAlarm, ...]:
    """All of a key, dismissed ones too, in the order of harm, then the oldest first. One query.

    Where Refonte refuses the key, that alone: what was seen with it is kept, but not shown.
    """
    return _sorted(_shown(Alarm.objects.filter(fingerprint=fingerprint)))


def find_open(*, fingerprint: str, ids: Sequence[int]) -> tuple[OpenAlarm, ...]:
    """Those of them that are open alarms of this key. One query."""
    possible = [one for one in ids if one <= LARGEST]
    return _sorted(_shown(Alarm.objects.filter(fingerprint=fingerprint, pk__in=possible)))


def was_raised(*, fingerprint: str, alarm_id: int) -> bool:
    """Whether this is an alarm of the key, open or over."""
    rows = Alarm.objects.filter(fingerprint=fingerprint, pk=alarm_id)
    return alarm_id <= LARGEST and rows.exists()


def notes_of(
    *, fingerprint: str, names: Iterable[str], earlier: Sequence[str] = ()
) -> dict[str, BatchNote]:
    """Due dates, owners and notes, by name of the batch. One query.

    earlier: other fingerprints of the key, newest first. What was noted last counts.
    """
    prints = (fingerprint, *earlier)
    rows = BatchNote.objects.filter(fingerprint__in=prints, digest__in=name_digests(names))
    newest_last = sorted(
        rows.select_related("owner"), key=lambda row: -prints.index(row.fingerprint)
    )
    return {row.name: row for row in newest_last}


def due_dates(*, fingerprint: str, digests: Iterable[str]) -> dict[str, datetime]:
    """By digest of the name, of batches that have one. Two queries.

    Also those that were noted before the key was replaced, unless they were changed since.
    """
    rows = ApiKey.objects.filter(fingerprint=fingerprint).values_list("earlier", flat=True)
    # several people may have the key, each with the former values that they had
    prints = [fingerprint, *dict.fromkeys(one for earlier in rows for one in earlier)]
    notes = BatchNote.objects.filter(fingerprint__in=prints, digest__in=list(digests))
    newest_last = sorted(notes, key=lambda row: -prints.index(row.fingerprint))
    found = {row.digest: row.due_at for row in newest_last}
    return {digest: due for digest, due in found.items() if due}


def note_of(*, fingerprints: Sequence[str], name: str) -> Note:
    """That of one batch, an empty one where nothing is set. One short query.

    fingerprints: of the key, newest first.
    """
    query = NOTE.format(sql.placeholders(fingerprints))
    names, rows = sql.read(query, [*fingerprints, name_digest(name)])
    found = [sql.columns_of(names, row) for row in rows]
    if not found:
        return Note()
    row = min(found, key=lambda row: fingerprints.index(row.pop("fingerprint")))
    return Note(**row)


def _shown(alarms: QuerySet[Alarm]) -> QuerySet[Alarm]:
    refused = ApiKey.objects.filter(fingerprint=OuterRef("fingerprint"), is_refused=True)
    # "not ended" beside the others and not in each, else SQLite reads all that ever were
    shown = ~Exists(refused) | Q(kind=AlarmKind.KEY_REFUSED)
    return alarms.filter(shown, ended_at=None).select_related("batch")


def _sorted(alarms: QuerySet[Alarm]) -> tuple[OpenAlarm, ...]:
    found = (_open_alarm(one) for one in alarms)
    return tuple(sorted(found, key=lambda one: (ORDER[one.kind], one.since, one.name)))


def _open_alarm(row: Alarm) -> OpenAlarm:
    return OpenAlarm(
        id=row.pk,
        kind=AlarmKind(row.kind),
        fingerprint=row.fingerprint,
        name=row.batch.name if row.batch else "",
        project=(row.batch.project or "") if row.batch else "",
        since=row.since,
        began_at=row.began_at,
        checked_at=row.checked_at,
        facts=row.facts,
        subject=row.subject,
        counts=(row.batch.counts or {}) if row.batch else {},
        counts_at=row.batch.counts_at if row.batch else None,
        dismissed_at=row.dismissed_at,
        dismissed_by=row.dismissed_by,
        dismissed_reason=row.dismissed_reason,
    )

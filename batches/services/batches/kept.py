"""What this console keeps of one batch: note, alarms, changes of status, and when it was watched.

One query for all of it, as each poll of a batch reads it (`services/sql.py`).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from batches.models import AlarmKind, StatusChange
from batches.models.names import name_digest
from batches.services import sql
from batches.services.attention.types import ORDER, Note, OpenAlarm, PastAlarm, PastDismissal
from batches.services.keys.types import KeyHandle
from batches.services.observations.quarters import GAP
from batches.services.observations.sighting import is_storable

SHOWN = 50  # of each kind
NOTHING = Note()
# Every part has the columns of the first, which stand for other things in each. What a part has
# not is a null of that column's type, without which PostgreSQL takes it for a text.
TYPES = {"t": "CAST(NULL AS timestamptz)", "j": "CAST(NULL AS jsonb)"}
KEPT = """WITH seen AS (
        SELECT id FROM batches_seenbatch WHERE fingerprint IN ({prints}) AND digest = %s)
    SELECT * FROM (
        SELECT 'alarm' AS what, alarm.began_at AS at, alarm.ended_at AS until_at,
               alarm.since AS since, alarm.checked_at AS checked_at,
               alarm.dismissed_at AS dismissed_at, alarm.id AS number, alarm.kind AS one,
               alarm.fingerprint AS two, alarm.dismissed_by AS three,
               alarm.dismissed_reason AS four, alarm.subject AS five, alarm.facts AS facts
          FROM seen JOIN batches_alarm alarm ON alarm.batch_id = seen.id
         ORDER BY alarm.began_at DESC LIMIT %s) alarms
     UNION ALL SELECT * FROM (
        SELECT 'dismissal', made.at, made.ended_at, {t}, {t}, {t}, made.alarm_id,
               made.username, made.reason, '', '', '', {j}
          FROM seen JOIN batches_alarm alarm ON alarm.batch_id = seen.id
          JOIN batches_dismissal made ON made.alarm_id = alarm.id
         ORDER BY made.at DESC LIMIT %s) dismissals
     UNION ALL SELECT * FROM (
        SELECT 'change', change.at, {t}, {t}, {t}, {t}, change.id,
               change.before, change.after, change.message, '', '', {j}
          FROM batches_statuschange change
         WHERE change.fingerprint IN ({prints}) AND change.digest = %s
         ORDER BY change.at DESC LIMIT %s) changes
     UNION ALL SELECT * FROM (
        SELECT 'gap', gap.since, gap.until, {t}, {t}, {t}, CAST(NULL AS bigint),
               gap.reason, '', '', '', '', {j}
          FROM batches_watchgap gap WHERE gap.fingerprint IN ({prints})
         ORDER BY gap.until DESC LIMIT %s) gaps
     UNION ALL
    SELECT 'note', note.due_at, {t}, {t}, {t}, {t}, note.owner_id,
           COALESCE(owner.username, ''), note.text, note.fingerprint, '', '', {j}
      FROM batches_batchnote note LEFT JOIN auth_user owner ON owner.id = note.owner_id
     WHERE note.fingerprint IN ({prints}) AND note.digest = %s
     UNION ALL
    SELECT 'began', {t}, {t}, {t}, {t}, {t}, MIN(COALESCE(
               (SELECT first_at FROM batches_sampleday day
                 WHERE day.batch_id = seen.id ORDER BY day.day LIMIT 1),
               (SELECT minute * 60 + second FROM batches_sample sample
                 WHERE sample.batch_id = seen.id ORDER BY minute LIMIT 1))),
           COALESCE((SELECT request_id FROM batches_watch WHERE fingerprint = %s), ''),
           '', '', '', '', {j}
      FROM seen
"""


class WatchedGap(NamedTuple):
    """A time of 20 minutes or more in which a key was not read. reason: a sentence."""

    since: datetime
    until: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """alarms: all, open or not. open_alarms: in the order of harm.

    gaps: of the key, since the batch is watched. watched_since: when its first sample was taken.
    request_id: Refonte's own for the last request of the watcher, for its support.
    """

    note: Note = NOTHING
    alarms: tuple[PastAlarm, ...] = ()
    open_alarms: tuple[OpenAlarm, ...] = ()
    changes: tuple[StatusChange, ...] = ()
    gaps: tuple[WatchedGap, ...] = ()
    watched_since: datetime | None = None
    request_id: str = ""


class _Row(NamedTuple):
    what: str
    at: datetime
    until_at: datetime | None
    since: datetime
    checked_at: datetime
    dismissed_at: datetime | None
    number: int
    one: str
    two: str
    three: str
    four: str
    five: str
    facts: Any


def read_kept(*, key: KeyHandle, name: str) -> Kept:
    """Nothing where the key is refused: what was seen with it is kept, but not shown."""
    if key.is_refused or not is_storable(name):
        return Kept()
    rows = _read(key.fingerprints, name_digest(name))
    began = next((row.number for row in rows["began"]), None)
    since = datetime.fromtimestamp(began, UTC) if began is not None else None
    alarms = tuple(_alarms(rows["alarm"], rows["dismissal"], name))
    return Kept(
        note=_note(rows["note"], key.fingerprints),
        alarms=alarms,
        open_alarms=_open(alarms, key.fingerprint),
        changes=tuple(_change(row, name) for row in rows["change"]),
        gaps=tuple(_gaps(rows["gap"], since)),
        watched_since=since,
        request_id=next((row.one for row in rows["began"]), ""),
    )


def _read(prints: tuple[str, ...], digest: str) -> defaultdict[str, list[_Row]]:
    query = KEPT.format(prints=sql.placeholders(prints), **TYPES)
    limits = [SHOWN, 2 * SHOWN]
    values = [*prints, digest, SHOWN, SHOWN, *prints, digest, SHOWN]
    names, found = sql.read(query, [*values, *prints, limits[1], *prints, digest, prints[0]])
    rows: defaultdict[str, list[_Row]] = defaultdict(list)
    for row in found:
        columns = sql.columns_of(names, row)
        rows[columns["what"]].append(_Row(**columns))
    return rows


def _note(rows: list[_Row], prints: tuple[str, ...]) -> Note:
    """What was noted with the key as it is now, else with the last value before it."""
    newest = min(rows, key=lambda row: prints.index(row.three), default=None)
    if newest is None:
        return NOTHING
    return Note(due_at=newest.at, owner_id=newest.number, owner=newest.one, text=newest.two)


def _open(alarms: Iterable[PastAlarm], fingerprint: str) -> tuple[OpenAlarm, ...]:
    # nobody looks any more whether one of a former value of the key has ended
    found = (one.alarm for one in alarms if one.ended_at is None)
    own = (one for one in found if one.fingerprint == fingerprint)
    return tuple(sorted(own, key=lambda one: (ORDER[one.kind], one.since)))


def _alarms(rows: list[_Row], dismissals: list[_Row], name: str) -> Iterator[PastAlarm]:
    made = defaultdict(list)
    for row in sorted(dismissals, key=lambda row: row.at):
        made[row.number].append(
            PastDismissal(at=row.at, username=row.one, reason=row.two, ended_at=row.until_at)
        )
    for row in rows:
        alarm = OpenAlarm(
            id=row.number,
            kind=AlarmKind(row.one),
            fingerprint=row.two,
            name=name,
            since=row.since,
            began_at=row.at,
            checked_at=row.checked_at,
            facts=sql.as_json(row.facts),
            dismissed_at=row.dismissed_at,
            dismissed_by=row.three,
            dismissed_reason=row.four,
            subject=row.five,
        )
        yield PastAlarm(alarm=alarm, ended_at=row.until_at, dismissals=tuple(made[row.number]))


def _change(row: _Row, name: str) -> StatusChange:
    return StatusChange(
        id=row.number, name=name, before=row.one, after=row.two, message=row.three, at=row.at
    )


def _gaps(rows: Iterable[_Row], since: datetime | None) -> Iterator[WatchedGap]:
    for row in rows:
        begun, ended = row.at, row.until_at
        if since and ended and ended > since and ended - begun >= timedelta(seconds=GAP):
            yield WatchedGap(max(begun, since), ended, row.one)

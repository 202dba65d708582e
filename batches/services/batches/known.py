"""What this console itself knows of the batches of a list, beside Refonte's answers: estimates,
due dates, owners, alarms, priorities sent. One query for a page, as each poll asks for it.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from operator import itemgetter
from threading import Lock
from typing import Any
from uuid import UUID

from cachetools import LRUCache

from batches.models import Alarm, AlarmKind, Estimate, Operation, State, Verb
from batches.models.names import name_digest
from batches.refonte import CANCELLED, COMPLETED, IN_PROGRESS, STAGING
from batches.services import sql
from batches.services.attention.types import ORDER, OpenAlarm
from batches.services.keys.types import KeyHandle
from batches.services.observations.sighting import is_storable

NEVER = datetime(1, 1, 2, tzinfo=UTC)
# What this console itself knows of the batches of a list, for each page and each poll of it. More
# than one row of a batch with several alarms, notes or priorities. All as text, as it is in the
# table: most polls find the same texts again, and read no time and no JSON of them.
COLUMNS = (
    *(f"estimate.{name}" for name in ("at", "as_of", "status", "low", "mid", "high", "reason")),
    *("estimate.since", "estimate.speed", "estimate.spark"),
    *("note.fingerprint", "note.due_at", "owner.username"),
    *(f"alarm.{name}" for name in ("id", "kind", "since", "began_at", "checked_at", "facts")),
    *(f"sent.{name}" for name in ("id", "state", "username", "parameters", "sent_at")),
)
KNOWN = f"""
    SELECT seen.digest,
           (SELECT COUNT(DISTINCT raised.batch_id) FROM batches_alarm raised
             WHERE raised.fingerprint = %s AND raised.ended_at IS NULL
               AND raised.dismissed_at IS NULL AND raised.batch_id IS NOT NULL),
           CASE WHEN seen.seen_at > %s OR seen.absent_at > %s THEN 1 ELSE 0 END,
           {", ".join(f"CAST({name} AS text)" for name in COLUMNS)}
      FROM batches_seenbatch seen
      LEFT JOIN batches_estimate estimate ON estimate.batch_id = seen.id
      LEFT JOIN batches_batchnote note
             ON note.digest = seen.digest AND note.fingerprint IN ({{}})
      LEFT JOIN auth_user owner ON owner.id = note.owner_id
      LEFT JOIN batches_alarm alarm ON alarm.batch_id = seen.id
            AND alarm.ended_at IS NULL AND alarm.dismissed_at IS NULL
      LEFT JOIN batches_operation sent
             ON sent.batch_digest = seen.digest AND sent.fingerprint IN ({{}})
            AND sent.verb = %s AND sent.state IN (%s, %s)
     WHERE seen.fingerprint = %s AND seen.digest IN ({{}})
"""  # noqa: S608 - names of this code alone  # nosec B608
TEXTS = tuple(name.replace(".", "_") for name in COLUMNS)
UNKNOWN = (None,) * len(TEXTS)
# The texts of a page, and of a batch, are read once for all polls that find them again.
PAGES_KEPT, KEPT = 50, 2_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Known:
    """Of one batch. The same object as long as nothing of it changes.

    estimate: as stored; `estimates/read.py` decides whether it still holds.
    spark: tasks in each of the last hours, oldest first; None for one that nobody watched.
    alarms: those that nobody dismissed, the worst first.
    priority: the last one that was sent, and succeeded or is not confirmed: its id, state,
        parameters, user name and time alone.
    """

    estimate: Estimate | None = None
    spark: tuple[float | None, ...] = ()
    due_at: datetime | None = None
    owner: str = ""
    alarms: tuple[OpenAlarm, ...] = ()
    priority: Operation | None = None


NOTHING = Known()


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPage:
    """Of the batches of a page.

    newer: names that answers have shown after the time asked for.
    attention: batches of the key with an alarm that nobody dismissed; None where not to be shown.
    """

    by_name: Mapping[str, Known] = field(default_factory=dict)
    newer: frozenset[str] = frozenset()
    attention: int | None = None

    def of(self, name: str) -> Known:
        return self.by_name.get(name, NOTHING)


_pages: LRUCache[tuple[str, tuple[str, ...]], tuple[object, KnownPage]] = LRUCache(PAGES_KEPT)
_read: LRUCache[tuple[str, str], tuple[object, Known]] = LRUCache(KEPT)
_lock = Lock()  # cachetools leaves locking to its user, and requests run in threads


def known_of(*, key: KeyHandle, names: Sequence[str], since: datetime | None = None) -> KnownPage:
    """One query. Of a refused key nothing: what was seen with it is kept, but not shown.

    since: of an answer; names that another one has shown after it are `newer`.
    """
    by_digest = {name_digest(name): name for name in names if is_storable(name)}
    if key.is_refused:
        return KnownPage(newer=frozenset(names))
    if not by_digest:
        return KnownPage(attention=count_attention(key=key))
    rows = _rows(fingerprints=key.fingerprints, digests=[*by_digest], since=since or NEVER)
    place = (key.fingerprint, tuple(by_digest))
    with _lock:
        was = _pages.get(place)
    if was and was[0] == rows:
        return was[1]
    page = _page(key, by_digest, rows)
    with _lock:
        _pages[place] = rows, page
    return page


def _rows(*, fingerprints: Sequence[str], digests: Sequence[str], since: datetime) -> list[sql.Row]:
    """Digest, the key's number of batches with an alarm that nobody dismissed, 1 where an answer
    after `since` was recorded, then COLUMNS as they are stored.

    fingerprints: of the key, newest first: a batch is one of the first, the rest is of any.
    """
    first, some = fingerprints[0], sql.placeholders(fingerprints)
    sent = (Verb.PRIORITIZE, State.SUCCEEDED, State.UNCONFIRMED)
    moment = sql.parameter(since)
    values = [first, moment, moment, *fingerprints, *fingerprints, *sent, first, *digests]
    return sql.read(KNOWN.format(some, some, sql.placeholders(digests)), values)[1]


def _page(key: KeyHandle, by_digest: Mapping[str, str], rows: list[sql.Row]) -> KnownPage:
    found: dict[str, list[sql.Row]] = {}
    for row in rows:
        found.setdefault(row[0], []).append(row[3:])
    return KnownPage(
        by_name={by_digest[digest]: _known(key, digest, texts) for digest, texts in found.items()},
        newer=frozenset(by_digest[row[0]] for row in rows if row[2]),
        attention=rows[0][1] if rows else count_attention(key=key),
    )


def count_attention(*, key: KeyHandle) -> int | None:
    """Batches of the key with an alarm that nobody dismissed; None while the key is refused."""
    if key.is_refused:
        return None
    raised = Alarm.objects.filter(fingerprint=key.fingerprint, ended_at=None, dismissed_at=None)
    return raised.exclude(batch=None).values("batch").distinct().count()


def alarms_that_fit(alarms: Iterable[OpenAlarm], status: str | None) -> tuple[OpenAlarm, ...]:
    """Without those that the status has ended, before the worker looked again."""
    ended = status in (COMPLETED, CANCELLED)
    fits = {AlarmKind.STALLED: status == IN_PROGRESS, AlarmKind.STAGING: status == STAGING}
    return tuple(one for one in alarms if fits.get(one.kind, not ended))


def _known(key: KeyHandle, digest: str, texts: list[sql.Row]) -> Known:
    if len(texts) == 1 and texts[0] == UNKNOWN:
        return NOTHING
    place, stored = (key.fingerprint, digest), tuple(texts)
    with _lock:
        was = _read.get(place)
    if was and was[0] == stored:
        return was[1]
    known = _of_texts(key, [dict(zip(TEXTS, row, strict=True)) for row in texts])
    with _lock:
        _read[place] = stored, known
    return known


def _of_texts(key: KeyHandle, rows: list[dict[str, Any]]) -> Known:
    estimate = _estimate(rows[0])
    # what was noted with the newest fingerprint of the key counts
    noted = [row for row in rows if row["note_fingerprint"]]
    noted.sort(key=lambda row: key.fingerprints.index(row["note_fingerprint"]))
    sent = sorted(filter(itemgetter("sent_id"), rows), key=_when_sent)
    alarms = {row["alarm_id"]: _alarm(row, key) for row in rows if row["alarm_id"]}
    return Known(
        estimate=estimate,
        spark=tuple(json.loads(rows[0]["estimate_spark"] or "[]")) if estimate else (),
        due_at=_moment(noted[0]["note_due_at"]) if noted else None,
        owner=(noted[0]["owner_username"] or "") if noted else "",
        alarms=tuple(sorted(filter(None, alarms.values()), key=lambda one: ORDER[one.kind])),
        priority=_priority(sent[-1]) if sent else None,
    )


def _when_sent(texts: dict[str, Any]) -> tuple[str, str]:
    # written by one database, so the texts are in the order of their times
    return texts["sent_sent_at"] or "", texts["sent_id"]


def _priority(texts: dict[str, Any]) -> Operation:
    return Operation(
        id=UUID(texts["sent_id"]),
        verb=Verb.PRIORITIZE,
        state=texts["sent_state"],
        username=texts["sent_username"],
        parameters=json.loads(texts["sent_parameters"]),
        sent_at=_moment(texts["sent_sent_at"]),
    )


def _estimate(texts: dict[str, Any]) -> Estimate | None:
    if texts["estimate_at"] is None:
        return None
    speed = texts["estimate_speed"]
    return Estimate(
        at=_time(texts["estimate_at"]),
        as_of=_time(texts["estimate_as_of"]),
        status=texts["estimate_status"],
        reason=texts["estimate_reason"],
        speed=None if speed is None else float(speed),
        **{name: _moment(texts[f"estimate_{name}"]) for name in ("low", "mid", "high", "since")},
    )


def _alarm(texts: dict[str, Any], key: KeyHandle) -> OpenAlarm | None:
    if texts["alarm_kind"] not in AlarmKind.values:
        return None  # of a later version
    return OpenAlarm(
        id=int(texts["alarm_id"]),
        kind=AlarmKind(texts["alarm_kind"]),
        fingerprint=key.fingerprint,
        since=_time(texts["alarm_since"]),
        began_at=_time(texts["alarm_began_at"]),
        checked_at=_time(texts["alarm_checked_at"]),
        facts=json.loads(texts["alarm_facts"] or "{}"),
    )


def _moment(text: str | None) -> datetime | None:
    return None if text is None else _time(text)


def _time(text: str) -> datetime:
    # PostgreSQL writes the zone, which is UTC; SQLite stores none
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

"""Lists that Refonte does not have: by attention, and in another order than by creation.

Made of what is recorded here, without any vendor call. They look at the open batches of a key and
at the newest others, so many as one page of a search does: a list costs the same among 1,000
batches and among 200,000. What is unknown of the value that sorts stands last.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from django.db import DEFAULT_DB_ALIAS, connections
from django.utils import timezone

from batches.models import SeenBatch
from batches.models.batches import OPEN_STATUSES
from batches.models.names import fold, name_digests
from batches.refonte import CANCELLED, COMPLETED, BatchPage
from batches.services.attention.types import ORDER
from batches.services.batches import pace
from batches.services.batches import rows as batch_rows
from batches.services.batches.filters import ATTENTION, ListFilters
from batches.services.batches.known import known_of
from batches.services.batches.listing import BatchList
from batches.services.batches.rows import Row
from batches.services.batches.search import search_reading
from batches.services.estimates.read import LONGEST_UNSEEN
from batches.services.keys.types import KeyHandle
from batches.services.newest import AT_ONCE
from batches.services.readings.reading import Reading
from batches.services.sql import parameter, placeholders, read

# How many without a creation time are looked at.
UNDATED = 250
# The worker reads open batches once a minute: polls that ask oftener find nothing new.
SLOWEST = 30
# Ages are shown where counts are this much older than the newest on the page.
APART = timedelta(minutes=1)

Values = list[object]
# The statuses are written out, as SQLite then uses the index of open batches.
OPEN = ", ".join(f"'{status}'" for status in OPEN_STATUSES)
COLUMNS = """id, fingerprint, digest, project, status, created_at, search, counts, changed_at,
             sampled_at, absent_at"""
IS_OPEN = f"status IN ({OPEN})"
IS_ENDED = f"(status IS NULL OR status NOT IN ({OPEN}))"
# Each once, and no row is read that is not looked at, however a database plans it.
LOOKED = f"""
    SELECT {COLUMNS} FROM batches_seenbatch WHERE fingerprint = %s AND {IS_OPEN}
    UNION ALL
    SELECT {COLUMNS} FROM (SELECT {COLUMNS} FROM batches_seenbatch
                            WHERE fingerprint = %s AND created_at IS NOT NULL
                            ORDER BY created_at DESC LIMIT {AT_ONCE}) AS newest WHERE {IS_ENDED}
    UNION ALL
    SELECT {COLUMNS} FROM (SELECT {COLUMNS} FROM batches_seenbatch
                            WHERE fingerprint = %s AND created_at IS NULL
                            ORDER BY id DESC LIMIT {UNDATED}) AS undated WHERE {IS_ENDED}
"""  # noqa: S608 - constants of this code alone  # nosec B608
RAISED = f"""
    SELECT {COLUMNS} FROM batches_seenbatch WHERE id IN (
        SELECT batch_id FROM batches_alarm
         WHERE fingerprint = %s AND ended_at IS NULL AND dismissed_at IS NULL
           AND batch_id IS NOT NULL{{}})
"""  # noqa: S608 - constants of this code alone  # nosec B608
PAGE = """
    SELECT seen.id, COUNT(*) OVER () FROM ({}) AS seen
      LEFT JOIN batches_estimate estimate
             ON estimate.batch_id = seen.id AND estimate.status = seen.status
     WHERE seen.absent_at IS NULL{}
     ORDER BY CASE WHEN {} IS NULL THEN 1 ELSE 0 END, {}, seen.created_at DESC, seen.id DESC
     LIMIT %s OFFSET %s
"""
DUE = """(SELECT MIN(note.due_at) FROM batches_batchnote note
           WHERE note.digest = seen.digest AND note.fingerprint = seen.fingerprint)"""


def read_stored(*, key: KeyHandle, filters: ListFilters) -> BatchList:
    """One page of such a list. Three queries; pages are counted in rows."""
    reading = search_reading(key=key, now=timezone.now())
    ids, total = ([], 0) if reading.failure else find_ids(key=key, filters=filters)
    rows, attention, as_of = _rows(key, _in_order(ids))
    if as_of:
        reading = replace(reading, as_of=as_of)
    passed = filters.seen + len(rows)
    return BatchList(
        filters=filters,
        rows=rows,
        reading=reading,
        total=total,
        older=replace(filters, seen=passed) if rows and passed < total else None,
        tab_totals={},
        attention=attention,
        poll_seconds=stored_pace(reading, rows),
    )


def find_ids(
    *,
    key: KeyHandle,
    filters: ListFilters,
    without: Sequence[str] = (),
    since: datetime | None = None,
) -> tuple[list[int], int]:
    """Primary keys of one page in its order, and how many match in all. One query.

    without: names to leave out. since: only batches created after it.
    """
    now = timezone.now()
    looked, looked_values = _looked(key, filters)
    wanted, values = _wanted(filters, now)
    if without:
        wanted += f" AND seen.digest NOT IN ({placeholders(without)})"
        values += name_digests(without)
    if since:
        wanted += " AND seen.created_at > %s"
        values.append(parameter(since))
    value, value_values = _value(filters, now)
    # the greatest age is that of the earliest time
    is_turned = filters.sort.startswith("-") != filters.sort.endswith("age")
    turned = " DESC" if is_turned or not (filters.sort or filters.attention) else ""
    query = PAGE.format(looked, wanted, value, value + turned)
    place = [filters.limit, filters.seen]
    found = read(query, [*looked_values, *values, *value_values, *value_values, *place])[1]
    return [row[0] for row in found], found[0][1] if found else 0


def rows_again(
    *, key: KeyHandle, names: Sequence[str]
) -> tuple[tuple[Row, ...], int | None, datetime | None]:
    """The rows of these names as they are recorded now, in the same order; how many batches need
    attention; and when the newest counts of the rows were read.
    """
    digests = name_digests(names)
    seen = SeenBatch.objects.filter(fingerprint=key.fingerprint, digest__in=digests)
    by_name = {row.name: row for row in seen}
    return _rows(key, [by_name[name] for name in names if name in by_name])


def stored_pace(reading: Reading[BatchPage], rows: Sequence[Row]) -> int | None:
    """Seconds to the next poll."""
    usual = max(SLOWEST, pace.of_list(row.status for row in rows))
    return pace.after(reading, usual, timezone.now())


def _rows(
    key: KeyHandle, seen: Sequence[SeenBatch]
) -> tuple[tuple[Row, ...], int | None, datetime | None]:
    known = known_of(key=key, names=[row.name for row in seen])
    # of facts that are much older than the newest on the page the age is shown
    as_of = max((row.counts_at for row in seen if row.counts_at), default=None)
    page_at = as_of and as_of - APART
    rows = tuple(batch_rows.from_seen(row, known, page_at=page_at) for row in seen)
    return rows, known.attention, as_of


def _in_order(ids: Sequence[int]) -> list[SeenBatch]:
    found = SeenBatch.objects.in_bulk(ids) if ids else {}
    return [found[one] for one in ids if one in found]


def _looked(key: KeyHandle, filters: ListFilters) -> tuple[str, Values]:
    """Which batches are looked at, whatever the filters are."""
    if not filters.attention:
        return LOOKED, [key.fingerprint] * 3
    kind = ATTENTION[filters.attention]
    if kind is None:
        return RAISED.format(""), [key.fingerprint]
    return RAISED.format(" AND kind = %s"), [key.fingerprint, kind]


def _wanted(filters: ListFilters, now: datetime) -> tuple[str, Values]:
    start, end = filters.window(now)
    matches, pattern = contains("seen.search", filters.q)
    conditions: tuple[tuple[object, str, object], ...] = (
        (filters.project, "seen.project = %s", filters.project),
        (filters.status, "seen.status = %s", filters.status),
        (start, "seen.created_at >= %s", start and parameter(start)),
        (end, "seen.created_at <= %s", end and parameter(end)),
        (filters.q.strip(), matches, pattern),
    )
    used = [(words, value) for is_used, words, value in conditions if is_used]
    return "".join(f" AND {words}" for words, _ in used), [value for _, value in used]


def contains(column: str, text: str) -> tuple[str, str]:
    """The condition that a folded column contains a text, and the value for it."""
    pattern = fold(text.strip())
    for sign in ("\\", "%", "_"):
        pattern = pattern.replace(sign, "\\" + sign)
    return f"{column} LIKE %s ESCAPE '\\'", f"%{pattern}%"


def _value(filters: ListFilters, now: datetime) -> tuple[str, Values]:
    """What sorts, in SQL; NULL where it is not known, or counts no more."""
    by = filters.sort.removeprefix("-")
    if not by:
        return (_harm(), []) if filters.attention else ("seen.created_at", [])
    ended = f"seen.status IN ('{COMPLETED}', '{CANCELLED}')"
    if by == "estimate":
        # the middle of a range, as long as that has not ended
        return "CASE WHEN estimate.high > %s THEN estimate.mid END", [parameter(now)]
    if by == "speed":
        seen = parameter(now - LONGEST_UNSEEN)
        return "CASE WHEN estimate.as_of >= %s THEN estimate.speed END", [seen]
    plain = {
        "age": "seen.created_at",
        "changed": "COALESCE(seen.changed_at, seen.sampled_at)",
        # of what has ended nothing is due any more
        "due": f"CASE WHEN {ended} THEN NULL ELSE {DUE} END",
        "errors": _errors(),
    }
    return plain[by], []


def _harm() -> str:
    """The worst of the reasons, as a number."""
    ranks = " ".join(f"WHEN '{kind}' THEN {rank}" for kind, rank in ORDER.items())
    return f"""(SELECT MIN(CASE alarm.kind {ranks} END) FROM batches_alarm alarm
                 WHERE alarm.batch_id = seen.id AND alarm.ended_at IS NULL
                   AND alarm.dismissed_at IS NULL)"""  # noqa: S608  # nosec B608


def _errors() -> str:
    if connections[DEFAULT_DB_ALIAS].vendor == "sqlite":
        return "json_extract(seen.counts, '$.error')"
    return "CAST(seen.counts ->> 'error' AS bigint)"

"""Batches by a part of their name: those that need somebody first. Two queries for each answer."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from batches.models import SeenBatch
from batches.models.names import fold, name_digest, name_digests
from batches.services import sql
from batches.services.attention.types import ORDER
from batches.services.batches.known import known_of
from batches.services.batches.rows import Row, from_seen
from batches.services.batches.stored import IS_OPEN, LOOKED, contains
from batches.services.keys.types import KeyHandle
from batches.services.newest import AT_ONCE
from batches.services.observations.seen import find_seen
from batches.services.observations.sighting import is_storable

SHOWN = 6
HARM = " ".join(f"WHEN '{kind}' THEN {rank}" for kind, rank in ORDER.items())
# The alarms of a key are few: joined once, and not looked up for each name that matches.
WORST = f"""
    SELECT batch_id, MIN(CASE kind {HARM} END) AS rank FROM batches_alarm
     WHERE fingerprint = %s AND ended_at IS NULL AND dismissed_at IS NULL GROUP BY batch_id
"""  # noqa: S608 - names of this code alone  # nosec B608
# One row at least: `is_cut` is told also where nothing matches. A place of 0 is the open page's.
FOUND = f"""
    SELECT bound.is_cut, page.total, page.place, seen.*
      FROM (SELECT COUNT(*) AS is_cut FROM (
                SELECT 1 FROM batches_seenbatch
                 WHERE fingerprint = %s AND created_at IS NOT NULL LIMIT 1 OFFSET {AT_ONCE}
            ) AS behind) AS bound
      LEFT JOIN (
            SELECT * FROM (
                SELECT looked.id, COUNT(*) OVER () AS total, ROW_NUMBER() OVER (ORDER BY
                           CASE WHEN looked.search = %s THEN 0 ELSE 1 END,
                           CASE WHEN looked.digest IN ({{}}) THEN 0 ELSE 1 END,
                           COALESCE(worst.rank, 99), CASE WHEN {IS_OPEN} THEN 0 ELSE 1 END,
                           looked.created_at DESC, looked.id DESC) AS place
                  FROM ({LOOKED}) AS looked
                  LEFT JOIN ({WORST}) AS worst ON worst.batch_id = looked.id
                 WHERE looked.absent_at IS NULL AND {{}}
                 ORDER BY place LIMIT %s) AS matching
            UNION ALL
            SELECT id, 0, 0 FROM batches_seenbatch WHERE fingerprint = %s AND digest = %s
           ) AS page ON 1 = 1
      LEFT JOIN batches_seenbatch seen ON seen.id = page.id
     ORDER BY page.place
"""  # noqa: S608 - names of this code alone  # nosec B608


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """rows: the first that match. more: how many match besides them, of the names looked at.

    here: the batch whose page is open. is_cut: the key has older names that were not looked at.
    is_refused: Refonte refuses the key; what was seen with it is kept, but not shown.
    """

    rows: tuple[Row, ...] = field(default_factory=tuple)
    more: int = 0
    here: Row | None = None
    is_cut: bool = False
    is_refused: bool = False

    @property
    def looked_words(self) -> str:
        """Which names were compared."""
        newest = f"the newest {AT_ONCE:,} " if self.is_cut else ""
        return f"{newest}names seen here with this key"


def find_batches(*, key: KeyHandle, q: str, recent: Collection[str] = (), here: str = "") -> Found:
    """q: a part of a name. recent: names that stand first where they match. here: as in `Found`."""
    if key.is_refused:
        return Found(is_refused=True)
    columns, rows = sql.read(*_query(key, q, recent, here))
    found = [(*row[:3], _seen(columns[3:], row[3:])) for row in rows if row[2] is not None]
    matching = [(total, seen) for _, total, place, seen in found if place]
    shown = _rows(key, [seen for *_, seen in found])
    by_name = {row.name: row for row in shown}
    return Found(
        rows=tuple(by_name[seen.name] for _, seen in matching),
        more=matching[0][0] - len(matching) if matching else 0,
        here=by_name.get(here),
        is_cut=bool(rows[0][0]),
    )


def find_named(*, key: KeyHandle, names: Sequence[str], here: str = "") -> Found:
    """Those of these names that are stored, in the same order; where nothing is typed yet."""
    if key.is_refused:
        return Found(is_refused=True)
    seen = find_seen(fingerprint=key.fingerprint, names=[*names, here])
    by_name = {row.name: row for row in _rows(key, list(seen.values()))}
    rows = tuple(by_name[name] for name in names if name in by_name)
    return Found(rows=rows, here=by_name.get(here))


def _query(key: KeyHandle, q: str, recent: Collection[str], here: str) -> tuple[str, list[object]]:
    matches, pattern = contains("looked.search", q)
    digests = name_digests(recent) or [""]  # an empty list is no SQL
    query = FOUND.format(sql.placeholders(digests), matches)
    one = key.fingerprint
    page = [fold(q.strip()), *digests, one, one, one, one, pattern, SHOWN]
    return query, [one, *page, one, name_digest(here) if is_storable(here) else ""]


def _seen(columns: tuple[str, ...], row: tuple[object, ...]) -> SeenBatch:
    return sql.instance(SeenBatch, sql.columns_of(columns, row))


def _rows(key: KeyHandle, seen: Sequence[SeenBatch]) -> list[Row]:
    if not seen:
        return []
    known = known_of(key=key, names=[row.name for row in seen])
    return [from_seen(row, known) for row in seen]

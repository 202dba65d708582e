"""Queries written in SQL: those of every request and every poll. All others use Django's ORM.

Django takes 0.4 to 1.2 ms to build one of these queries, the database 0.05 ms to answer it. A poll
has six: with the ORM it would be slower than `make bench` allows (docs/performance.md).
"""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence, Sized
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TypeVar
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Model
from django.db.models.base import ModelState

from batches.models import Estimate, Operation, SeenBatch, State, Verb
from batches.models.batches import OPEN_STATUSES
from batches.models.names import name_digest, name_digests
from batches.services.people.roles import GROUPS

M = TypeVar("M", bound=Model)
Names = tuple[str, ...]
Row = tuple[Any, ...]
Columns = dict[str, Any]

# The role comes with the account: a request needs one query for both, the preferences, the default
# view where the person may open it, and how many events are unread.
UNREAD_MAX = 100  # counted so far, as more are shown as 99+
RANKS = " ".join(f"WHEN '{name}' THEN {role:d}" for name, role in GROUPS.items())
ACCOUNT = f"""
    SELECT auth_user.*, chosen.id AS preferences_id, zone, browser_zone, theme,
           page_size, shortcuts, opened.slug AS default_view_slug,
           (SELECT MAX(CASE auth_group.name {RANKS} END)
              FROM auth_group JOIN auth_user_groups ON group_id = auth_group.id
             WHERE user_id = auth_user.id) AS group_rank,
           (SELECT COUNT(*) FROM (
                SELECT 1 FROM batches_delivery
                 WHERE user_id = auth_user.id AND way = 'bell' AND read_at IS NULL
                 LIMIT {UNREAD_MAX}) AS few) AS unread
      FROM auth_user LEFT JOIN batches_preferences chosen ON chosen.user_id = auth_user.id
      LEFT JOIN batches_savedview opened ON opened.id = chosen.default_view_id
           AND (opened.is_shared OR opened.owner_id = auth_user.id)
     WHERE auth_user.id = %s
"""  # noqa: S608 - names of this code alone  # nosec B608
# Without the sealed text, which only `vault.open_key` loads. A disabled owner shares no key.
READABLE_KEYS = """
    SELECT k.id, k.owner_id, owner.username AS owner_name, k.label, k.mode, k.last_four,
           k.fingerprint, k.earlier, k.sealed_with, k.is_default, k.is_shared,
           k.keep_watch, k.created_at, k.last_used_at, k.last_background_at, k.last_checked_at,
           k.is_refused, k.refused_at, k.refusal, k.denials, k.not_before, k.throttles
      FROM batches_apikey k JOIN auth_user owner ON owner.id = k.owner_id
     WHERE k.owner_id = %s OR (k.is_shared AND owner.is_active)
"""
# By digest: a name of 1,024 characters can be too long for an index of PostgreSQL.
SEEN = "SELECT * FROM batches_seenbatch WHERE fingerprint = %s AND digest IN ({})"
SEEN_SINCE = SEEN + " AND (seen_at > %s OR absent_at > %s)"
# All priorities and not only the last ones: a batch seldom has more than a few.
PRIORITIES = """
    SELECT * FROM batches_operation
     WHERE fingerprint IN ({}) AND verb = %s AND state IN (%s, %s) AND batch_digest IN ({})
     ORDER BY sent_at, id
"""
OPERATIONS = """
    SELECT * FROM batches_operation WHERE fingerprint IN ({}) AND batch_digest = %s
     ORDER BY created_at DESC LIMIT %s
"""

# Without what only charts and lines draw: to read its JSON takes longer than the query.
DRAWN = frozenset(("path", "spark"))
ESTIMATE = tuple(one.column for one in Estimate._meta.concrete_fields if one.name not in DRAWN)
# With its estimate, and the rhythm of its key, which says in which hours people work. These come
# first, as they are as many as are named here, whatever columns a later version adds to a table.
SEEN_ESTIMATED = f"""
    SELECT rhythm.weights, {", ".join(f"estimate.{name}" for name in ESTIMATE)}, seen.*
      FROM batches_seenbatch seen
      LEFT JOIN batches_estimate estimate ON estimate.batch_id = seen.id
      LEFT JOIN batches_rhythm rhythm ON rhythm.fingerprint = seen.fingerprint
     WHERE seen.fingerprint = %s AND seen.digest = %s
"""  # noqa: S608 - names of this code alone  # nosec B608
# The statuses are written out, as SQLite then uses the index of open batches.
SHOWN_OF_OPEN = {"name", "project", "status", "absent_at", "created_at", "counts", "counts_at"}
OPEN_FIELDS = tuple(
    one.column for one in SeenBatch._meta.concrete_fields if one.name in SHOWN_OF_OPEN | {"id"}
)
OPEN_ESTIMATED = f"""
    SELECT {", ".join(f"estimate.{name}" for name in ESTIMATE)},
           {", ".join(f"seen.{name}" for name in OPEN_FIELDS)}
      FROM batches_seenbatch seen
      LEFT JOIN batches_estimate estimate ON estimate.batch_id = seen.id
     WHERE seen.fingerprint = %s AND seen.absent_at IS NULL
       AND seen.status IN ({", ".join(f"'{status}'" for status in OPEN_STATUSES)})
"""  # noqa: S608 - names of this code alone  # nosec B608
OF_PROJECT = " AND seen.project = %s"


def read_account(*, user_id: int) -> Columns | None:
    """A user with preferences, role, default view and unread events; None for an unknown id."""
    return next(_rows(ACCOUNT, [user_id]), None)


def read_readable_keys(*, user_id: int) -> tuple[Names, list[Row]]:
    """A person's own keys, and those that active people share; rows for `columns_of`."""
    return read(READABLE_KEYS, [user_id])


def find_seen(
    *, fingerprint: str, names: Collection[str], since: datetime | None = None
) -> list[SeenBatch]:
    """Batches of these names; with `since`, only those in an answer after it."""
    query, times = (SEEN, []) if since is None else (SEEN_SINCE, [parameter(since)] * 2)
    values = [fingerprint, *name_digests(names), *times]
    return _instances(SeenBatch, query.format(placeholders(names)), values)


def find_operations(*, fingerprints: Sequence[str], name: str, limit: int) -> list[Operation]:
    """Operations on one batch, newest first."""
    query = OPERATIONS.format(placeholders(fingerprints))
    return _instances(Operation, query, [*fingerprints, name_digest(name), limit])


def find_priorities(*, fingerprints: Sequence[str], names: Collection[str]) -> list[Operation]:
    """Priorities that were or may have been set, oldest first."""
    query = PRIORITIES.format(placeholders(fingerprints), placeholders(names))
    states = (State.SUCCEEDED, State.UNCONFIRMED)
    values = [*fingerprints, Verb.PRIORITIZE, *states, *name_digests(names)]
    return _instances(Operation, query, values)


def find_seen_estimated(
    *, fingerprint: str, name: str
) -> tuple[SeenBatch, Estimate | None, str] | None:
    """A batch, its estimate without `path`, and its key's rhythm as JSON, empty where none is."""
    names, rows = read(SEEN_ESTIMATED, [fingerprint, name_digest(name)])
    # apart before they are named: both tables have some of the same names
    begin = 1 + len(ESTIMATE)
    for weights, *row in rows:
        seen = instance(SeenBatch, columns_of(names[begin:], tuple(row[begin - 1 :])))
        if row[0] is None:
            return seen, None, ""
        estimate = instance(Estimate, columns_of(names[1:begin], tuple(row[: begin - 1])))
        # a driver may have read the JSON already
        return seen, estimate, weights if isinstance(weights, str) else json.dumps(weights or [])
    return None


def find_open_estimated(
    *, fingerprint: str, project: str | None = None
) -> Iterator[tuple[SeenBatch, Estimate | None]]:
    """All open batches of a key, or of one of its projects, with estimates without `path`.

    Of a batch only `OPEN_FIELDS`, as there may be hundreds.
    """
    query, values = OPEN_ESTIMATED, [fingerprint]
    if project is not None:
        query, values = query + OF_PROJECT, [fingerprint, project]
    names, rows = read(query, values)
    begin = len(ESTIMATE)
    of_estimate, of_batch = _readers(names[:begin]), _readers(names[begin:])
    for row in rows:
        estimate = None
        if row[0] is not None:  # the first column of an estimate is its batch
            estimate = _bare(Estimate, ESTIMATE, _read(row[:begin], of_estimate))
            estimate.path = []  # else it would be read when it is asked for
        yield _bare(SeenBatch, OPEN_FIELDS, _read(row[begin:], of_batch)), estimate


def _bare(model: type[M], names: Names, values: Sequence[Any]) -> M:
    """A model instance of some columns, without Django's own way to make one: a tenth of its time,
    where there are hundreds.
    """
    found = model.__new__(model)
    found._state = ModelState()
    found._state.adding, found._state.db = False, DEFAULT_DB_ALIAS
    found.__dict__.update(zip(names, values, strict=True))
    return found


def placeholders(values: Sized) -> str:
    """One `%s` for each of the values, for `IN ({})`."""
    return ", ".join(["%s"] * len(values))


def read(query: str, values: Sequence[Any]) -> tuple[Names, list[Row]]:
    """The names of the columns, and the rows as the database driver gives them."""
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute(query, values)
        return tuple(column[0] for column in cursor.description), cursor.fetchall()


def instance(model: type[M], columns: Columns) -> M:
    """A model instance made of a row. Columns that this version does not know are left out."""
    known = _attributes(model)
    if not columns.keys() <= known:  # the schema is a later version's
        columns = {name: value for name, value in columns.items() if name in known}
    found = model(**columns)
    # else `save` would try an INSERT
    found._state.adding, found._state.db = False, DEFAULT_DB_ALIAS
    return found


@lru_cache
def _attributes(model: type[Model]) -> frozenset[str]:
    return frozenset(one.attname for one in model._meta.concrete_fields)


def _instances(model: type[M], query: str, values: Sequence[Any]) -> list[M]:
    return [instance(model, columns) for columns in _rows(query, values)]


def columns_of(names: Names, row: Row) -> Columns:
    """Values as Django's fields give them, on SQLite and PostgreSQL."""
    return dict(zip(names, _read(row, _readers(names)), strict=True))


def _read(row: Row, readers: Sequence[tuple[int, Callable[[Any], Any]]]) -> list[Any]:
    values = list(row)
    for place, reader in readers:
        values[place] = reader(values[place])
    return values


def _rows(query: str, values: Sequence[Any]) -> Iterator[Columns]:
    names, rows = read(query, values)
    return (columns_of(names, row) for row in rows)


@lru_cache
def _readers(names: Names) -> list[tuple[int, Callable[[Any], Any]]]:
    """For columns that a database driver gives in another type than Django's fields."""
    # cached by the names, as each query always has the same columns
    readers = [
        READERS.get(name) or (_aware if name in TIMES or name.endswith("_at") else None)
        for name in names
    ]
    return [(place, reader) for place, reader in enumerate(readers) if reader]


def _aware(value: Any) -> Any:
    # SQLite stores no zones: all its times are in UTC
    return value if value is None or value.tzinfo else value.replace(tzinfo=UTC)


def _uuid(value: Any) -> Any:
    # SQLite gives a UUID as text; numbers are ids of other tables, which have this name too
    return UUID(value) if isinstance(value, str) else value


def as_json(value: Any) -> Any:
    """A column of JSON, which SQLite gives as text."""
    return json.loads(value) if isinstance(value, str) else value


def parameter(moment: datetime) -> datetime:
    """A time as a value of a query: the inverse of `_aware`."""
    is_sqlite = connections[DEFAULT_DB_ALIAS].vendor == "sqlite"
    return moment.astimezone(UTC).replace(tzinfo=None) if is_sqlite else moment


READERS: Mapping[str, Callable[[Any], Any]] = {
    "id": _uuid,
    "form_id": _uuid,
    "key_id": _uuid,
    "parent_id": _uuid,
    "counts": as_json,
    "earlier": as_json,
    "parameters": as_json,
}
# Times among the columns, besides those whose names end in `_at`.
TIMES = frozenset(
    {"at", "date_joined", "last_login", "leased_until", "not_before", "vendor_date"}
    | {"as_of", "low", "mid", "high", "since"}
)

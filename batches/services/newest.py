"""The newest rows of a table that match, where no index can find them: out of a bounded number.

A table is read in parts, each of them rows in the order of an index by time, newest first. One page
looks through so many of them and says how far it came; the next one goes on there. So a page costs
the same among 1,000 rows and among 200,000.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Model, Q, QuerySet

from batches.services.sql import read

M = TypeVar("M", bound=Model)

# Rows that one page looks through: about a millisecond on either database.
AT_ONCE = 3_000
# Of each part at least, however many parts there are.
LEAST_OF_A_PART = 250
# So many parts in one query; SQLite takes 500.
PARTS_A_QUERY = 100
PART = "SELECT * FROM ({}) AS part"
NEWEST = "SELECT id FROM ({}) AS parts ORDER BY created_at DESC, id DESC LIMIT %s"
COUNT = "SELECT COUNT(*) FROM ({}) AS parts"
Statement = tuple[str, tuple[Any, ...]]


class Place(NamedTuple):
    """Where a row stands, newest first. `created_at` is None among rows that have no time."""

    created_at: datetime | None
    id: Any


class Look(NamedTuple, Generic[M]):
    """Rows that match, and the last one that was looked at; None where the parts have no more."""

    rows: tuple[M, ...]
    end: Place | None


def newest(parts: Sequence[QuerySet[M]], limit: int) -> tuple[M, ...]:
    """The newest of all parts, each row once."""
    return _rows(parts, _ids([_statement(rows[:limit]) for rows in parts], limit), limit)


def look_through(parts: Sequence[QuerySet[M]], wanted: Q, limit: int) -> Look[M]:
    """The newest that match, among so many as one page looks through."""
    end = end_of_look(parts)
    return Look(_rows(parts, _ids(_matching(parts, wanted, end, limit), limit), limit), end)


def count_in_look(parts: Sequence[QuerySet[M]], wanted: Q) -> tuple[int, Place | None]:
    """How many match among them, with the last one looked at. No row may be in two parts."""
    end, count = end_of_look(parts), 0
    for begin in range(0, len(parts), PARTS_A_QUERY):
        found = _matching(parts[begin : begin + PARTS_A_QUERY], wanted, end, None)
        union = " UNION ALL ".join(query for query, _ in found)
        values = [value for _, own in found for value in own]
        [(number,)] = read(COUNT.format(union), values)[1]
        count += number
    return count, end


def end_of_look(parts: Sequence[QuerySet[M]]) -> Place | None:
    """The last row that one page looks at; None where the parts have no more rows than that."""
    share = _share(parts)
    ids = _ids([_statement(rows[share : share + 1]) for rows in parts], len(parts))
    # what is older than the newest of the parts' ends, not all of them were looked through for
    rows = _rows(parts, ids, 1)
    return Place(*[getattr(rows[0], name) for name in Place._fields]) if rows else None


def behind(rows: QuerySet[M], place: Place) -> QuerySet[M]:
    """Older than a row. The condition on the time alone tells an index where to begin."""
    if place.created_at is None:
        return rows.filter(id__lt=place.id)
    is_older = Q(created_at__lt=place.created_at) | Q(id__lt=place.id)
    return rows.filter(is_older, created_at__lte=place.created_at)


def _down_to(rows: QuerySet[M], place: Place) -> QuerySet[M]:
    """Not older than a row, alike."""
    if place.created_at is None:
        return rows.filter(id__gte=place.id)
    is_newer = Q(created_at__gt=place.created_at) | Q(id__gte=place.id)
    return rows.filter(is_newer, created_at__gte=place.created_at)


def _share(parts: Sequence[QuerySet[M]]) -> int:
    return max(LEAST_OF_A_PART, AT_ONCE // max(1, len(parts)))


def _matching(
    parts: Sequence[QuerySet[M]], wanted: Q, end: Place | None, limit: int | None
) -> list[Statement]:
    """The rows that match, none of them older than the end; in no order where all are wanted."""
    statements = []
    for rows in parts:
        found = (_down_to(rows, end) if end else rows).filter(wanted)
        statement = _statement(found[:limit] if limit else found.order_by())
        if end and connections[DEFAULT_DB_ALIAS].vendor == "postgresql":
            statement = _fenced(statement, rows[: _share(parts) + 1])
        statements.append(statement)
    return statements


def _fenced(statement: Statement, near: QuerySet[M]) -> Statement:
    """The same out of the rows near by alone, and of no other: PostgreSQL cannot know how few
    they are, and would rather read a large table from end to end.
    """
    (query, values), (inner, inner_values) = statement, near.query.sql_with_params()
    table = f'"{near.model._meta.db_table}"'
    return query.replace(f"FROM {table}", f"FROM ({inner}) AS {table}", 1), inner_values + values


def _rows(parts: Sequence[QuerySet[M]], ids: Iterable[Any], limit: int) -> tuple[M, ...]:
    if not parts:
        return ()
    rows = parts[0].model._default_manager.filter(pk__in=set(ids))
    return tuple(rows.order_by("-created_at", "-id")[:limit])


def _statement(rows: QuerySet[M]) -> Statement:
    return rows.values("id", "created_at").query.sql_with_params()


def _ids(statements: Sequence[Statement], limit: int) -> Iterator[Any]:
    """Written out around Django's own, which has no limit inside a union on SQLite."""
    for begin in range(0, len(statements), PARTS_A_QUERY):
        some = statements[begin : begin + PARTS_A_QUERY]
        union = " UNION ".join(PART.format(query) for query, _ in some)  # no ALL: each row once
        values = [value for _, own in some for value in own]
        for (found,) in read(NEWEST.format(union), [*values, limit])[1]:
            yield found

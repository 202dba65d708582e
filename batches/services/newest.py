"""The newest rows of a table that match, where no index can find them: out of a bounded number.

A table is read in parts, each of them rows in the order of an index by time, newest first. One page
looks through so many of them and says how far it came; the next one goes on there. So a page costs
the same among 1,000 rows and among 200,000.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from django.db.models import Model, Q, QuerySet

from batches.services.sql import read

M = TypeVar("M", bound=Model)

# Rows that one page looks through: 2 ms on SQLite, 3 on PostgreSQL.
AT_ONCE = 5_000
# Of each part at least, however many parts there are.
LEAST_OF_A_PART = 250
# So many parts in one query; SQLite takes 500.
PARTS_A_QUERY = 100
PART = "SELECT * FROM ({}) AS part"
NEWEST = "SELECT id FROM ({}) AS parts ORDER BY created_at DESC, id DESC LIMIT %s"


class Place(NamedTuple):
    """Where a row stands, newest first. `created_at` is None among rows that have no time."""

    created_at: datetime | None
    id: Any


def newest(parts: Sequence[QuerySet[M]], limit: int) -> tuple[M, ...]:
    """The newest of all parts, each row once."""
    if not parts:
        return ()
    ids = set(_ids([rows[:limit] for rows in parts], limit))
    found = parts[0].model._default_manager.filter(pk__in=ids).order_by("-created_at", "-id")
    return tuple(found[:limit])


def end_of_look(parts: Sequence[QuerySet[M]]) -> Place | None:
    """The last row that one page looks at; None where the parts have no more rows than that."""
    if not parts:
        return None
    share = max(LEAST_OF_A_PART, AT_ONCE // len(parts))
    ids = list(_ids([rows[share : share + 1] for rows in parts], len(parts)))
    ends = parts[0].model._default_manager.filter(pk__in=ids).order_by("-created_at", "-id")
    # what is older than the newest of the parts' ends, not all of them were looked through for
    end = ends.values_list("created_at", "id").first()
    return Place(*end) if end else None


def down_to(rows: QuerySet[M], place: Place) -> QuerySet[M]:
    """Not older than a row. The condition on the time alone tells an index where to end."""
    if place.created_at is None:
        return rows.filter(id__gte=place.id)
    is_newer = Q(created_at__gt=place.created_at) | Q(id__gte=place.id)
    return rows.filter(is_newer, created_at__gte=place.created_at)


def behind(rows: QuerySet[M], place: Place) -> QuerySet[M]:
    """Older than a row. The condition on the time alone tells an index where to begin."""
    if place.created_at is None:
        return rows.filter(id__lt=place.id)
    is_older = Q(created_at__lt=place.created_at) | Q(id__lt=place.id)
    return rows.filter(is_older, created_at__lte=place.created_at)


def _ids(parts: Sequence[QuerySet[M]], limit: int) -> Iterator[Any]:
    """Written out around Django's own, which has no limit inside a union on SQLite."""
    for begin in range(0, len(parts), PARTS_A_QUERY):
        queries: list[str] = []
        values: list[Any] = []
        for rows in parts[begin : begin + PARTS_A_QUERY]:
            query, own_values = rows.values("id", "created_at").query.sql_with_params()
            queries.append(PART.format(query))
            values += own_values
        union = " UNION ".join(queries)  # without ALL: each row once
        for (found,) in read(NEWEST.format(union), [*values, limit])[1]:
            yield found

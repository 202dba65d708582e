"""Several rows are locked in one order by all who change them: PostgreSQL ends one of two
transactions that wait for each other's rows.
"""

from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Model, QuerySet

M = TypeVar("M", bound=Model)
AT_ONCE = 1_000  # rows; SQLite takes 32,766 values in a statement


@transaction.atomic
def update_rows(rows: QuerySet[M], **changes: Any) -> int:
    """As `rows.update`, for a few rows, by their ids. Returns how many."""
    return rows.filter(pk__in=_locked(rows.order_by("pk"))).update(**changes)


def delete_rows(rows: QuerySet[M]) -> int:
    """Rows that no other row points to, in the order of the query. Returns how many."""
    deleted = 0
    while taken := _delete_some(rows):
        deleted += taken
    return deleted


@transaction.atomic
def _delete_some(rows: QuerySet[M]) -> int:
    return rows.filter(pk__in=_locked(rows[:AT_ONCE])).delete()[0]


def _locked(rows: QuerySet[M]) -> list[Any]:
    return list(rows.select_for_update().values_list("pk", flat=True))

"""For SQL that is written out, where building it would cost more than running it."""

from collections.abc import Iterable, Sequence, Sized
from dataclasses import dataclass
from threading import local
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Model
from django.db.models.expressions import Col

M = TypeVar("M", bound=Model)
Columns = tuple[str, ...]
Row = tuple[Any, ...]


def placeholders(values: Sized) -> str:
    """One for each of the values, to stand in `IN ({})`."""
    return ", ".join(["%s"] * len(values))


def read(query: str, values: Sequence[Any]) -> tuple[Columns, list[Row]]:
    """The names of its columns, and the rows as the database gives them, for `instances`."""
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute(query, values)
        return tuple(column[0] for column in cursor.description), cursor.fetchall()


def select(model: type[M], query: str, values: Sequence[Any]) -> list[M]:
    """The rows of a query as `Manager.raw` gives them: fields that were left out are deferred,
    columns that are no fields become attributes. That one finds out about the columns anew for
    each query, which takes as long again as the rest.
    """
    columns, rows = read(query, values)
    return instances(model, columns, rows)


def instances(model: type[M], columns: Columns, rows: Iterable[Row]) -> list[M]:
    """The same of rows that were read before."""
    using, plan = connections[DEFAULT_DB_ALIAS], _plan(model, columns)
    found = []
    for row in rows:
        values = list(row)
        for place, field, convert in plan.converted:
            values[place] = convert(values[place], field, using)
        one = model.from_db(using.alias, plan.fields, [values[place] for place in plan.places])
        for name, place in plan.extra:
            setattr(one, name, values[place])
        found.append(one)
    return found


@dataclass(frozen=True, slots=True)
class _Plan:
    """Where in a row the model's fields stand, in the model's own order; what else stands there.

    converted: of which fields this database gives the values in a form of its own, and how each
        is read.
    """

    fields: tuple[str, ...]
    places: tuple[int, ...]
    converted: tuple[tuple[int, Col, Any], ...]
    extra: tuple[tuple[str, int], ...]


class _Plans(local):
    """Of each thread, as its connection is: the converters belong to the connection."""

    def __init__(self) -> None:
        self.made: dict[tuple[type[Model], Columns], _Plan] = {}


_plans = _Plans()


def _plan(model: type[Model], columns: Columns) -> _Plan:
    made = _plans.made
    if (model, columns) not in made:
        made[model, columns] = _made_plan(model, columns)
    return made[model, columns]


def _made_plan(model: type[Model], columns: Columns) -> _Plan:
    using, place = connections[DEFAULT_DB_ALIAS], columns.index
    fields = [field for field in model._meta.concrete_fields if field.column in columns]
    given = [(place(field.column), field.get_col(model._meta.db_table)) for field in fields]
    named = {field.column for field in fields}
    return _Plan(
        fields=tuple(field.attname for field in fields),
        places=tuple(place(field.column) for field in fields),
        converted=tuple(
            (at, field, convert) for at, field in given for convert in _converters(field, using)
        ),
        extra=tuple((name, place(name)) for name in columns if name not in named),
    )


def _converters(field: Col, using: Any) -> list[Any]:
    """As Django's own compiler asks for them, which keeps what it is told for one query."""
    return [*using.ops.get_db_converters(field), *field.get_db_converters(using)]

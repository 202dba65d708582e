"""The creates that first priorities follow from, which an id computed from the create's own named.

A thousand rows a transaction: one over all of them would hold SQLite's only writer for as long.
Backwards the computed ids come back, so that the code of before sends no first priority twice.
"""

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid5

from django.apps.registry import Apps
from django.db import migrations, transaction
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

ROWS = 1_000


def form_id_of(create: UUID) -> UUID:
    return uuid5(create, "first priority")


def fill(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    rows = apps.get_model("batches", "Operation")._base_manager.all()
    creates = rows.filter(verb="create", parameters__has_key="priority")
    for part in _parts(creates.values_list("pk")):
        by_form_id = {form_id_of(pk): pk for (pk,) in part}
        found = rows.filter(form_id__in=by_form_id).values_list("pk", "form_id")
        for pk, form_id in list(found):
            rows.filter(pk=pk).update(parent_id=by_form_id[form_id])


def empty(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    rows = apps.get_model("batches", "Operation")._base_manager.all()
    for part in _parts(rows.filter(parent__isnull=False).values_list("pk", "parent_id")):
        for pk, parent in part:
            rows.filter(pk=pk).update(form_id=form_id_of(parent))


def _parts(rows: Any) -> Iterator[list[tuple[UUID, ...]]]:
    """The rows in the order of their keys, each part with a transaction of its own."""
    part = list(rows.order_by("pk")[:ROWS])
    while part:
        with transaction.atomic():
            yield part
        part = list(rows.order_by("pk").filter(pk__gt=part[-1][0])[:ROWS])


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("batches", "0019_add_operation_parent")]

    operations = [migrations.RunPython(fill, empty)]

"""Digests and folded names of the rows that are there.

A thousand rows a transaction: one over all of them would hold SQLite's only writer for as long.
Stopped midway and run again it goes on with what is left.
"""

from typing import Any

from django.apps.registry import Apps
from django.db import migrations, transaction
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from batches.models.names import fold, name_digest

ROWS = 1_000


def fill(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    for model, name, digest in (
        ("SeenBatch", "name", "digest"),
        ("StatusChange", "name", "digest"),
        ("Operation", "batch_name", "batch_digest"),
    ):
        derived = {digest: name_digest}
        if model == "SeenBatch":
            derived["search"] = fold
        rows = apps.get_model("batches", model)._base_manager.filter(**{digest: ""})
        while part := list(rows.values_list("pk", name)[:ROWS]):
            _write(editor.connection, rows.model, derived, part)


def _write(connection: Any, model: Any, derived: dict[str, Any], part: list[Any]) -> None:
    """One prepared statement for all: `bulk_update` takes forty times as long."""
    quote, key = connection.ops.quote_name, model._meta.pk
    columns = ", ".join(f"{quote(column)} = %s" for column in derived)
    table, its_key = quote(model._meta.db_table), quote(key.column)
    statement = f"UPDATE {table} SET {columns} WHERE {its_key} = %s"  # noqa: S608 - our own names  # nosec B608
    values = [
        (*(derive(name) for derive in derived.values()), key.get_db_prep_value(pk, connection))
        for pk, name in part
    ]
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.executemany(statement, values)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("batches", "0007_add_name_digests")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]

"""Digests and folded names of the rows that are there.

A thousand rows a transaction: one over all of them would hold SQLite's only writer for as long.
Stopped midway and run again it goes on with what is left.
"""

from typing import Any

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from batches.models.names import fold, name_digest

ROWS = 1_000


def fill(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    for model, name, digest in (
        ("SeenBatch", "name", "digest"),
        ("StatusChange", "name", "digest"),
        ("Operation", "batch_name", "batch_digest"),
    ):
        rows = apps.get_model("batches", model)._base_manager.using(editor.connection.alias)
        while part := list(rows.filter(**{digest: ""})[:ROWS]):
            columns = [digest]
            for row in part:
                setattr(row, digest, name_digest(getattr(row, name)))
                if model == "SeenBatch":
                    row.search, columns = fold(row.name), [digest, "search"]
            _write(rows, part, columns)


def _write(rows: Any, part: list[Any], columns: list[str]) -> None:
    rows.bulk_update(part, columns, batch_size=200)  # one statement holds 32,766 values on SQLite


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("batches", "0006_add_name_digests")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]

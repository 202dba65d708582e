"""Seals, and those of the operations that are settled already: as they are found now.

A thousand rows a transaction: one over all of them would hold SQLite's only writer for as long.
Stopped midway and run again it goes on with what is left.
"""

from typing import Any

from django.apps.registry import Apps
from django.db import migrations, models, transaction
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models.functions import Coalesce

from batches.services.seals.chain import next_seal

ROWS = 1_000
OPEN = ("waiting", "sending", "checking")
# Written out: a later version may seal columns that this table does not have yet.
COLUMNS = (
    *("id", "form_id", "username", "key_label", "key_mode", "fingerprint", "verb", "batch_name"),
    *("project", "parameters", "state", "message", "field", "status_before", "status_after"),
    *("answer", "answer_message", "http_status", "request_id", "precheck_at", "vendor_date"),
    *("found_at", "created_at", "sent_at", "settled_at"),
)
SEAL = ("number", "operation_id", "verb", "batch_name", "username", "key", "row", "seal")


def fill(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    operations = apps.get_model("batches", "Operation")._base_manager
    seals = apps.get_model("batches", "RecordSeal")._base_manager
    sealed = seals.filter(operation_id=models.OuterRef("id"))
    settled = operations.exclude(state__in=OPEN).filter(~models.Exists(sealed))
    # ids of all, in the order of settling: no index has it
    ids = list(settled.order_by(Coalesce("settled_at", "created_at"), "id").values_list("id"))
    for begin in range(0, len(ids), ROWS):
        with transaction.atomic(using=editor.connection.alias):
            _seal(apps, operations, [one for (one,) in ids[begin : begin + ROWS]])


def _seal(apps: Apps, operations: Any, ids: list[Any]) -> None:
    heads = apps.get_model("batches", "RecordHead")._base_manager
    model = apps.get_model("batches", "RecordSeal")
    rows = {row["id"]: row for row in operations.filter(id__in=ids).values(*COLUMNS)}
    head, _ = heads.get_or_create(id=1)
    new = []
    for one in ids:
        link = next_seal(rows[one], count=head.count, seal=head.seal)
        head.count, head.seal = link.number, link.seal
        new.append(model(**{name: getattr(link, name) for name in SEAL}))
    model._base_manager.bulk_create(new)
    head.save()


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("batches", "0040_record_operations")]

    operations = [
        migrations.CreateModel(
            name="RecordSeal",
            fields=[
                ("number", models.PositiveBigIntegerField(primary_key=True, serialize=False)),
                ("operation_id", models.UUIDField(unique=True)),
                ("verb", models.CharField(max_length=10)),
                ("batch_name", models.CharField(max_length=1024)),
                ("username", models.CharField(max_length=150)),
                ("key", models.CharField(max_length=8)),
                ("row", models.CharField(max_length=64)),
                ("seal", models.CharField(max_length=64)),
            ],
        ),
        migrations.CreateModel(
            name="RecordHead",
            fields=[
                (
                    "id",
                    models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False),
                ),
                ("count", models.PositiveBigIntegerField(default=0)),
                ("seal", models.CharField(blank=True, default="", max_length=64)),
            ],
        ),
        migrations.CreateModel(
            name="RecordCheck",
            fields=[
                (
                    "id",
                    models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False),
                ),
                ("at", models.DateTimeField()),
                ("found", models.PositiveBigIntegerField()),
                ("count", models.PositiveBigIntegerField(default=0)),
                ("seal", models.CharField(blank=True, default="", max_length=64)),
            ],
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]

import django.db.models.deletion
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import ProjectState


class CreateClusteredModel(migrations.CreateModel):
    """On SQLite the rows are kept in the order of the primary key, without a second tree.

    A row of samples takes 26 bytes that way instead of 46. Django has no option for it. A later
    migration that alters the table must make it again like this, as SQLite copies tables then.
    """

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        if schema_editor.connection.vendor != "sqlite":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        model = to_state.apps.get_model(app_label, self.name)
        statement, values = schema_editor.table_sql(model)
        schema_editor.execute(f"{statement} WITHOUT ROWID", values or None)


class Migration(migrations.Migration):
    dependencies = [
        ("batches", "0020_fill_operation_parents"),
    ]

    operations = [
        migrations.AddField(
            model_name="seenbatch",
            name="sampled_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.CreateModel(
            name="ProjectQuarter",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("fingerprint", models.CharField(max_length=16)),
                ("project", models.CharField(max_length=64)),
                ("quarter", models.IntegerField()),
                ("completed", models.BigIntegerField(default=0)),
                ("errors", models.BigIntegerField(default=0)),
                ("watched", models.BigIntegerField(default=0)),
                ("gap_completed", models.BigIntegerField(default=0)),
                ("gap_errors", models.BigIntegerField(default=0)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["quarter"], name="batches_pro_quarter_cb64be_idx")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("fingerprint", "project", "quarter"),
                        name="one_row_per_project_quarter",
                    )
                ],
            },
        ),
        CreateClusteredModel(
            name="Sample",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "batch_id",
                        "minute",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("minute", models.IntegerField()),
                ("second", models.SmallIntegerField()),
                ("status", models.SmallIntegerField()),
                ("completed", models.BigIntegerField(null=True)),
                ("pending", models.BigIntegerField(null=True)),
                ("error", models.BigIntegerField(null=True)),
                ("cancelled", models.BigIntegerField(null=True)),
                ("total", models.BigIntegerField(null=True)),
                ("other", models.JSONField(null=True)),
                (
                    "batch",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        to="batches.seenbatch",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="SampleDay",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "batch_id",
                        "day",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("day", models.IntegerField()),
                ("step", models.IntegerField()),
                ("first_at", models.BigIntegerField()),
                ("last_at", models.BigIntegerField()),
                ("first_completed", models.BigIntegerField(null=True)),
                ("last_completed", models.BigIntegerField(null=True)),
                ("first_error", models.BigIntegerField(null=True)),
                ("last_error", models.BigIntegerField(null=True)),
                ("first_total", models.BigIntegerField(null=True)),
                ("last_total", models.BigIntegerField(null=True)),
                ("packed", models.BinaryField()),
                (
                    "batch",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        to="batches.seenbatch",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["step", "day"], name="batches_sam_step_009043_idx"),
                ],
            },
        ),
    ]

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("batches", "0026_split_background_calls"),
    ]

    operations = [
        migrations.AddField(
            model_name="rhythm",
            name="computed",
            field=models.PositiveBigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="rhythm",
            name="seconds",
            field=models.FloatField(default=0),
        ),
        migrations.AddField(
            model_name="rhythm",
            name="version",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AlterField(
            model_name="lease",
            name="purpose",
            field=models.CharField(
                choices=[
                    ("walk", "Read its list"),
                    ("settle", "Settle its operations"),
                    ("watch", "Read its open batches"),
                    ("called", "Read batches that Refonte called about"),
                    ("estimate", "Estimate when its batches will be done"),
                ],
                max_length=8,
            ),
        ),
        migrations.CreateModel(
            name="FinishedBatch",
            fields=[
                (
                    "batch",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        serialize=False,
                        to="batches.seenbatch",
                    ),
                ),
                ("fingerprint", models.CharField(max_length=16)),
                ("project", models.CharField(max_length=64)),
                ("status", models.SmallIntegerField()),
                ("ended_at", models.DateTimeField()),
                ("settled", models.BigIntegerField(default=0)),
                ("errors", models.BigIntegerField(default=0)),
                ("staging_seconds", models.BigIntegerField(null=True)),
                ("cells", models.BinaryField(null=True)),
                ("replay", models.JSONField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["fingerprint", "-ended_at"], name="finished_of_key")
                ],
            },
        ),
    ]

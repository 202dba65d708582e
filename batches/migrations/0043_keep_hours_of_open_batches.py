"""The hours of work of batches in progress, for estimates of others."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("batches", "0042_selections"),
    ]

    operations = [
        migrations.CreateModel(
            name="OpenCells",
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
                ("fingerprint", models.CharField(db_index=True, max_length=16)),
                ("at", models.DateTimeField()),
                ("cells", models.BinaryField()),
            ],
            options={"verbose_name_plural": "open cells"},
        ),
    ]

"""One export at a time for a person, over all processes."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("batches", "0013_index_operations"),
    ]

    operations = [
        migrations.CreateModel(
            name="ExportLease",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("token", models.CharField(max_length=32)),
                ("until", models.DateTimeField()),
            ],
        ),
    ]

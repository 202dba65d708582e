"""Whoever began a bulk is told that it has ended."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("batches", "0043_keep_hours_of_open_batches"),
    ]

    operations = [
        migrations.AlterField(
            model_name="notice",
            name="kind",
            field=models.CharField(
                choices=[
                    ("completed", "Completed"),
                    ("stalled", "Stalled"),
                    ("staging", "Left in staging"),
                    ("at_risk", "Due date at risk"),
                    ("errors", "Errors growing"),
                    ("key_refused", "Key refused"),
                    ("at_rest", "No work today"),
                    ("bulk", "Bulk ended"),
                ],
                max_length=11,
            ),
        ),
    ]

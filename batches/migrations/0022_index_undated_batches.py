"""A search comes to the batches without a creation time last, and reads these by this index."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("batches", "0021_keep_samples"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="seenbatch",
            index=models.Index(
                fields=["fingerprint", "-id"],
                name="seen_batch_undated",
                condition=models.Q(("created_at", None)),
            ),
        ),
    ]

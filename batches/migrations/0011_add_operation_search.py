"""The name of an operation's batch as a search compares it; filled by the next."""

from django.db import migrations

import batches.models.names


class Migration(migrations.Migration):
    dependencies = [("batches", "0010_background_work")]

    operations = [
        migrations.AddField(
            model_name="operation",
            name="batch_search",
            field=batches.models.names.FoldedField(default="", editable=False, source="batch_name"),
            preserve_default=False,
        ),
    ]

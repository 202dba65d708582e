"""Columns for the digests of names and for names as a search compares them; filled by the next."""

from django.db import migrations

import batches.models.names


class Migration(migrations.Migration):
    dependencies = [("batches", "0006_add_browser_zone")]

    operations = [
        migrations.AddField(
            model_name="operation",
            name="batch_digest",
            field=batches.models.names.DigestField(
                default="", editable=False, max_length=64, source="batch_name"
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="seenbatch",
            name="digest",
            field=batches.models.names.DigestField(
                default="", editable=False, max_length=64, source="name"
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="seenbatch",
            name="search",
            field=batches.models.names.FoldedField(default="", editable=False, source="name"),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="statuschange",
            name="digest",
            field=batches.models.names.DigestField(
                default="", editable=False, max_length=64, source="name"
            ),
            preserve_default=False,
        ),
    ]

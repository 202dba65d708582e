"""Indexes and the unique key go by digests: a long name fits no row of a PostgreSQL index.

Going back puts names into indexes again, which PostgreSQL refuses once such a name is stored.
"""

from django.db import migrations, models

import batches.models.names


class Migration(migrations.Migration):
    dependencies = [("batches", "0008_fill_name_digests")]

    operations = [
        migrations.RemoveConstraint(model_name="seenbatch", name="one_row_per_seen_batch"),
        migrations.RemoveIndex(model_name="operation", name="batches_ope_fingerp_08ee9a_idx"),
        migrations.RemoveIndex(model_name="seenbatch", name="batches_see_fingerp_e60589_idx"),
        migrations.RemoveIndex(model_name="statuschange", name="batches_sta_fingerp_1c0e68_idx"),
        migrations.AddIndex(
            model_name="operation",
            index=models.Index(
                fields=["fingerprint", "batch_digest", "-created_at"],
                name="batches_ope_fingerp_dfe133_idx",
            ),
        ),
        migrations.AddIndex(
            model_name="seenbatch",
            index=batches.models.names.SearchIndex(
                fields=["fingerprint", "-created_at", "search"], name="seen_batch_search"
            ),
        ),
        migrations.AddIndex(
            model_name="statuschange",
            index=models.Index(
                fields=["fingerprint", "digest", "-at"], name="batches_sta_fingerp_ca0743_idx"
            ),
        ),
        migrations.AddConstraint(
            model_name="seenbatch",
            constraint=models.UniqueConstraint(
                models.F("fingerprint"), models.F("digest"), name="one_row_per_seen_batch"
            ),
        ),
    ]

"""An index for each way in which operations are listed, for any number of them."""

from django.conf import settings
from django.db import migrations, models

import batches.models.names


class Migration(migrations.Migration):
    dependencies = [
        ("batches", "0012_fill_operation_search"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="operation",
            name="batches_ope_fingerp_f3e376_idx",
        ),
        migrations.RemoveIndex(
            model_name="operation",
            name="batches_ope_created_251e52_idx",
        ),
        migrations.RemoveIndex(
            model_name="operation",
            name="batches_ope_fingerp_dfe133_idx",
        ),
        migrations.RemoveIndex(model_name="operation", name="batches_ope_usernam_a05ffc_idx"),
        migrations.AddIndex(
            model_name="operation",
            index=models.Index(
                fields=["username", "-created_at"],
                name="op_any_name",
                condition=models.Q(("form_id__isnull", False)),
            ),
        ),
        migrations.AddIndex(
            model_name="operation",
            index=batches.models.names.SearchIndex(
                fields=["fingerprint", "-created_at", "batch_search"], name="op_of_key"
            ),
        ),
        migrations.AddIndex(
            model_name="operation",
            index=models.Index(
                fields=["fingerprint", "state", "-created_at"], name="op_of_key_state"
            ),
        ),
        migrations.AddIndex(
            model_name="operation",
            index=models.Index(
                fields=["fingerprint", "verb", "-created_at"], name="op_of_key_verb"
            ),
        ),
        migrations.AddIndex(
            model_name="operation",
            index=models.Index(
                fields=["fingerprint", "username", "-created_at"], name="op_of_key_name"
            ),
        ),
        migrations.AddIndex(
            model_name="operation",
            index=batches.models.names.SearchIndex(
                fields=["user", "-created_at", "batch_search"], name="op_own"
            ),
        ),
        migrations.AddIndex(
            model_name="operation",
            index=models.Index(fields=["user", "state", "-created_at"], name="op_own_state"),
        ),
        migrations.AddIndex(
            model_name="operation",
            index=models.Index(fields=["user", "verb", "-created_at"], name="op_own_verb"),
        ),
        migrations.AddIndex(
            model_name="operation",
            index=models.Index(fields=["user", "username", "-created_at"], name="op_own_name"),
        ),
        migrations.AddIndex(
            model_name="operation",
            index=models.Index(fields=["user", "batch_digest", "-created_at"], name="op_own_batch"),
        ),
        migrations.AddIndex(
            model_name="operation",
            index=batches.models.names.SearchIndex(
                fields=["-created_at", "batch_search"],
                name="op_any",
                condition=models.Q(("form_id__isnull", False)),
            ),
        ),
        migrations.AddIndex(
            model_name="operation",
            index=models.Index(
                fields=["state", "-created_at"],
                name="op_any_state",
                condition=models.Q(("form_id__isnull", False)),
            ),
        ),
        migrations.AddIndex(
            model_name="operation",
            index=models.Index(
                fields=["verb", "-created_at"],
                name="op_any_verb",
                condition=models.Q(("form_id__isnull", False)),
            ),
        ),
        migrations.AddIndex(
            model_name="operation",
            index=models.Index(
                fields=["batch_digest", "fingerprint", "-created_at"], name="op_of_batch"
            ),
        ),
    ]

"""Request ids of Refonte, what an export lacks, and indexes of operations that are of no bulk."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("batches", "0039_save_views"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="operation",
            name="request_id",
            field=models.CharField(blank=True, default="", max_length=80),
        ),
        migrations.AddField(
            model_name="exportlease",
            name="told",
            field=models.CharField(blank=True, default="", max_length=600),
        ),
        migrations.RemoveIndex(
            model_name="operation",
            name="op_any_name",
        ),
        migrations.RemoveIndex(
            model_name="operation",
            name="op_of_key_verb",
        ),
        migrations.RemoveIndex(
            model_name="operation",
            name="op_of_key_name",
        ),
        migrations.RemoveIndex(
            model_name="operation",
            name="op_own_verb",
        ),
        migrations.RemoveIndex(
            model_name="operation",
            name="op_own_name",
        ),
        migrations.RemoveIndex(
            model_name="operation",
            name="op_any_verb",
        ),
        migrations.AddIndex(
            model_name="bulk",
            index=models.Index(fields=["-confirmed_at"], name="bulk_newest"),
        ),
        migrations.AddIndex(
            model_name="operation",
            index=models.Index(
                condition=models.Q(("bulk__isnull", True)),
                fields=["fingerprint", "-created_at"],
                name="op_of_key_single",
            ),
        ),
        migrations.AddIndex(
            model_name="operation",
            index=models.Index(
                condition=models.Q(("bulk__isnull", True)),
                fields=["fingerprint", "verb", "-created_at"],
                name="op_of_key_verb",
            ),
        ),
        migrations.AddIndex(
            model_name="operation",
            index=models.Index(
                condition=models.Q(("bulk__isnull", True)),
                fields=["fingerprint", "username", "-created_at"],
                name="op_of_key_name",
            ),
        ),
        migrations.AddIndex(
            model_name="operation",
            index=models.Index(
                condition=models.Q(("bulk__isnull", True)),
                fields=["user", "-created_at"],
                name="op_own_single",
            ),
        ),
        migrations.AddIndex(
            model_name="operation",
            index=models.Index(
                condition=models.Q(("bulk__isnull", True)),
                fields=["user", "verb", "-created_at"],
                name="op_own_verb",
            ),
        ),
        migrations.AddIndex(
            model_name="operation",
            index=models.Index(
                condition=models.Q(("bulk__isnull", True)),
                fields=["user", "username", "-created_at"],
                name="op_own_name",
            ),
        ),
        migrations.AddIndex(
            model_name="operation",
            index=models.Index(
                condition=models.Q(("bulk__isnull", True), ("form_id__isnull", False)),
                fields=["-created_at"],
                name="op_any_single",
            ),
        ),
        migrations.AddIndex(
            model_name="operation",
            index=models.Index(
                condition=models.Q(("bulk__isnull", True), ("form_id__isnull", False)),
                fields=["verb", "-created_at"],
                name="op_any_verb",
            ),
        ),
        migrations.AddIndex(
            model_name="operation",
            index=models.Index(
                condition=models.Q(("bulk__isnull", True), ("form_id__isnull", False)),
                fields=["username", "-created_at"],
                name="op_any_name",
            ),
        ),
        migrations.AddIndex(
            model_name="operation",
            index=models.Index(
                condition=models.Q(("bulk__isnull", False)),
                fields=["bulk", "-created_at"],
                name="op_of_bulk_new",
            ),
        ),
        migrations.AddIndex(
            model_name="operation",
            index=models.Index(
                condition=models.Q(("request_id__gt", "")),
                fields=["request_id"],
                name="op_of_request",
            ),
        ),
    ]

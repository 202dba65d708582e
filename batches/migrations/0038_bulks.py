"""Bulks: one write for many batches, and the operations that they make."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import batches.models.names


class Migration(migrations.Migration):
    dependencies = [
        ("batches", "0037_index_finished_of_project"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="callminute",
            name="bulk",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AlterField(
            model_name="lease",
            name="purpose",
            field=models.CharField(
                choices=[
                    ("walk", "Read its list"),
                    ("settle", "Settle its operations"),
                    ("bulk", "Send the rows of its bulks"),
                    ("watch", "Read its open batches"),
                    ("called", "Read batches that Refonte called about"),
                    ("estimate", "Estimate when its batches will be done"),
                    ("spread", "Make deliveries of notices"),
                    ("tell", "Send deliveries"),
                ],
                max_length=8,
            ),
        ),
        migrations.CreateModel(
            name="Bulk",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("form_id", models.UUIDField(unique=True)),
                ("username", models.CharField(max_length=150)),
                ("key_label", models.CharField(max_length=60)),
                (
                    "key_mode",
                    models.CharField(choices=[("live", "Live"), ("test", "Test")], max_length=4),
                ),
                ("fingerprint", models.CharField(max_length=16)),
                (
                    "verb",
                    models.CharField(
                        choices=[
                            ("create", "Create"),
                            ("finalize", "Finalize"),
                            ("prioritize", "Set priority"),
                            ("note", "Note"),
                        ],
                        max_length=10,
                    ),
                ),
                ("parameters", models.JSONField(default=dict)),
                ("chosen", models.CharField(blank=True, default="", max_length=600)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("reading", "Reading"),
                            ("planned", "Planned"),
                            ("running", "Running"),
                            ("stopped", "Stopped"),
                            ("finished", "Finished"),
                        ],
                        max_length=8,
                    ),
                ),
                ("reason", models.CharField(blank=True, default="", max_length=300)),
                ("stop_message", models.CharField(blank=True, default="", max_length=300)),
                ("created_at", models.DateTimeField()),
                ("read_from", models.DateTimeField(null=True)),
                ("read_until", models.DateTimeField(null=True)),
                ("confirmed_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("next_at", models.DateTimeField(null=True)),
                ("wait_message", models.CharField(blank=True, default="", max_length=300)),
                ("waited_from", models.DateTimeField(null=True)),
                ("waited_until", models.DateTimeField(null=True)),
                ("waits", models.PositiveIntegerField(default=0)),
                ("slowed", models.PositiveSmallIntegerField(default=1)),
                ("rows_chosen", models.PositiveIntegerField(default=0)),
                ("rows_ticked", models.PositiveIntegerField(default=0)),
                (
                    "key",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, to="batches.apikey"
                    ),
                ),
                (
                    "retry_of",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="retries",
                        to="batches.bulk",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ("-created_at", "-id"),
            },
        ),
        migrations.AddField(
            model_name="operation",
            name="bulk",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="operations",
                to="batches.bulk",
            ),
        ),
        migrations.CreateModel(
            name="BulkRow",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.PositiveIntegerField()),
                ("name", models.CharField(max_length=1024)),
                (
                    "digest",
                    batches.models.names.DigestField(editable=False, max_length=64, source="name"),
                ),
                ("project", models.CharField(blank=True, default="", max_length=1024)),
                ("parameters", models.JSONField(default=dict)),
                (
                    "group",
                    models.CharField(
                        choices=[
                            ("unread", "Not read yet"),
                            ("look_first", "Look first"),
                            ("will_do", "Will be done"),
                            ("skipped", "Skipped"),
                            ("impossible", "Impossible"),
                        ],
                        default="unread",
                        max_length=10,
                    ),
                ),
                ("message", models.CharField(blank=True, default="", max_length=300)),
                ("is_ticked", models.BooleanField(default=False)),
                ("status", models.CharField(blank=True, default="", max_length=60)),
                ("total", models.PositiveBigIntegerField(null=True)),
                ("grew_at", models.DateTimeField(null=True)),
                ("read_at", models.DateTimeField(null=True)),
                ("left_out", models.CharField(blank=True, default="", max_length=300)),
                ("left_out_at", models.DateTimeField(null=True)),
                (
                    "bulk",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rows",
                        to="batches.bulk",
                    ),
                ),
            ],
            options={
                "ordering": ("position",),
            },
        ),
        migrations.AddField(
            model_name="operation",
            name="bulk_row",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="operation",
                to="batches.bulkrow",
            ),
        ),
        migrations.AddIndex(
            model_name="operation",
            index=models.Index(
                condition=models.Q(("bulk__isnull", False)),
                fields=["bulk", "state"],
                name="op_of_bulk",
            ),
        ),
        migrations.AddIndex(
            model_name="bulk",
            index=models.Index(
                condition=models.Q(("next_at__isnull", False)), fields=["next_at"], name="bulk_due"
            ),
        ),
        migrations.AddIndex(
            model_name="bulk",
            index=models.Index(fields=["fingerprint", "-confirmed_at"], name="bulk_of_key"),
        ),
        migrations.AddIndex(
            model_name="bulk",
            index=models.Index(fields=["user", "-confirmed_at"], name="bulk_own"),
        ),
        migrations.AddIndex(
            model_name="bulkrow",
            index=models.Index(fields=["bulk", "group", "position"], name="bulk_rows_by_group"),
        ),
        migrations.AddConstraint(
            model_name="bulkrow",
            constraint=models.UniqueConstraint(
                models.F("bulk"), models.F("position"), name="one_row_per_position"
            ),
        ),
        migrations.AddConstraint(
            model_name="bulkrow",
            constraint=models.UniqueConstraint(
                models.F("bulk"), models.F("digest"), name="one_row_per_batch_of_bulk"
            ),
        ),
    ]

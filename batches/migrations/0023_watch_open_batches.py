from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("batches", "0022_index_undated_batches"),
    ]

    operations = [
        migrations.CreateModel(
            name="Sweep",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("fingerprint", models.CharField(max_length=16)),
                ("status", models.CharField(max_length=11)),
                ("next_at", models.DateTimeField()),
                ("before", models.DateTimeField(null=True)),
                ("offset", models.PositiveIntegerField(default=0)),
                ("by_offset", models.BooleanField(default=False)),
                ("page_size", models.PositiveSmallIntegerField(default=100)),
                ("last_page", models.CharField(blank=True, default="", max_length=64)),
                ("started_at", models.DateTimeField(null=True)),
                ("rows_read", models.PositiveIntegerField(default=0)),
                ("swept_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                ("swept_rows", models.PositiveIntegerField(default=0)),
                ("holds_counts", models.BooleanField(default=True)),
                ("last_departed", models.BigIntegerField(default=0)),
                ("last_of_round", models.BigIntegerField(default=0)),
                ("round_at", models.DateTimeField(null=True)),
                ("calls", models.PositiveBigIntegerField(default=0)),
                ("failures", models.PositiveSmallIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="Watch",
            fields=[
                ("fingerprint", models.CharField(max_length=16, primary_key=True, serialize=False)),
                ("read_at", models.DateTimeField()),
                ("reason", models.CharField(blank=True, default="", max_length=300)),
            ],
        ),
        migrations.CreateModel(
            name="WatchGap",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("fingerprint", models.CharField(max_length=16)),
                ("since", models.DateTimeField()),
                ("until", models.DateTimeField()),
                ("reason", models.CharField(max_length=300)),
            ],
            options={
                "ordering": ("-until",),
            },
        ),
        migrations.AlterField(
            model_name="lease",
            name="purpose",
            field=models.CharField(
                choices=[
                    ("walk", "Read its list"),
                    ("settle", "Settle its operations"),
                    ("watch", "Read its open batches"),
                ],
                max_length=6,
            ),
        ),
        migrations.AddIndex(
            model_name="seenbatch",
            index=models.Index(
                condition=models.Q(("status__in", ("staging", "in_progress"))),
                fields=["fingerprint", "status", "id"],
                name="seen_batch_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="sweep",
            constraint=models.UniqueConstraint(
                models.F("fingerprint"), models.F("status"), name="one_row_per_sweep"
            ),
        ),
        migrations.AddIndex(
            model_name="watchgap",
            index=models.Index(
                fields=["fingerprint", "-until"], name="batches_wat_fingerp_2a8167_idx"
            ),
        ),
    ]

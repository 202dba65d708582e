from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("batches", "0015_name_preferences"),
    ]

    # A lease is of the present minute, and nobody works while this runs: none is carried over.
    operations = [
        migrations.DeleteModel(name="Lease"),
        migrations.CreateModel(
            name="Lease",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("fingerprint", models.CharField(max_length=16)),
                (
                    "purpose",
                    models.CharField(
                        choices=[("walk", "Read its list"), ("settle", "Settle its operations")],
                        max_length=6,
                    ),
                ),
                ("token", models.CharField(max_length=32)),
                ("until", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        models.F("fingerprint"), models.F("purpose"), name="one_row_per_lease"
                    )
                ],
            },
        ),
    ]

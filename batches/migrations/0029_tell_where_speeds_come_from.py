from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("batches", "0028_date_reasons_of_gaps"),
    ]

    operations = [
        migrations.AddField(
            model_name="estimate",
            name="speed_seconds",
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="estimate",
            name="is_of_project",
            field=models.BooleanField(default=False, db_default=False),
        ),
        migrations.AddField(
            model_name="estimate",
            name="priority_at",
            field=models.DateTimeField(null=True),
        ),
    ]

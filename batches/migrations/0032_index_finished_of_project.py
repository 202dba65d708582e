from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("batches", "0031_check_alarms"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="finishedbatch",
            index=models.Index(
                fields=["fingerprint", "project", "-ended_at"], name="finished_of_project"
            ),
        ),
    ]

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("batches", "0032_keep_request_id"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="finishedbatch",
            index=models.Index(
                fields=["fingerprint", "project", "-ended_at"], name="finished_of_project"
            ),
        ),
    ]

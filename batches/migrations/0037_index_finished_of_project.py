from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("batches", "0036_list_columns"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="finishedbatch",
            index=models.Index(
                fields=["fingerprint", "project", "-ended_at"], name="finished_of_project"
            ),
        ),
    ]

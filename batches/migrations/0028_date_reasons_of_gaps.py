from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("batches", "0027_finish_batches"),
    ]

    operations = [
        migrations.AddField(
            model_name="watch",
            name="reason_until",
            field=models.DateTimeField(null=True),
        ),
    ]

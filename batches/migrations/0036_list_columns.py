from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("batches", "0035_personal_tokens"),
    ]

    operations = [
        migrations.AddField(
            model_name="estimate",
            name="spark",
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name="seenbatch",
            name="changed_at",
            field=models.DateTimeField(null=True),
        ),
    ]

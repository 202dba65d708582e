"""The operation that another one follows from; filled by the next."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("batches", "0018_rename_words_to_message")]

    operations = [
        migrations.AddField(
            model_name="operation",
            name="parent",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="follow_ups",
                to="batches.operation",
            ),
        ),
        migrations.AddConstraint(
            model_name="operation",
            constraint=models.UniqueConstraint(
                models.F("parent"), models.F("verb"), name="one_follow_up_per_verb"
            ),
        ),
    ]

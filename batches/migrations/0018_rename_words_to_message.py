"""Texts for people are called messages; the total that Refonte reports is called so."""

from django.db import migrations

RENAMED = [
    ("operation", "words", "message"),
    ("operation", "answer_words", "answer_message"),
    ("operationevent", "words", "message"),
    ("statuschange", "words", "message"),
    ("walk", "told_total", "reported_total"),
]


class Migration(migrations.Migration):
    dependencies = [("batches", "0016_lease_purposes")]

    operations = [
        migrations.RenameField(model_name=model, old_name=before, new_name=after)
        for model, before, after in RENAMED
    ]

"""Each fact of a seen batch gets its own age; until now one stood for all but the counts."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import F


def date_the_status(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    seen = apps.get_model("batches", "SeenBatch").objects
    seen.filter(status__isnull=False).update(status_at=F("seen_at"))


class Migration(migrations.Migration):
    dependencies = (("batches", "0004_post_answers"),)

    operations = (
        migrations.AddField(
            model_name="seenbatch", name="status_at", field=models.DateTimeField(null=True)
        ),
        migrations.AddField(
            model_name="seenbatch", name="absent_at", field=models.DateTimeField(null=True)
        ),
        migrations.RunPython(date_the_status, migrations.RunPython.noop),
    )

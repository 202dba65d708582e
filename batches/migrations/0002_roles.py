"""The two roles, as groups: code asks for their names, the permissions say what they mean."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

PERMISSIONS = {
    "read_batches": "Can read batches",
    "operate_batches": "Can create, finalize and prioritize batches",
}
GROUPS = {"Viewers": ["read_batches"], "Operators": ["read_batches", "operate_batches"]}


def make_groups(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Django makes permissions only after all migrations, so they are made here, as it would."""
    content_type, _ = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
        app_label="batches", model="operation"
    )
    for codename, name in PERMISSIONS.items():
        apps.get_model("auth", "Permission").objects.get_or_create(
            content_type=content_type, codename=codename, defaults={"name": name}
        )
    for group_name, codenames in GROUPS.items():
        group, _ = apps.get_model("auth", "Group").objects.get_or_create(name=group_name)
        found = apps.get_model("auth", "Permission").objects.filter(
            content_type=content_type, codename__in=codenames
        )
        group.permissions.add(*found)


class Migration(migrations.Migration):
    dependencies = [
        ("batches", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(make_groups, migrations.RunPython.noop)]

"""What is set for a project here: after how many hours in staging a batch needs attention."""

from batches.models import ProjectSetting
from batches.models.names import name_digest
from batches.services.transactions import repeatable_transaction


def staging_hours_of(*, fingerprint: str, project: str) -> int | None:
    """None: as in the settings of the product. One query."""
    rows = ProjectSetting.objects.filter(fingerprint=fingerprint, project=name_digest(project))
    return rows.values_list("staging_hours", flat=True).first()


@repeatable_transaction
def set_staging_hours(*, fingerprint: str, project: str, hours: int | None) -> None:
    """hours: None removes what was set."""
    ProjectSetting.objects.update_or_create(
        fingerprint=fingerprint,
        project=name_digest(project),
        defaults={"staging_hours": hours},
    )

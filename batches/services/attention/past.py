"""What was usual in finished batches of a key: how many tasks failed, how long they were staged."""

from collections import defaultdict

from django.conf import settings

from batches.models import FinishedBatch, ProjectSetting
from batches.services.estimates.past import NEWEST


class Past:
    """By project, as `estimates.finished.project_of` names it. Two queries."""

    def __init__(self, fingerprint: str) -> None:
        self.errors: dict[str, list[tuple[float, float]]] = defaultdict(list)
        self.staged: dict[str, list[float]] = defaultdict(list)
        rows = FinishedBatch.objects.filter(fingerprint=fingerprint).order_by("-ended_at")
        names = ("project", "errors", "settled", "staging_seconds")
        for project, errors, settled, staged in rows.values_list(*names)[:NEWEST]:
            if settled:
                self.errors[project].append((errors, settled))
            if staged is not None:
                self.staged[project].append(staged)
        rows_set = ProjectSetting.objects.filter(fingerprint=fingerprint)
        known = rows_set.values_list("project", "staging_hours")
        self._hours = {project: hours for project, hours in known if hours is not None}

    def staging_hours(self, project: str) -> int:
        """After so many hours in staging a batch may be called left."""
        return self._hours.get(project, settings.STAGING_HOURS)

"""What `/metrics` says of alarms."""

from django.db.models import Count, Q

from batches.models import Alarm, AlarmKind


def count_alarms() -> dict[tuple[AlarmKind, bool], int]:
    """Open alarms of all keys, by kind and whether they are dismissed. One query."""
    rows = Alarm.objects.filter(ended_at=None).order_by().values("kind")
    counted = rows.annotate(all=Count("pk"), left=Count("pk", filter=Q(dismissed_at=None)))
    found = dict.fromkeys(((kind, is_one) for kind in AlarmKind for is_one in (False, True)), 0)
    for row in counted:
        kind = AlarmKind(row["kind"])
        found[kind, False], found[kind, True] = row["left"], row["all"] - row["left"]
    return found

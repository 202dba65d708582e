"""A plan as pages show it: groups with their reasons, rows of one group, what it will take."""

from collections import Counter
from collections.abc import Iterator
from math import ceil

from django.utils import timezone

from batches.models import Bulk, BulkRow, PlanGroup
from batches.services.bulks.confirm import is_old
from batches.services.bulks.pace import pace_of
from batches.services.bulks.types import PAGE_SIZE, GroupCount, Plan, PlanRow, PlanRows, Reason

Counted = list[tuple[str, bool, int | None]]  # of each row: message, whether it is ticked, tasks


def plan_of(bulk: Bulk) -> Plan:
    """Three queries. A thousand short rows are read, as each group has its reasons counted."""
    by_group: dict[str, Counted] = {group: [] for group in PlanGroup}
    rows = BulkRow.objects.filter(bulk=bulk).order_by("position")
    for group, message, is_ticked, total in rows.values_list(
        "group", "message", "is_ticked", "total"
    ):
        by_group[group].append((message, is_ticked, total))
    groups = tuple(_counted(PlanGroup(group), found) for group, found in by_group.items())
    ticked = [tasks for found in by_group.values() for _, is_ticked, tasks in found if is_ticked]
    pace = pace_of(bulk, now=timezone.now())
    return Plan(
        chosen=bulk.rows_chosen,
        read=bulk.rows_chosen - len(by_group[PlanGroup.UNREAD]),
        groups=groups,
        ticked=len(ticked),
        tasks=sum(tasks or 0 for tasks in ticked),
        is_at_least=None in ticked,
        calls_a_row=pace.calls_a_row,
        seconds_a_row=pace.seconds_a_row,
        seconds=ceil(len(ticked) * pace.seconds_a_row),
        is_old=is_old(bulk),
    )


def plan_rows(bulk: Bulk, *, group: PlanGroup, after: int = -1, limit: int = PAGE_SIZE) -> PlanRows:
    """Rows of one group, in the order in which they were chosen. One query."""
    rows = BulkRow.objects.filter(bulk=bulk, group=group, position__gt=after).order_by("position")
    found = [_shown(row) for row in rows[: limit + 1]]
    more = found[limit - 1].position if len(found) > limit else None
    return PlanRows(rows=tuple(found[:limit]), next=more)


def all_plan_rows(bulk: Bulk) -> Iterator[PlanRow]:
    """For a CSV file: the groups one after the other."""
    for group in PlanGroup:
        for row in BulkRow.objects.filter(bulk=bulk, group=group).order_by("position"):
            yield _shown(row)


def reason_of(message: str) -> str:
    """The short reason that a message begins with: "still growing", "already in progress"."""
    first = message.partition(":")[0].partition(";")[0]
    return first[:1].lower() + first[1:]


def _counted(group: PlanGroup, found: Counted) -> GroupCount:
    reasons = Counter(reason_of(message) for message, _, _ in found if message)
    return GroupCount(
        group=group,
        rows=len(found),
        ticked=sum(is_ticked for _, is_ticked, _ in found),
        tasks=sum(tasks or 0 for _, _, tasks in found),
        is_at_least=any(tasks is None for _, _, tasks in found),
        reasons=tuple(Reason(text=text, rows=rows) for text, rows in reasons.most_common()),
    )


def _shown(row: BulkRow) -> PlanRow:
    return PlanRow(
        position=row.position,
        name=row.name,
        project=row.project,
        group=PlanGroup(row.group),
        message=row.message,
        is_ticked=row.is_ticked,
        status=row.status,
        total=row.total,
        grew_at=row.grew_at,
        read_at=row.read_at,
        parameters=row.parameters,
    )

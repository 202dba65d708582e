"""Puts rows into the groups of a plan, with what the record of this console adds to the facts."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from batches.models import Bulk, BulkRow, Operation, PlanGroup, State, Verb
from batches.models.names import name_digests
from batches.services.bulks import groups
from batches.services.bulks.groups import Facts, Verdict
from batches.services.keys.listing import find_handle
from batches.services.observations.series import samples_of
from batches.services.operations.history import last_priorities

MESSAGE_MAX = 300


def judge_rows(
    bulk: Bulk, rows: Sequence[BulkRow], known: Mapping[str, Facts | Verdict], *, at: datetime
) -> list[BulkRow]:
    """The rows with their group, message and facts, not saved yet. known: has each of them.

    at: when Refonte was asked. Two queries, three more for each batch that grows.
    """
    by_record = _by_record(bulk, rows)
    for row in rows:
        found = known[row.name]
        if isinstance(found, Facts):
            row.project = row.project or found.project
            row.status, row.total = found.status or "", found.total
            row.grew_at = found.grew_at
            found = _judge(bulk, row, found, by_record.get(row.name, ""), at)
        row.group, row.message = found.group, found.message[:MESSAGE_MAX]
        row.is_ticked, row.read_at = row.group == PlanGroup.WILL_DO, at
    return list(rows)


def _judge(bulk: Bulk, row: BulkRow, facts: Facts, done_by: str, at: datetime) -> Verdict:
    if bulk.verb == Verb.CREATE:
        return groups.judge_create(is_taken=not facts.is_absent, created_by=done_by)
    if bulk.verb == Verb.PRIORITIZE:
        priority = bulk.parameters["priority"]
        return groups.judge_prioritize(facts, priority=priority, already_by=done_by)
    verdict = groups.judge_finalize(facts, now=at)
    is_staging_with_tasks = verdict.group == PlanGroup.LOOK_FIRST and bool(facts.total)
    if is_staging_with_tasks and groups.is_growing(facts, now=at):
        came = _tasks_that_came(bulk, row, facts.total or 0, at)
        if came > 0:
            return Verdict(group=verdict.group, message=groups.growing(came))
    return verdict


def _tasks_that_came(bulk: Bulk, row: BulkRow, total: int, at: datetime) -> int:
    """In the last hour, by the samples of it; 0 where these do not show it."""
    samples = samples_of(
        fingerprints=[bulk.fingerprint], name=row.name, since=at - groups.GROWING, until=at
    )
    totals = [one.total for one in samples if one.total is not None]
    return total - totals[0] if totals else 0


def _by_record(bulk: Bulk, rows: Sequence[BulkRow]) -> dict[str, str]:
    """By name, who has done the same from here before; without those that nobody has."""
    key = find_handle(key_id=bulk.key_id) if bulk.key_id else None
    if key is None or not rows:
        return {}
    names = [row.name for row in rows]
    if bulk.verb == Verb.PRIORITIZE:
        last = last_priorities(key=key, names=names)
        wanted = bulk.parameters["priority"]
        return {
            name: row.username
            for name, row in last.items()
            if row.state == State.SUCCEEDED and row.parameters.get("priority") == wanted
        }
    return _created(key.fingerprints, rows) if bulk.verb == Verb.CREATE else {}


def _created(fingerprints: Iterable[str], rows: Sequence[BulkRow]) -> dict[str, str]:
    """In the same project: in another one it is not the batch that is wanted."""
    done = Operation.objects.filter(
        fingerprint__in=[*fingerprints],
        batch_digest__in=name_digests(row.name for row in rows),
        verb=Verb.CREATE,
        state=State.SUCCEEDED,
    )
    wanted = {row.name: row.project for row in rows}
    found = done.values_list("batch_name", "project", "username")
    return {name: username for name, project, username in found if wanted[name] == project}

"""Whether the facts of a row are still those of the plan; why not, in words."""

from batches.models import Bulk, BulkRow, Operation, State, Verb
from batches.refonte import BatchStatus, NotFound, RefonteError
from batches.services.bulks.groups import tasks
from batches.services.keys.types import KeyHandle
from batches.services.observations.seen import find_seen
from batches.services.observations.sighting import LONGEST_STATUS, clean

GONE = "Refonte does not know it any more."


def why_left_out(bulk: Bulk, row: BulkRow, key: KeyHandle) -> str:
    """By what is stored, for a priority; a create reads its name itself. Two queries at most."""
    if bulk.verb != Verb.PRIORITIZE or row.read_at is None:
        return ""
    seen = find_seen(fingerprint=bulk.fingerprint, names=[row.name]).get(row.name)
    if seen and seen.absent_at and seen.absent_at > row.read_at:
        return GONE
    is_newer = seen is not None and bool(seen.status_at and seen.status_at > row.read_at)
    why = _why_status(row, seen.status) if seen and is_newer else ""
    return why or _why_newer_priority(bulk, row, key)


def why_other_status(row: BulkRow, status: BatchStatus | RefonteError) -> str:
    """By what was read for its operation just now; what says nothing of it, its operation tells."""
    if isinstance(status, RefonteError):
        return GONE if isinstance(status, NotFound) else ""
    if why := _why_status(row, clean(status.status, LONGEST_STATUS)):
        return why
    total = status.counts.total
    if row.total is not None and total is not None and total != row.total:
        return f"It had {tasks(row.total)} in the plan, and has {tasks(total)} now."
    return ""


def _why_status(row: BulkRow, status: str | None) -> str:
    # what the plan did not know cannot have changed: a person has ticked it all the same
    if not row.status or not status or status == row.status:
        return ""
    was, now = (text.replace("_", " ") for text in (row.status, status))
    return f"It was {was} in the plan, and is {now} now."


def _why_newer_priority(bulk: Bulk, row: BulkRow, key: KeyHandle) -> str:
    newer = Operation.objects.filter(
        batch_digest=row.digest,
        fingerprint__in=key.fingerprints,
        verb=Verb.PRIORITIZE,
        state__in=(State.SENDING, State.SUCCEEDED, State.UNCONFIRMED),
        created_at__gt=row.read_at,
    )
    found = newer.exclude(bulk=bulk).order_by("-created_at").first()
    if found is None:
        return ""
    return f"{found.username} has sent priority {found.parameters['priority']} since the plan."

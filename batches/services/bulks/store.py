"""Changes of a bulk's row in the database, each in the transaction of its caller.

A person and a worker may change a bulk at one moment: both lock it first.
"""

import logging
from datetime import datetime
from typing import Any

from django.utils import timezone

from batches.models import Bulk, BulkState
from batches.services.bulks import pace
from batches.services.bulks.receipts import count_outcomes
from batches.services.leases import LeaseHandle
from batches.services.notices.publish import publish_bulk

log = logging.getLogger(__name__)

NOT_RESPONDING = "Refonte is not responding."
USED_UP = "All calls of this minute are used."
ASKED_TO_WAIT = "Refonte asked to wait (429)."


def lock(bulk: Bulk) -> None:
    """Until the end of the transaction; `bulk` is as it stands then."""
    bulk.refresh_from_db(from_queryset=Bulk.objects.select_for_update())


def change(bulk: Bulk, **changes: Any) -> None:
    Bulk.objects.filter(pk=bulk.pk).update(**changes)
    for name, value in changes.items():
        setattr(bulk, name, value)


def change_working(bulk: Bulk, lease: LeaseHandle, **changes: Any) -> bool:
    """By the worker that has the lease; False where a person has stopped it meanwhile."""
    with lease.fenced():
        lock(bulk)
        if bulk.state not in BulkState.working_states():
            return False
        change(bulk, **changes)
        return True


def put_off(bulk: Bulk, lease: LeaseHandle, *, until: datetime, message: str = "") -> None:
    change_working(bulk, lease, next_at=until, wait_message=_fitting("wait_message", message))


def wait_as_told(bulk: Bulk, lease: LeaseHandle, *, until: datetime) -> None:
    """Refonte asked to wait: from then on it goes more slowly for some minutes."""
    now = timezone.now()
    changes: dict[str, Any] = {"next_at": until, "wait_message": ASKED_TO_WAIT}
    if bulk.waited_until != until:
        changes |= {
            "waited_from": now,
            "waited_until": until,
            "waits": bulk.waits + 1,
            "slowed": min(pace.SLOWEST, 2 * pace.slowed_now(bulk, now=now)),
        }
    if change_working(bulk, lease, **changes):
        log.warning("a bulk waits", extra=facts(bulk, waits=bulk.waits))


def stop(bulk: Bulk, message: str) -> None:
    """In the transaction of the caller, who has locked it."""
    change(
        bulk,
        state=BulkState.STOPPED,
        stop_message=_fitting("stop_message", message),
        ended_at=timezone.now(),
        next_at=None,
        wait_message="",
    )
    log.warning("a bulk was stopped", extra=facts(bulk, reason=message))


def stop_working(bulk: Bulk, lease: LeaseHandle, message: str) -> None:
    """By the worker, as it may not go on."""
    with lease.fenced():
        lock(bulk)
        if bulk.state not in BulkState.working_states():
            return
        stop(bulk, message)
        # of a plan that could not be read, its page tells
        if bulk.confirmed_at:
            tell_of_end(bulk)


def finish(bulk: Bulk, lease: LeaseHandle) -> None:
    """Nothing is left to send; answers may still be checked."""
    with lease.fenced():
        lock(bulk)
        if bulk.state != BulkState.RUNNING:  # a person has stopped it meanwhile
            return
        now = timezone.now()
        change(bulk, state=BulkState.FINISHED, ended_at=now, next_at=None, wait_message="")
        tell_of_end(bulk)
    log.info("a bulk has finished", extra=facts(bulk, rows=bulk.rows_ticked))


def tell_of_end(bulk: Bulk) -> None:
    """In the transaction of the caller: whoever began it is told once, on the bell."""
    counts = {str(outcome): rows for outcome, rows in count_outcomes(bulk).items()}
    publish_bulk(bulk=bulk, outcomes=counts, at=bulk.ended_at or timezone.now())


def facts(bulk: Bulk, **more: Any) -> dict[str, Any]:
    """For lines of the log."""
    return {"bulk": str(bulk.pk), "key": bulk.fingerprint, "verb": bulk.verb, **more}


def length_of(field: str) -> int:
    return int(getattr(Bulk._meta.get_field(field), "max_length", 0))


def _fitting(field: str, text: str) -> str:
    return text[: length_of(field)]

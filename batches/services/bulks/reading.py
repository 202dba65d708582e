"""Reads the batches of a bulk for its plan: a call a step, within the budget.

What answers of the last half minute have said needs no call. Then a page of the list, where it has
several of the names; else the status of one batch.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from batches.models import Bulk, BulkRow, BulkState, CallUse, PlanGroup, SeenBatch, Verb
from batches.models.names import name_digest
from batches.refonte import (
    STAGING,
    Busy,
    KeyRefused,
    ListQuery,
    NotFound,
    RefonteError,
    Throttled,
    Unaddressable,
)
from batches.services.background import budget, requests
from batches.services.bulks import groups, store
from batches.services.bulks.groups import Facts, Verdict
from batches.services.bulks.judging import judge_rows
from batches.services.keys.types import KeyHandle
from batches.services.leases import LeaseHandle
from batches.services.observations.record import record_or_raise
from batches.services.observations.seen import find_seen
from batches.services.observations.sighting import Sighting
from batches.services.vendor.calls import safeguards

log = logging.getLogger(__name__)

FRESH = timedelta(seconds=30)
AT_ONCE = 100  # rows that are looked up at a time, and batches on a page of the list
WORTH_A_PAGE = 2  # names on it: one alone is read by its status
NO_ANSWER_NOW = (Busy, KeyRefused, Throttled)  # nothing is said about the batch

Known = Mapping[str, Facts | Verdict]


def read_next(bulk: Bulk, key: KeyHandle, lease: LeaseHandle) -> None:
    """One step. Raises LeaseLost, DatabaseError and vault.KeyUnreadable."""
    now = timezone.now()
    unread = list(_unread(bulk)[:AT_ONCE])
    seen = find_seen(fingerprint=bulk.fingerprint, names=[row.name for row in unread])
    fresh = {
        name: facts
        for name, row in seen.items()
        if _says_enough(bulk, facts := Facts.of_row(row, since=now - FRESH))
    }
    if fresh or not unread:
        _write(bulk, lease, unread, fresh, at=now)
        return
    if not budget.reserve_call(fingerprint=bulk.fingerprint, use=CallUse.BULK):
        minute = budget.minute_of(now) + timedelta(minutes=1)
        store.put_off(bulk, lease, until=minute, message=store.USED_UP)
        return
    try:
        _ask(bulk, key, lease, unread, seen)
    except NO_ANSWER_NOW as error:
        _hold_back(bulk, lease, error)


def _hold_back(bulk: Bulk, lease: LeaseHandle, error: RefonteError) -> None:
    # the next step finds in the database how long to wait, or that the key is refused
    until = timezone.now() + timedelta(seconds=1)
    message = store.NOT_RESPONDING if safeguards().breaker.is_open else error.message
    store.put_off(bulk, lease, until=until, message=message)


def _ask(
    bulk: Bulk,
    key: KeyHandle,
    lease: LeaseHandle,
    unread: list[BulkRow],
    seen: Mapping[str, SeenBatch],
) -> None:
    end = _newest_not_tried(bulk, unread, seen)
    on_page = _expected_on_page(bulk, end) if end else []
    if end and len(on_page) >= WORTH_A_PAGE:
        _read_page(bulk, key, lease, on_page, end)
    else:
        _read_one(bulk, key, lease, unread[0])


def _unread(bulk: Bulk) -> QuerySet[BulkRow]:
    return BulkRow.objects.filter(bulk=bulk, group=PlanGroup.UNREAD).order_by("position")


def _says_enough(bulk: Bulk, facts: Facts) -> bool:
    """Whether a row can be judged by what is stored."""
    if facts.is_absent:
        return True
    if bulk.verb == Verb.FINALIZE:
        # of what is not staging the tasks need not be known
        return facts.status is not None and (facts.status != STAGING or facts.total is not None)
    return facts.status is not None


def _newest_not_tried(
    bulk: Bulk, unread: list[BulkRow], seen: Mapping[str, SeenBatch]
) -> datetime | None:
    """When the newest of the rows was created that no page has been read for yet."""
    if bulk.verb == Verb.CREATE:  # they are in no list
        return None
    times = (seen[row.name].created_at for row in unread if not row.read_at and row.name in seen)
    return max((time for time in times if time), default=None)


def _expected_on_page(bulk: Bulk, end: datetime) -> list[BulkRow]:
    """Unread rows among the batches that the page from this time back is expected to have."""
    batches = SeenBatch.objects.filter(
        fingerprint=bulk.fingerprint, created_at__lte=end, absent_at=None
    )
    digests = batches.order_by("-created_at").values_list("digest", flat=True)[:AT_ONCE]
    rows = BulkRow.objects.filter(bulk=bulk, group=PlanGroup.UNREAD, read_at=None)
    return list(rows.filter(digest__in=[*digests]))


def _read_page(
    bulk: Bulk, key: KeyHandle, lease: LeaseHandle, expected: list[BulkRow], end: datetime
) -> None:
    asked_at = timezone.now()
    try:
        page = requests.list_batches(key, ListQuery(end_time=end, limit=AT_ONCE)).data
    except NO_ANSWER_NOW:
        raise
    except RefonteError as error:
        log.warning("no page for a plan", extra=store.facts(bulk, outcome=error.outcome))
        _note_tried(bulk, lease, expected, asked_at)
        return
    names = [name_digest(batch.name) for batch in page.batches]
    rows = list(BulkRow.objects.filter(bulk=bulk, group=PlanGroup.UNREAD, digest__in=names))
    with lease.fenced():
        recorded = record_or_raise(
            fingerprint=bulk.fingerprint,
            sightings=[Sighting.of_batch(batch) for batch in page.batches],
            at=asked_at,
        )
    known = {name: Facts.of_row(row, since=asked_at) for name, row in recorded.items()}
    enough = {name: facts for name, facts in known.items() if _says_enough(bulk, facts)}
    # those that it did not have, or had without counts, are read one by one
    _note_tried(bulk, lease, [*expected, *rows], asked_at)
    _write(bulk, lease, rows, enough, at=asked_at)


def _note_tried(
    bulk: Bulk, lease: LeaseHandle, rows: Sequence[BulkRow], asked_at: datetime
) -> None:
    with lease.fenced():
        BulkRow.objects.filter(pk__in=[row.pk for row in rows]).update(read_at=asked_at)


def _read_one(bulk: Bulk, key: KeyHandle, lease: LeaseHandle, row: BulkRow) -> None:
    asked_at = timezone.now()
    known: Known
    try:
        status = requests.get_status(key, row.name).data
    except NotFound:
        _record(bulk, lease, Sighting.of_absence(row.name), asked_at)
        known = {row.name: Facts(is_absent=True)}
    except Unaddressable:
        known = {row.name: groups.unaddressable()}
    except NO_ANSWER_NOW:
        raise
    except RefonteError as error:
        if safeguards().breaker.is_open:  # it answers nothing just now: that is not about the batch
            _hold_back(bulk, lease, error)
            return
        known = {row.name: groups.not_read(error.message)}
    else:
        recorded = _record(bulk, lease, Sighting.of_status(row.name, status), asked_at)
        known = {row.name: Facts.of_row(recorded[row.name], since=asked_at)}
    _write(bulk, lease, [row], known, at=asked_at)


def _record(
    bulk: Bulk, lease: LeaseHandle, sighting: Sighting, asked_at: datetime
) -> Mapping[str, SeenBatch]:
    with lease.fenced():
        return record_or_raise(fingerprint=bulk.fingerprint, sightings=[sighting], at=asked_at)


def _write(
    bulk: Bulk, lease: LeaseHandle, rows: Sequence[BulkRow], known: Known, *, at: datetime
) -> None:
    """Put the rows of which something is known into their groups; the last one ends the reading."""
    judged = judge_rows(bulk, [row for row in rows if row.name in known], known, at=at)
    with lease.fenced():
        store.lock(bulk)
        if bulk.state != BulkState.READING:
            return
        # an upsert takes a tenth of the time of Django's bulk update
        BulkRow.objects.bulk_create(
            judged, update_conflicts=True, unique_fields=("id",), update_fields=CHANGED
        )
        now = timezone.now()
        changes = {"read_from": bulk.read_from or at, "next_at": now, "wait_message": ""}
        if not _unread(bulk).exists():
            changes |= _planned(bulk, now)
        store.change(bulk, **changes)


CHANGED = ("group", "message", "is_ticked", "project", "status", "total", "grew_at", "read_at")


def _planned(bulk: Bulk, now: datetime) -> dict[str, object]:
    log.info("a bulk is planned", extra=store.facts(bulk, rows=bulk.rows_chosen))
    return {
        "state": BulkState.PLANNED,
        "read_until": now,
        "next_at": None,
        "rows_ticked": BulkRow.objects.filter(bulk=bulk, is_ticked=True).count(),
    }

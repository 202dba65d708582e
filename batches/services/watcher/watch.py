"""Makes the calls of one key, one after the other: lease, consent, budget, call, record.

No call is made within a transaction, or with a key that may no longer be used.
"""

import logging
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone

from batches.models import CallUse, Lease, LeasePurpose, Sweep
from batches.refonte import Busy, NotFound, RefonteError, Unaddressable
from batches.services.background import consent, requests
from batches.services.background.requests import CallHeldBack
from batches.services.background.runs import run_with_key
from batches.services.keys import vault
from batches.services.keys.types import KeyHandle
from batches.services.leases import LeaseHandle, LeaseLost
from batches.services.observations.record import record_or_raise
from batches.services.observations.sighting import Sighting
from batches.services.vendor.calls import safeguards
from batches.services.watcher import gaps, report, sweeps
from batches.services.watcher.singles import Single
from batches.services.watcher.sweeps import Page, Wait

log = logging.getLogger(__name__)

CALLS_A_RUN = 4  # then another key gets the thread
RETRY_EVERY = timedelta(seconds=5)  # where the budget is used up, or the key has to wait
NOT_RESPONDING = "Refonte was not responding."
NEVER = datetime.min.replace(tzinfo=UTC)

GoesOn = Callable[[], bool]


def due_keys(*, now: datetime) -> list[str]:
    """Keys with a call that is due, and keys never watched so far. Five queries."""
    watched = consent.watched_fingerprints()
    gaps.note_unwatched(watched, now)
    if not watched:
        return []
    due = set(sweeps.due(watched, now).values_list("fingerprint", flat=True))
    # the key whose last run is longest ago first, as there may be more keys than threads
    runs = Lease.objects.filter(purpose=LeasePurpose.WATCH, fingerprint__in=watched)
    last_run = dict(runs.values_list("fingerprint", "until"))
    watched = tuple(sorted(watched, key=lambda one: last_run.get(one, NEVER)))
    # a key without sweeps was switched on just now: its first run makes them
    begun = set(Sweep.objects.filter(fingerprint__in=watched).values_list("fingerprint", flat=True))
    return [one for one in watched if one in due or one not in begun]


def watch_key(*, fingerprint: str, goes_on: GoesOn = lambda: True) -> int:
    """Make up to 4 calls with one key; returns how many. goes_on: called before each call."""
    return run_with_key(
        fingerprint=fingerprint,
        purpose=LeasePurpose.WATCH,
        most_calls=CALLS_A_RUN,
        make_call=lambda lease: goes_on() and _make_call(fingerprint, lease),
    )


def _make_call(fingerprint: str, lease: LeaseHandle) -> bool:
    """Whether a call was made. Raises LeaseLost and DatabaseError."""
    # before the budget: a call that the breaker refuses would still count in it
    if safeguards().breaker.seconds_left > 0:
        _wait_a_little(lease, fingerprint, NOT_RESPONDING)
        return False
    found = _next(fingerprint, lease)
    if found is None:
        return False
    sweep, call = found
    if not lease.renew():
        # a pause of more than 45 s: another worker may read this key now
        raise LeaseLost
    try:
        # directly before the call, as consent may have ended since the last one
        key = requests.reserve_key(fingerprint, CallUse.WATCHER)
    except CallHeldBack as error:
        _wait_a_little(lease, fingerprint, str(error))
        return False
    asked_at = timezone.now()
    try:
        if isinstance(call, Page):
            _read_page(lease, key, sweep, call, asked_at)
        else:
            _read_single(lease, key, sweep, call, asked_at)
    except (Busy, vault.KeyUnreadable) as error:  # no call was made
        _wait_a_little(lease, fingerprint, str(error))
        return False
    except RefonteError as error:
        _note_failure(lease, sweep, call, error)
    return True


def _next(fingerprint: str, lease: LeaseHandle) -> tuple[Sweep, Page | Single] | None:
    """The first call that is due, with its sweep; None where all wait."""
    now = timezone.now()
    found: list[tuple[Sweep, Single]] = []
    with lease.fenced():
        sweeps.begin(fingerprint, now)
        gaps.begin(fingerprint, now)
        for sweep in sweeps.due((fingerprint,), now):
            call = sweeps.next_call(sweep, now)
            # pages go before singles, of which there may always be one more
            if isinstance(call, Page):
                return sweep, call
            if isinstance(call, Single):
                found.append((sweep, call))
            else:
                # stored, so that `due_keys` finds it without computing each sweep
                sweeps.note_wait(sweep, call)
    # what left its list first, then the most overdue of all lists
    return max(found, key=_urgency, default=None)


def _urgency(found: tuple[Sweep, Single]) -> tuple[bool, float]:
    _, single = found
    return single.has_departed, single.overdue


def _wait_a_little(lease: LeaseHandle, fingerprint: str, reason: str) -> None:
    """No call can be made now: each try would take SQLite's only writer."""
    now = timezone.now()
    until = now + RETRY_EVERY
    gaps.note_reason(fingerprint, reason, until=until)
    with lease.fenced():
        for sweep in sweeps.due((fingerprint,), now):
            sweeps.note_wait(sweep, Wait(until=until))


def _read_page(
    lease: LeaseHandle, key: KeyHandle, sweep: Sweep, call: Page, asked_at: datetime
) -> None:
    answer = requests.list_batches(key, call.query)
    page = answer.data
    with lease.fenced():
        # as of the question: the answer may be from before a write of ours that came meanwhile
        sightings = map(Sighting.of_batch, page.batches)
        _record(sweep.fingerprint, sightings, asked_at, answer.request_id)
        sweeps.note_page(sweep, page, asked_at=asked_at, at=answer.answered_at)
    log.info("open batches read", extra=_facts(sweep, rows=page.rows_received))
    if sweep.started_at is None:
        _log_sweep(sweep)


def _log_sweep(sweep: Sweep) -> None:
    """One line a sweep, about one a minute: what the page of the key shows."""
    now = timezone.now()
    calls = report.calls_of(fingerprints=[sweep.fingerprint], now=now).get(sweep.fingerprint)
    counted = asdict(calls) if calls else {}
    swept = {"batches": sweep.swept_rows, "holds_counts": sweep.holds_counts}
    log.info("a sweep has ended", extra=_facts(sweep, **swept, **counted))


def _read_single(
    lease: LeaseHandle, key: KeyHandle, sweep: Sweep, call: Single, asked_at: datetime
) -> None:
    name = call.row.name
    request_id = ""
    try:
        answer = requests.get_status(key, name)
        sighting, request_id = Sighting.of_status(name, answer.data), answer.request_id
    except NotFound:
        # a 404 is an answer: the batch is gone, and is not asked for again
        sighting = Sighting.of_absence(name)
    except Unaddressable:
        # no URL can carry this name, so it is never asked for
        with lease.fenced():
            sweeps.pass_over(sweep, call, timezone.now())
        return
    with lease.fenced():
        _record(sweep.fingerprint, [sighting], asked_at, request_id)
        sweeps.note_single(sweep, call, timezone.now())


def _record(fingerprint: str, sightings: Any, asked_at: datetime, request_id: str) -> None:
    record_or_raise(fingerprint=fingerprint, sightings=sightings, at=asked_at)
    gaps.note_read(fingerprint, timezone.now(), request_id=request_id)


def _note_failure(
    lease: LeaseHandle, sweep: Sweep, call: Page | Single, error: RefonteError
) -> None:
    with lease.fenced():
        sweeps.note_failure(sweep, call, error, timezone.now())
    gaps.note_reason(sweep.fingerprint, gaps.reason_of(error), until=sweep.next_at)
    log.warning("open batches not read", extra=_facts(sweep, outcome=error.outcome))


def _facts(sweep: Sweep, **more: Any) -> dict[str, Any]:
    return {"key": sweep.fingerprint, "status": sweep.status, "read": sweep.rows_read, **more}

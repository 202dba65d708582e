"""Calls of Refonte, from their arrival to the note that a batch is to be read.

A call is answered before the database is asked, so neither the answer nor its time shows whether
its address is known. What a process that is killed had not noted yet is lost: the next walk, poll
or call makes up for it.
"""

import logging
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta

from django.db import Error, connections
from django.db.models import Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from batches.models import CallbackAddress
from batches.services.callbacks.addresses import digest_of, is_token
from batches.services.clock import CLOCKS_APART, is_older
from batches.services.readings.read import outdate_batch

log = logging.getLogger(__name__)

READ_EVERY = timedelta(seconds=10)  # a batch, however often Refonte calls
NOTED_EVERY = timedelta(seconds=1)  # the time of the last call, in the database
PAUSE = 0.5  # seconds between two looks at what has arrived
REST = 5.0  # the same while the database does not answer
WAITING = 1_000  # tokens; more are dropped, as anybody can send any number of them

_lock = threading.Lock()
_noting = threading.Lock()
_arrived: set[str] = set()
_has_arrived = threading.Event()
_has_thread = threading.Lock()


def take_call(token: str) -> None:
    """Take a call to be handled later. Takes the same time for any token, and never fails."""
    with _lock:
        if is_token(token) and len(_arrived) < WAITING:
            _arrived.add(token)
    _has_arrived.set()


def handle_calls() -> int:
    """Note the calls that have arrived. Returns how many were to addresses of this console.

    Raises Error where the database does not answer; the calls are kept for the next time.
    """
    # one at a time: a process that ends would not wait for what its thread has taken
    with _noting:
        with _lock:
            tokens = tuple(_arrived)
            _arrived.clear()
        if not tokens:
            return 0
        try:
            return _note(digest_of(token) for token in tokens)
        except Error:
            for token in tokens:
                take_call(token)
            raise


def _note(digests: Iterable[str]) -> int:
    """One query where no address is known, and one statement for each that is."""
    now = timezone.now()
    rows = CallbackAddress.objects.filter(token_digest__in=[*digests])
    known = list(rows.select_related("operation__key").defer("operation__key__sealed"))
    for row in known:
        _note_call(row, now)
    return len(known)


def _note_call(row: CallbackAddress, now: datetime) -> None:
    is_due = row.due_at is not None
    if is_due and _is_noted(row, now):
        return
    fingerprint = _present_fingerprint(row)
    if not is_due or row.called_at is None or is_older(row.called_at, now=now, than=READ_EVERY):
        # an open page asks at its next poll, also where the worker may not read with the key
        outdate_batch(fingerprint=fingerprint, name=row.operation.batch_name)
    due_at = now
    if row.read_at and not is_older(row.read_at, now=now, than=READ_EVERY):
        due_at = row.read_at + READ_EVERY
    # where it is due already, the time stays: else a call a second would put it off for ever
    CallbackAddress.objects.filter(pk=row.pk).update(
        fingerprint=fingerprint, called_at=now, due_at=Coalesce("due_at", Value(due_at))
    )
    log.info("Refonte called about a batch", extra={"key": fingerprint})


def _present_fingerprint(row: CallbackAddress) -> str:
    """Of the key that created the batch, which may have been replaced since."""
    key = row.operation.key
    return key.fingerprint if key and row.fingerprint in key.earlier else row.fingerprint


def _is_noted(row: CallbackAddress, now: datetime) -> bool:
    """Whether a call of the last second stands for this one."""
    if row.called_at is None or is_older(row.called_at, now=now, than=NOTED_EVERY):
        return False
    # not where the batch was asked for since: its answer may be from before this call. The worker
    # may have another clock
    return row.read_at is None or row.called_at - row.read_at > CLOCKS_APART


def start_handling() -> None:
    """Handle calls in a thread of its own, in a process that serves. Once a process."""
    if _has_thread.acquire(blocking=False):
        threading.Thread(target=_handle_forever, name="callbacks", daemon=True).start()


def stop_handling() -> None:
    """Note what has arrived, before the process ends."""
    with suppress(Error):
        handle_calls()


def _handle_forever() -> None:
    while True:
        _has_arrived.wait()
        _has_arrived.clear()
        pause = PAUSE
        try:
            handle_calls()
        except Error as error:
            pause = REST
            log.warning("calls of Refonte wait", extra={"error": type(error).__name__})
        except Exception:
            log.exception("calls of Refonte could not be handled")
        connections.close_all()  # it may be idle for days
        time.sleep(pause)


def forget() -> None:
    """Between tests."""
    with _lock:
        _arrived.clear()
    _has_arrived.clear()

"""Computes what is due of a key, under its lease, and stores it. The worker only: imports numpy.

What is due is found in the database, and each step is stored with what made it due. So a killed
worker loses no more than one step, and two workers compute nothing twice.
"""

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import islice

from django.db import DatabaseError
from django.db.models import F
from django.utils import timezone

from batches.models import (
    Estimate,
    FinishedBatch,
    Lease,
    LeasePurpose,
    Operation,
    Rhythm,
    SeenBatch,
    State,
    Verb,
)
from batches.services import leases
from batches.services.attention import due as alarms_due
from batches.services.attention.rounds import Round
from batches.services.estimates.arrays import series_of
from batches.services.estimates.due import ENDED, ESTIMATED, Due, find_due
from batches.services.estimates.finished import VERSION, Account, finished_row, project_of
from batches.services.estimates.open_hours import OpenHours
from batches.services.estimates.past import forget_past, unfinished
from batches.services.estimates.rows import row_of
from batches.services.forecast.estimate import estimate
from batches.services.forecast.reasons import Reason
from batches.services.forecast.types import Estimate as Estimated
from batches.services.forecast.types import Silence
from batches.services.leases import LeaseHandle, LeaseLost

log = logging.getLogger(__name__)

# Much longer than a chunk takes, which is half a second.
LEASE_LENGTH = timedelta(seconds=60)
CHUNK = 20  # batches that are read with four queries, and stored with two
COLUMNS = tuple(one.attname for one in Estimate._meta.concrete_fields if not one.primary_key)
PAST = tuple(one.attname for one in FinishedBatch._meta.concrete_fields if not one.primary_key)

GoesOn = Callable[[], bool]
Found = Estimated | Silence


def estimate_due(*, now: datetime, goes_on: GoesOn = lambda: True) -> int:
    """All that is due, a key after the other; returns how many estimates were stored.

    goes_on: called before each step, so that a worker can stop between two.
    """
    due = find_due(now=now)
    # the key whose oldest estimate is due for longest comes first
    keys = sorted(due, key=lambda key: (due[key].oldest is not None, due[key].oldest, key))
    keys += sorted(alarms_due.due_keys(now=now) - {*keys})
    return sum(estimate_key(fingerprint=key, goes_on=goes_on) for key in keys if goes_on())


def estimate_key(*, fingerprint: str, goes_on: GoesOn = lambda: True) -> int:
    """What is due of one key; returns how many estimates were stored, 0 where a worker has it."""
    lease = _acquire(fingerprint)
    return _run(fingerprint, lease, goes_on) if lease else 0


def rebuild_key(*, fingerprint: str) -> int | None:
    """All of one key once more from its samples; None where a worker has it just now.

    What ended long ago is made of thinned samples then, so it may differ a little from before.
    """
    lease = _acquire(fingerprint)
    if lease is None:
        return None
    with lease.fenced():
        # where it is killed after this, the next run of a worker does the rest
        forget_past(fingerprint=fingerprint)
    return _run(fingerprint, lease, lambda: True)


def _acquire(fingerprint: str) -> LeaseHandle | None:
    return leases.acquire(
        Lease, length=LEASE_LENGTH, fingerprint=fingerprint, purpose=LeasePurpose.ESTIMATE
    )


def _run(fingerprint: str, lease: LeaseHandle, goes_on: GoesOn) -> int:
    run = Run(fingerprint, lease, goes_on)
    try:
        run.all_due()
        lease.release()
    except LeaseLost:
        log.warning("a lease was lost to another worker", extra={"key": fingerprint})
    except DatabaseError:
        # the lease is kept: until it ends, nothing is computed that cannot be stored
        log.exception("estimates could not be stored", extra={"key": fingerprint})
    return run.computed


class Run:
    """The steps of one key, by the holder of its lease."""

    def __init__(self, fingerprint: str, lease: LeaseHandle, goes_on: GoesOn) -> None:
        self.fingerprint, self._lease, self._goes_on = fingerprint, lease, goes_on
        self._account = Account.of(fingerprint)
        self._hours = OpenHours(fingerprint)
        self._round = Round(fingerprint, lease, series_of)
        self.computed = self.ended = 0

    def all_due(self) -> None:
        """Raises LeaseLost and DatabaseError."""
        began = time.monotonic()
        has_past = self._has_past()
        # again, as another worker may have done it since
        due = find_due(now=timezone.now(), fingerprint=self.fingerprint).get(self.fingerprint)
        due = due or Due()
        # the first time also batches that ended before there were estimates, oldest first
        past = [] if has_past else unfinished(fingerprint=self.fingerprint)
        self._finish([*past, *(pk for pk in due.ended if pk not in past)])
        if (self.ended or not has_past) and self._goes_on():
            self._store_rhythm()
        for chunk in _chunks(due.open, CHUNK):
            if self._goes_on():
                self._estimate(chunk)
        if due.dropped:
            with self._lease.fenced():
                Estimate.objects.filter(batch__in=due.dropped).delete()
                self._hours.forget(due.dropped)
        if self._goes_on():
            self._round.finish(self._account.rhythm)
        if self.computed or self.ended:
            self._note(time.monotonic() - began)

    def _has_past(self) -> bool:
        """Whether ended batches were looked through, by an estimator that means the same."""
        rows = Rhythm.objects.filter(fingerprint=self.fingerprint)
        versions = set(rows.values_list("version", flat=True))
        if versions - {VERSION}:
            with self._lease.fenced():
                forget_past(fingerprint=self.fingerprint)
            self._account = Account.of(self.fingerprint)
            self._hours = OpenHours(self.fingerprint)
        return versions == {VERSION}

    def _finish(self, batches: list[int]) -> None:
        """One after the other, as each is a batch that the next one learns from."""
        for pk in batches:
            if not self._goes_on():
                return
            batch = SeenBatch.objects.get(pk=pk)
            if batch.status in ENDED:
                self._store_finished(batch)

    def _store_finished(self, batch: SeenBatch) -> None:
        row = None
        with _logged(batch):
            row = finished_row(batch, series_of([batch])[batch.pk])
        with self._lease.fenced():
            self._lease.renew()
            Estimate.objects.filter(batch=batch).delete()
            self._hours.forget([batch.pk])
            if row:
                FinishedBatch.objects.bulk_create(
                    [row], update_conflicts=True, unique_fields=("batch",), update_fields=PAST
                )
        if row:
            self._account.add(row)
        self.ended += 1

    def _estimate(self, chunk: list[int]) -> None:
        rows = SeenBatch.objects.filter(pk__in=chunk, status__in=ESTIMATED, absent_at=None)
        # before their samples: what comes meanwhile makes them due again
        batches = list(rows)
        self._reopen(batches)
        series, priorities = series_of(batches), self._priorities(batches)
        rhythm, replays, stored = self._account.rhythm(), self._account.replays(), []
        for batch in batches:
            with _logged(batch):
                self._hours.note(batch, series[batch.pk])
        for batch in batches:
            now = timezone.now()
            found: Found = Silence(reason=Reason.UNSURE)
            with _logged(batch):
                found = estimate(
                    series[batch.pk],
                    now=now.timestamp(),
                    rhythm=self._hours.rhythm_for(batch, rhythm),
                    replays=replays,
                    project=project_of(batch),
                    priority_changes=priorities.get(batch.digest, ()),
                )
            row = row_of(batch, series[batch.pk], found, now)
            stored.append(row)
            with _logged(batch):
                self._round.look(batch, series[batch.pk], estimate=row, rhythm=rhythm)
        with self._lease.fenced():
            self._lease.renew()
            Estimate.objects.bulk_create(
                stored, update_conflicts=True, unique_fields=("batch",), update_fields=COLUMNS
            )
            self._hours.store(timezone.now())
            self._round.store(timezone.now())
        self.computed += len(stored)

    def _reopen(self, batches: list[SeenBatch]) -> None:
        """A batch that is worked on again did not end: it is no example for others, or itself."""
        rows = FinishedBatch.objects.filter(batch__in=[one.pk for one in batches])
        if rows.exists():
            with self._lease.fenced():
                rows.delete()
            self._account = Account.of(self.fingerprint)

    def _priorities(self, batches: list[SeenBatch]) -> dict[str, tuple[float, ...]]:
        """By digest of the name: when its priority was changed with this product."""
        rows = Operation.objects.filter(
            fingerprint=self.fingerprint,
            batch_digest__in=[one.digest for one in batches],
            verb=Verb.PRIORITIZE,
            state=State.SUCCEEDED,
            sent_at__isnull=False,
        )
        found: dict[str, tuple[float, ...]] = {}
        for row in rows.order_by("sent_at").only("batch_digest", "sent_at"):
            at = row.sent_at.timestamp() if row.sent_at else 0.0
            found[row.batch_digest] = (*found.get(row.batch_digest, ()), at)
        return found

    def _store_rhythm(self) -> None:
        weights = self._account.rhythm().weights if len(self._account) else ()
        facts = {
            "at": timezone.now(),
            "version": VERSION,
            "weights": [round(float(one), 4) for one in weights],
        }
        with self._lease.fenced():
            Rhythm.objects.update_or_create(fingerprint=self.fingerprint, defaults=facts)

    def _note(self, seconds: float) -> None:
        with self._lease.fenced():
            Rhythm.objects.filter(fingerprint=self.fingerprint).update(
                computed=F("computed") + self.computed, seconds=F("seconds") + seconds
            )
        facts = {"estimates": self.computed, "ended": self.ended, "ms": round(seconds * 1000)}
        log.info("batches estimated", extra={"key": self.fingerprint, **facts})


@contextmanager
def _logged(batch: SeenBatch) -> Iterator[None]:
    """A mistake of the estimator about one batch must not keep all others from being estimated."""
    try:
        yield
    except DatabaseError:
        raise
    except Exception:
        facts = {"key": batch.fingerprint, "digest": batch.digest}
        log.exception("a batch could not be estimated", extra=facts)


def _chunks(batches: Iterable[int], size: int) -> Iterator[list[int]]:
    rest = iter(batches)
    while chunk := list(islice(rest, size)):
        yield chunk

"""Looks for alarms in a run of the estimates, under its lease. The worker alone: imports numpy.

A batch is looked at when it is estimated, with the samples in hand. Once a minute, and when a due
date was changed, the whole key is looked through: what needs no samples, and those batches that
wait for something to be decided soon.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cached_property

import numpy as np
from django.utils import timezone

from batches.models import Alarm, AlarmCheck, AlarmKind, Estimate, SeenBatch
from batches.refonte import IN_PROGRESS, STAGING
from batches.services.attention import due, find, key_alarms, store
from batches.services.attention.at_risk import find_risk
from batches.services.attention.find import Look
from batches.services.attention.moves import Moves, Read
from batches.services.attention.past import Past
from batches.services.attention.read import due_dates
from batches.services.attention.types import Verdicts
from batches.services.background import consent
from batches.services.estimates.finished import moment, project_of
from batches.services.forecast.quiet_hours import WORKING
from batches.services.forecast.reasons import Reason
from batches.services.forecast.staging import UNCHANGED
from batches.services.forecast.stall import PAUSE, SHORTEST, Quiet
from batches.services.forecast.types import HOURS_A_WEEK, Rhythm, Series
from batches.services.forecast.work_time import HOUR, MONDAY, WorkClock
from batches.services.leases import LeaseHandle

CHUNK = 20
# Batches that are read again between two estimates, in a minute.
CLOSELY = 40
SEEN_IN = timedelta(days=1)
Rhythms = Callable[[], Rhythm]
OPEN = ("staging", "in_progress")  # in this order, for SQLite's index

# Of each key, as long as the worker lives.
_moves: dict[str, Moves] = {}


def forget() -> None:
    """For tests: as in a worker that was started just now."""
    _moves.clear()


class Round:
    """One run over a key. read: samples of batches, by primary key."""

    def __init__(self, fingerprint: str, lease: LeaseHandle, read: Read) -> None:
        self.fingerprint, self._lease, self._read = fingerprint, lease, read
        # without consent its batches are read only when somebody has a page of them open
        self._is_watched = fingerprint in consent.watched_fingerprints()
        self._moves = _moves.setdefault(fingerprint, Moves())
        self._open = store.read_open(fingerprint=fingerprint)
        self._found: list[tuple[SeenBatch | None, Verdicts]] = []
        self._looked: set[int] = set()
        self._rests = self._is_followed = False

    @cached_property
    def _past(self) -> Past:
        return Past(self.fingerprint)

    def look(self, batch: SeenBatch, series: Series, *, estimate: Estimate, rhythm: Rhythm) -> None:
        """At a batch that was just estimated. Stores nothing yet."""
        if not self._is_watched:
            return
        self._looked.add(batch.pk)
        if batch.status == IN_PROGRESS:
            self._moves.note(batch, series)
        look = self._look_at(batch, series, rhythm, estimate.usual_speed)
        quiet = self._quiet(look)
        # one alarm of the key stands for what would be one of each batch
        self._rests = self._rests or bool(quiet and quiet.account_rests and quiet.level >= 1.0)
        self._found.append((batch, find.find_stall(look, quiet) | find.find_errors(look)))

    def store(self, now: datetime) -> None:
        """What was found; to be called in a transaction, under the lease."""
        for batch, verdicts in self._found:
            store.apply(
                fingerprint=self.fingerprint,
                batch=batch,
                verdicts=verdicts,
                open_ones=self._open,
                now=now,
            )
        self._found = []

    def finish(self, rhythm: Rhythms) -> None:
        """Look through the whole key where that is due. Raises LeaseLost and DatabaseError."""
        now = timezone.now()
        if not due.is_due(fingerprint=self.fingerprint, now=now):
            return
        kept: list[Alarm] = []
        refusal = key_alarms.find_refusal(
            fingerprint=self.fingerprint, alarm=self._of_key(AlarmKind.KEY_REFUSED), now=now
        )
        self._found.append((None, refusal))
        # what is read with a refused key is old, and its batches stand still
        if self._is_watched:
            kept = self._look_through(rhythm, now)
        with self._lease.fenced():
            self._lease.renew()
            self.store(now)
            store.keep(kept, now=now)
            facts = {"at": now}
            AlarmCheck.objects.update_or_create(fingerprint=self.fingerprint, defaults=facts)

    def _look_through(self, rhythm: Rhythms, now: datetime) -> list[Alarm]:
        """Returns the alarms of which nothing has changed."""
        rows = list(self._rows())
        others = self._others(rows)
        self._end_impossible([*rows, *others])
        # a paused batch has a date too, which may be moved
        self._look_at_dates([*rows, *others], now)
        kept = self._look_at_stalls(rows, now) + self._look_at_staging(rows, rhythm, now)
        self._look_closely(rows, rhythm, now)
        self._look_at_rest([row for row in rows if row.status == IN_PROGRESS], now)
        return kept

    def _rows(self) -> list[SeenBatch]:
        """Open batches of the key."""
        rows = SeenBatch.objects.filter(fingerprint=self.fingerprint, status__in=OPEN)
        return list(rows.filter(absent_at=None).defer("name", "search"))

    def _others(self, rows: list[SeenBatch]) -> list[SeenBatch]:
        """Batches with an alarm that are not open any more."""
        left = self._open.keys() - {row.pk for row in rows}
        return list(SeenBatch.objects.filter(pk__in=[pk for pk in left if pk is not None]))

    def _end_impossible(self, rows: list[SeenBatch]) -> None:
        """Alarms that are over as their batch has another status."""
        for row in rows:
            over = set(self._open.get(row.pk, ())) - key_alarms.possible(row)
            self._found.append((row, dict.fromkeys(over)))

    def _look_at_dates(self, rows: list[SeenBatch], now: datetime) -> None:
        by_digest = {row.digest: row for row in rows}
        due_at = due_dates(fingerprint=self.fingerprint, digests=by_digest)
        noted = [row for row in rows if row.digest in due_at or self._alarm(row, AlarmKind.AT_RISK)]
        estimates = Estimate.objects.in_bulk([row.pk for row in noted])
        for row in noted:
            verdicts = find_risk(
                row,
                due=due_at.get(row.digest),
                estimate=estimates.get(row.pk),
                alarm=self._alarm(row, AlarmKind.AT_RISK),
                now=now,
            )
            self._found.append((row, verdicts))

    def _look_at_stalls(self, rows: list[SeenBatch], now: datetime) -> list[Alarm]:
        """Those that are known, by their counts alone."""
        kept = []
        for row in rows:
            alarm = self._alarm(row, AlarmKind.STALLED)
            if alarm is None or row.pk in self._looked or not find.is_fresh(row, now):
                continue
            if find.has_moved(row, alarm):
                self._found.append((row, {AlarmKind.STALLED: None}))
            else:
                kept.append(alarm)
        return kept

    def _look_at_staging(
        self, rows: list[SeenBatch], rhythm: Rhythms, now: datetime
    ) -> list[Alarm]:
        kept, unsure = [], []
        for row in rows:
            if row.status != STAGING or not find.is_fresh(row, now):
                continue
            alarm = self._alarm(row, AlarmKind.STAGING)
            if not self._may_be_left(row, now):
                self._found.append((row, {AlarmKind.STAGING: None}))
            elif alarm and find.total_of(row) == alarm.facts.get("tasks"):
                kept.append(alarm)
            else:
                unsure.append(row)
        for first in range(0, len(unsure), CHUNK):
            some = unsure[first : first + CHUNK]
            series = self._read(some)
            for row in some:
                self._look_at_staged(row, series[row.pk], rhythm())
        return kept

    def _may_be_left(self, row: SeenBatch, now: datetime) -> bool:
        """Without its samples: whether it is old enough, and did not grow just now."""
        hours = timedelta(hours=self._past.staging_hours(project_of(row)))
        is_old = row.created_at is None or now - row.created_at > hours
        return is_old and (row.grew_at is None or now - row.grew_at >= timedelta(seconds=UNCHANGED))

    def _look_at_staged(self, row: SeenBatch, series: Series, rhythm: Rhythm) -> None:
        if not len(series.at):
            return
        project = project_of(row)
        verdicts = find.find_staging(
            self._look_at(row, series, rhythm, None),
            created_at=row.created_at or moment(series.at[0]),
            past=self._past.staged[project],
            staging_hours=self._past.staging_hours(project),
        )
        self._found.append((row, verdicts))

    def _look_closely(self, rows: list[SeenBatch], rhythm: Rhythms, now: datetime) -> None:
        """At batches whose next estimate comes in some minutes, where that may be late."""
        quiet = self._quiet_ones(rhythm, now)
        wanted = [
            row
            for row in rows
            if row.status == IN_PROGRESS
            and row.pk not in self._looked
            and find.is_fresh(row, now)
            and (row.pk in quiet or self._moves.has_new_errors(row))
        ][:CLOSELY]
        estimates = Estimate.objects.in_bulk([row.pk for row in wanted])
        for first in range(0, len(wanted), CHUNK):
            some = wanted[first : first + CHUNK]
            series = self._read(some)
            for row in some:
                estimate = estimates.get(row.pk, Estimate())
                self.look(row, series[row.pk], estimate=estimate, rhythm=rhythm())

    def _quiet_ones(self, rhythm: Rhythms, now: datetime) -> set[int]:
        """Batches that may be stalled soon: only hours in which people work tell so."""
        rows = Estimate.objects.filter(reason=Reason.QUIET).values_list("batch_id", flat=True)
        known = {pk for pk, alarms in self._open.items() if AlarmKind.STALLED in alarms}
        found = {pk for pk in rows if pk not in known}
        hour = int((now.timestamp() - MONDAY) // HOUR) % HOURS_A_WEEK
        return found if found and rhythm().weights[hour] >= WORKING else set()

    def _look_at_rest(self, rows: list[SeenBatch], now: datetime) -> None:
        alarm = self._of_key(AlarmKind.AT_REST)
        fresh = [row for row in rows if find.is_fresh(row, now)]
        if not (alarm or self._rests) or (rows and not fresh):
            return
        self._follow()
        worked_until = moment(self._moves.last(row.pk for row in rows))
        if alarm:
            # the time of a step moves as samples are thinned
            worked_until -= timedelta(seconds=find.THINNED)
        verdicts = key_alarms.find_rest(
            alarm=alarm, rests=self._rests, worked_until=worked_until, batches=len(fresh)
        )
        self._found.append((None, verdicts))

    def _look_at(
        self, batch: SeenBatch, series: Series, rhythm: Rhythm, usual: float | None
    ) -> Look:
        return Look(
            batch=batch,
            series=series,
            rhythm=rhythm,
            now=timezone.now(),
            usual=usual,
            past=self._past.errors[project_of(batch)],
            alarms=self._open.get(batch.pk, {}),
        )

    def _quiet(self, look: Look) -> Quiet | None:
        """Only where it may be a stall, as that costs as much as an estimate."""
        since = self._moves.quiet_since(look.batch.pk)
        until = look.series.at[-1] if len(look.series.at) else 0.0
        if since is None or until - since < SHORTEST or not look.is_fresh:
            return None
        clock = WorkClock.of(look.rhythm.weights[None])
        begin, end = clock.hours(np.array([since, until]))[0]
        if end - begin < PAUSE:
            return None
        self._follow()
        return find.quiet_at(look, self._moves.others(look.batch.pk))

    def _follow(self) -> None:
        """Know of all batches in progress when they moved; once in a run."""
        if self._is_followed:
            return
        self._is_followed = True
        since = timezone.now() - SEEN_IN
        rows = [
            row
            for row in self._rows()
            if row.status == IN_PROGRESS and row.counts_at and row.counts_at > since
        ]
        self._moves.follow(rows, self._read, size=CHUNK)

    def _alarm(self, row: SeenBatch, kind: AlarmKind) -> Alarm | None:
        return self._open.get(row.pk, {}).get(kind)

    def _of_key(self, kind: AlarmKind) -> Alarm | None:
        return self._open.get(None, {}).get(kind)

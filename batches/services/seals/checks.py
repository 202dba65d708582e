"""Runs the check of the chain, and keeps when it last ran and what it found."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from batches.models import RecordCheck
from batches.services.seals.verify import Finding, Head, Verification

log = logging.getLogger(__name__)

# The worker's: two workers that start it in the same hour run it once, as a rule.
NOT_SOONER = timedelta(minutes=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class LastCheck:
    """found: how many things were wrong. count: of the record then, as far as nothing was."""

    at: datetime
    found: int
    count: int


def check_record(
    *,
    report: Callable[[Finding], object],
    noted: Head | None = None,
    goes_on: Callable[[], bool] = lambda: True,
) -> int | None:
    """Check every settled operation. Returns how much was found; None where it was stopped.

    report: is given each finding at once. noted: an end of the chain from a log or a backup.
    """
    before = RecordCheck.objects.filter(id=RecordCheck.ONE).first()
    # what was there at the last good run must be there still
    last = (Head(before.count, before.seal),) if before else ()
    run = Verification(noted=(*last, *((noted,) if noted else ())), goes_on=goes_on)
    found = 0
    for finding in run.findings():
        found += 1
        report(finding)
    if not run.has_ended:
        return None
    _keep(run.head, found)
    return found


def check_hourly(*, now: datetime, goes_on: Callable[[], bool]) -> None:
    """The worker's run: what it finds goes to the log."""
    last = last_check()
    if last and timedelta() <= now - last.at < NOT_SOONER:
        return
    began = timezone.now()
    found = check_record(report=_log, goes_on=goes_on)
    seconds = round((timezone.now() - began).total_seconds(), 1)
    log.info("the record of operations was checked", extra={"found": found, "seconds": seconds})


def last_check() -> LastCheck | None:
    row = RecordCheck.objects.filter(id=RecordCheck.ONE).first()
    return LastCheck(at=row.at, found=row.found, count=row.count) if row else None


def _keep(head: Head, found: int) -> None:
    values = {"at": timezone.now(), "found": found}
    if not found:
        values |= {"count": head.count, "seal": head.seal}
    RecordCheck.objects.update_or_create(id=RecordCheck.ONE, defaults=values)


def _log(finding: Finding) -> None:
    log.error("the record of operations was altered", extra={"finding": str(finding)})

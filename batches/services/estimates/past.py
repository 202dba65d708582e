"""Finds ended batches that have left nothing for estimates yet. Imports no numpy."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet

from batches.models import Estimate, FinishedBatch, OpenCells, Rhythm, SeenBatch, StatusChange
from batches.services.estimates.due import ENDED

NEWEST = 400  # of a key: estimates use 120, alarms ask for more of each project


def unfinished(*, fingerprint: str) -> list[int]:
    """Primary keys of the newest ended batches without a row, oldest first.

    Only those that were seen before they ended: others have left no course of their work.
    """
    rows = list(_watched_to_the_end(fingerprint).order_by("-sampled_at", "-pk")[:NEWEST])
    done = FinishedBatch.objects.filter(batch__in=rows).values_list("batch_id", flat=True)
    known = set(done)
    return [pk for pk in reversed(rows) if pk not in known]


def _watched_to_the_end(fingerprint: str) -> "QuerySet[SeenBatch, int]":
    # the first status that is ever seen is no change
    changes = StatusChange.objects.filter(
        fingerprint=fingerprint, digest=OuterRef("digest"), after__in=ENDED
    )
    rows = SeenBatch.objects.filter(
        Exists(changes), fingerprint=fingerprint, status__in=ENDED, sampled_at__isnull=False
    )
    return rows.values_list("pk", flat=True)


def forget_past(*, fingerprint: str) -> None:
    """Delete what was made of a key's samples; its estimates are due, and not shown until then."""
    FinishedBatch.objects.filter(fingerprint=fingerprint).delete()
    Rhythm.objects.filter(fingerprint=fingerprint).delete()
    OpenCells.objects.filter(fingerprint=fingerprint).delete()
    # as if another status had been seen
    Estimate.objects.filter(batch__fingerprint=fingerprint).update(status="")


def prune(*, now: datetime) -> None:
    """Delete what rests on samples that were dropped."""
    oldest = now - timedelta(days=settings.OBSERVATION_DAYS)
    FinishedBatch.objects.filter(ended_at__lt=oldest).delete()
    Estimate.objects.filter(as_of__lt=oldest).delete()
    OpenCells.objects.filter(at__lt=oldest).delete()

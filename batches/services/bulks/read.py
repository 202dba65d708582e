"""Bulks as pages show them. Makes no vendor call."""

from datetime import timedelta
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.utils import timezone

from batches.models import Bulk, BulkState
from batches.services.bulks.plans import all_plan_rows, plan_of, plan_rows
from batches.services.bulks.receipts import all_receipt_rows, receipt_of, receipt_rows
from batches.services.keys.listing import list_readable_keys, readable_fingerprints

__all__ = [
    "all_plan_rows",
    "all_receipt_rows",
    "find_bulk",
    "list_open_bulks",
    "plan_of",
    "plan_rows",
    "receipt_of",
    "receipt_rows",
    "visible_bulks",
]

OPEN = (BulkState.READING, BulkState.PLANNED, BulkState.RUNNING)
MOST_OPEN = 20  # listed
LATELY = timedelta(days=1)


def find_bulk(*, user: User, bulk_id: UUID) -> Bulk | None:
    """None for an unknown one, and for one whose operations the user may not see."""
    return visible_bulks(user=user).filter(id=bulk_id).first()


def visible_bulks(*, user: User) -> QuerySet[Bulk]:
    """As operations are: own ones, those of keys that the user may read with, all for admins."""
    if user.is_superuser:
        return Bulk.objects.all()
    readable = readable_fingerprints(list_readable_keys(user=user))
    return Bulk.objects.filter(Q(user=user) | Q(fingerprint__in=readable))


def list_open_bulks(*, user: User) -> tuple[Bulk, ...]:
    """The user's own that are read, planned or running, or were stopped lately; newest first."""
    stopped = Q(
        state=BulkState.STOPPED,
        confirmed_at__isnull=False,
        ended_at__gt=timezone.now() - LATELY,
    )
    rows = Bulk.objects.filter(Q(state__in=OPEN) | stopped, user=user)
    return tuple(rows.order_by("-created_at")[:MOST_OPEN])

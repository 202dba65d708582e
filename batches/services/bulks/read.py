"""Bulks as pages show them. Makes no vendor call."""

from collections.abc import Iterator
from uuid import UUID

from django.contrib.auth.models import User

from batches.models import Bulk, PlanGroup
from batches.services.bulks.types import (
    PAGE_SIZE,
    Plan,
    PlanRow,
    PlanRows,
    Receipt,
    ReceiptRow,
    ReceiptRows,
    RowOutcome,
)


def find_bulk(*, user: User, bulk_id: UUID) -> Bulk | None:
    """None for an unknown one, and for one whose operations the user may not see."""
    raise NotImplementedError


def list_open_bulks(*, user: User) -> tuple[Bulk, ...]:
    """The user's own that are read, planned, running or stopped before their end, newest first."""
    raise NotImplementedError


def plan_of(bulk: Bulk) -> Plan:
    raise NotImplementedError


def plan_rows(bulk: Bulk, *, group: PlanGroup, after: int = -1, limit: int = PAGE_SIZE) -> PlanRows:
    """Rows of one group, in the order in which they were chosen."""
    raise NotImplementedError


def all_plan_rows(bulk: Bulk) -> Iterator[PlanRow]:
    """For a CSV file: the groups one after the other."""
    raise NotImplementedError


def receipt_of(bulk: Bulk) -> Receipt:
    raise NotImplementedError


def receipt_rows(
    bulk: Bulk,
    *,
    outcomes: tuple[RowOutcome, ...] = (),
    in_order_sent: bool = False,
    start: int = 0,
    limit: int = PAGE_SIZE,
) -> ReceiptRows:
    """Rows by outcome, failed ones first. outcomes: only these; empty for all.

    in_order_sent: as they are sent, for the page of a bulk that runs.
    """
    raise NotImplementedError


def all_receipt_rows(bulk: Bulk) -> Iterator[ReceiptRow]:
    """For a CSV file, in the order of a receipt."""
    raise NotImplementedError

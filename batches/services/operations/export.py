"""All operations that a list has, page by page, newest first. Operations of bulks are rows too."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from uuid import UUID

from django.contrib.auth.models import User
from django.db import Error

from batches.models import Bulk, Operation
from batches.services.batches.export import Pages, take_slot
from batches.services.leases import LeaseHandle
from batches.services.operations.listing import OperationFilters, list_operations
from batches.services.people.roles import may_still_read

ROWS_A_PAGE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationsPart:
    """reasons: by the id of a bulk. cut: why no more comes, on the last part; else empty."""

    operations: tuple[Operation, ...] = ()
    reasons: Mapping[UUID, str] = field(default_factory=dict)
    cut: str = ""


def export_operations(*, user: User, filters: OperationFilters) -> Pages[OperationsPart]:
    """Begin an export. Raises NotExported."""
    with ExitStack() as slot:
        lease = take_slot(user, slot)
        return Pages(_parts(user, filters, lease), slot.pop_all(), lease)


def _parts(user: User, filters: OperationFilters, lease: LeaseHandle) -> Iterator[OperationsPart]:
    before: UUID | None = None
    while True:
        try:
            # looked at with each page: a browser may fetch so slowly that things have changed
            if why := _why_end(user, lease):
                yield OperationsPart(cut=why)
                return
            # which keys the person may read is looked at again as well
            page = list_operations(user=user, filters=filters, before=before, limit=ROWS_A_PAGE)
            part = OperationsPart(operations=page.operations, reasons=_reasons(page.operations))
        except Error:
            yield OperationsPart(cut="the database could not be read")
            return
        yield part
        if page.older is None:
            return
        before = page.older


def _why_end(user: User, lease: LeaseHandle) -> str:
    if not lease.renew():
        return "you began another download while this one paused"
    return "" if may_still_read(user) else "your account can no longer read"


def _reasons(operations: tuple[Operation, ...]) -> dict[UUID, str]:
    ids = {one.bulk_id for one in operations if one.bulk_id}
    return dict(Bulk.objects.filter(id__in=ids).values_list("id", "reason")) if ids else {}

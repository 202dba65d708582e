"""The chain: each settled operation gets the next number, and a seal that holds the one before.

It is added in the transaction that settles the operation, as the last step of it: from here to the
commit one row is locked for all, so nothing that others may hold is waited for after it.
"""

import logging
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction

from batches.models import Operation, RecordHead, RecordSeal
from batches.services.seals.keys import SealKey, seal_keys
from batches.services.seals.text import COLUMNS, sealed_text

log = logging.getLogger(__name__)


def seal_operation(*, operation_id: UUID) -> None:
    """Seal what the row holds now. Within the transaction that settles it, after all its steps."""
    head = lock_head()
    # as it is stored: a driver may have changed what the instance holds
    row = Operation.objects.values(*COLUMNS).get(id=operation_id)
    new = next_seal(row, count=head.count, seal=head.seal)
    new.save(force_insert=True)
    RecordHead.objects.filter(id=head.id).update(count=new.number, seal=new.seal)
    # a copy that nobody with the database alone can change; not of what was rolled back
    transaction.on_commit(partial(_log, operation_id, new))


def seal_operations(*, operation_ids: Sequence[UUID]) -> None:
    """The same for many that one transaction settles, in their order. Few queries for all."""
    head = lock_head()
    rows = {
        row["id"]: row for row in Operation.objects.filter(id__in=operation_ids).values(*COLUMNS)
    }
    new: list[RecordSeal] = []
    count, seal = head.count, head.seal
    for operation_id in operation_ids:
        new.append(next_seal(rows[operation_id], count=count, seal=seal))
        count, seal = new[-1].number, new[-1].seal
        transaction.on_commit(partial(_log, operation_id, new[-1]))
    RecordSeal.objects.bulk_create(new)
    RecordHead.objects.filter(id=head.id).update(count=count, seal=seal)


def lock_head() -> RecordHead:
    """The end of the chain, locked until the caller's transaction ends."""
    rows = RecordHead.objects.select_for_update()
    head = rows.filter(id=RecordHead.ONE).first()
    if head is None:  # of two who make it the second waits, and makes none
        RecordHead.objects.bulk_create([RecordHead()], ignore_conflicts=True)
        head = rows.get(id=RecordHead.ONE)
    return head


def read_head() -> str:
    """As COUNT:HEAD, for people and logs."""
    return str(RecordHead.objects.filter(id=RecordHead.ONE).first() or RecordHead())


def next_seal(row: Mapping[str, Any], *, count: int, seal: str) -> RecordSeal:
    """Of one operation behind `count` others. row: values of COLUMNS. seal: of the last of them."""
    key = seal_keys()[0]
    new = RecordSeal(
        number=count + 1,
        operation_id=row["id"],
        verb=row["verb"],
        batch_name=row["batch_name"],
        username=row["username"],
        key=key.mark,
        row=row_seal(key, row),
    )
    new.seal = link_seal(key, new, before=seal)
    return new


def row_seal(key: SealKey, row: Mapping[str, Any]) -> str:
    """Over the columns of an operation alone: shows whether it was changed."""
    return key.sign("row", sealed_text(row))


def link_seal(key: SealKey, link: RecordSeal, *, before: str) -> str:
    """Over its place, its names and its row: shows whether it was moved."""
    names = (str(link.operation_id), link.verb, link.batch_name, link.username)
    return key.sign("link", str(link.number), before, *names, link.row)


def _log(operation_id: UUID, new: RecordSeal) -> None:
    facts = {"operation": str(operation_id), "count": new.number, "head": new.seal}
    log.info("an operation was sealed", extra=facts)

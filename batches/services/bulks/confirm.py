"""The confirmation: exactly the rows that the page showed, once."""

from datetime import timedelta

from django.contrib.auth.models import User
from django.db import DatabaseError
from django.utils import timezone

from batches.models import Bulk, BulkState
from batches.services.bulks import store
from batches.services.bulks.errors import (
    NothingToDo,
    NotPlanned,
    NotYours,
    OtherKey,
    PlanChanged,
    PlanOld,
)
from batches.services.bulks.plan import stamp_of
from batches.services.clock import is_older
from batches.services.keys.types import ViewerKey
from batches.services.operations.errors import CannotRecord
from batches.services.transactions import repeatable_transaction

OLD_AFTER = timedelta(minutes=10)


def confirm_bulk(*, user: User, key: ViewerKey, bulk: Bulk, stamp: str, reason: str = "") -> Bulk:
    """Let it run. A bulk that this person has confirmed before is returned as it is.

    Raises NotYours, OtherKey, NotPlanned, PlanChanged, PlanOld, NothingToDo, CannotRecord.
    """
    refuse_key(user=user, key=key, bulk=bulk)
    try:
        _confirm(bulk, stamp, reason)
    except DatabaseError as error:
        raise CannotRecord from error
    return bulk


def refuse_key(*, user: User, key: ViewerKey, bulk: Bulk) -> None:
    """Raises NotYours and OtherKey where the person may not send it with this key."""
    if bulk.user_id != user.pk or not key.can_operate:
        raise NotYours
    # by both: the key may have been replaced since, and what was read is of the former one
    if bulk.key_id != key.id or bulk.fingerprint != key.fingerprint:
        raise OtherKey


def is_old(bulk: Bulk) -> bool:
    return bulk.read_until is not None and is_older(
        bulk.read_until, now=timezone.now(), than=OLD_AFTER
    )


@repeatable_transaction
def _confirm(bulk: Bulk, stamp: str, reason: str) -> None:
    store.lock(bulk)
    if bulk.confirmed_at is not None:  # twice: it runs once
        return
    if bulk.state != BulkState.PLANNED:
        raise NotPlanned
    if stamp_of(bulk) != stamp:
        raise PlanChanged
    if is_old(bulk):
        raise PlanOld
    if not bulk.rows_ticked:
        raise NothingToDo
    now, reason = timezone.now(), reason.strip()[: store.length_of("reason")]
    store.change(bulk, state=BulkState.RUNNING, confirmed_at=now, next_at=now, reason=reason)

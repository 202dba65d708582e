"""A person stops a bulk and lets it go on."""

from django.contrib.auth.models import User
from django.utils import timezone

from batches.models import Bulk, BulkState
from batches.services.bulks import store
from batches.services.bulks.confirm import refuse_key
from batches.services.bulks.errors import NothingToDo, NotPlanned, NotYours
from batches.services.bulks.rows import rows_left
from batches.services.keys.types import ViewerKey
from batches.services.transactions import repeatable_transaction


def stop_bulk(*, user: User, bulk: Bulk) -> Bulk:
    """After the present row; a plan is dropped. An ended bulk stays as it is. Raises NotYours."""
    if bulk.user_id != user.pk and not user.is_superuser:
        raise NotYours
    _stop(bulk, user.get_username())
    return bulk


def go_on(*, user: User, key: ViewerKey, bulk: Bulk) -> Bulk:
    """Send the rows that are left. Raises NotYours, OtherKey, NotPlanned, NothingToDo."""
    refuse_key(user=user, key=key, bulk=bulk)
    _go_on(bulk)
    return bulk


@repeatable_transaction
def _stop(bulk: Bulk, username: str) -> None:
    store.lock(bulk)
    if bulk.state not in (BulkState.STOPPED, BulkState.FINISHED):
        store.stop(bulk, f"Stopped by {username}.")


@repeatable_transaction
def _go_on(bulk: Bulk) -> None:
    store.lock(bulk)
    if bulk.state == BulkState.RUNNING:  # a double click
        return
    if bulk.state != BulkState.STOPPED or bulk.confirmed_at is None:
        raise NotPlanned
    if not rows_left(bulk).exists():
        raise NothingToDo
    now = timezone.now()
    store.change(bulk, state=BulkState.RUNNING, next_at=now, ended_at=None, stop_message="")

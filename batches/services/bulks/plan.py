"""What a person wants done, recorded; the worker reads the batches for it (`reading`)."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db import DatabaseError, IntegrityError
from django.utils import timezone

from batches.models import Bulk, BulkRow, BulkState, PlanGroup, State, Verb
from batches.services.bulks import store
from batches.services.bulks.errors import (
    MOST_ROWS,
    NotEnded,
    NothingToDo,
    NotPlanned,
    NotYours,
    OtherKey,
    TooManyRows,
)
from batches.services.bulks.types import CreateRow
from batches.services.keys.types import ViewerKey
from batches.services.observations.sighting import is_storable
from batches.services.operations.errors import CannotRecord, FormReused, KeyGone, NoSuchRow
from batches.services.transactions import repeatable_transaction

FAILED = (State.REFUSED, State.NOT_SENT, State.NOT_DONE)


def plan_bulk(
    *,
    user: User,
    key: ViewerKey,
    form_id: UUID,
    verb: Verb,
    names: Sequence[str],
    parameters: dict[str, Any],
    chosen: str,
) -> Bulk:
    """Finalize or prioritize. Raises BulkError or OperationsError."""
    rows = [BulkRow(name=name) for name in dict.fromkeys(names)]
    bulk = _new(user, key, form_id, verb)
    bulk.parameters, bulk.chosen = parameters, chosen[: store.length_of("chosen")]
    return _record(bulk, rows)


def plan_creates(*, user: User, key: ViewerKey, form_id: UUID, rows: Sequence[CreateRow]) -> Bulk:
    """Raises the same errors. Of two rows with one name the first one counts."""
    by_name = {row.name: row for row in reversed(rows)}
    wanted = [
        BulkRow(name=row.name, project=row.project, parameters=row.parameters)
        for row in rows
        if by_name[row.name] is row
    ]
    return _record(_new(user, key, form_id, Verb.CREATE), wanted)


def plan_retry(*, user: User, key: ViewerKey, form_id: UUID, bulk: Bulk) -> Bulk:
    """The rows of an ended bulk that failed, and only those. Raises the same errors."""
    if bulk.user_id != user.pk:
        raise NotYours
    if bulk.fingerprint not in key.fingerprints:
        raise OtherKey
    if bulk.state not in (BulkState.FINISHED, BulkState.STOPPED):
        raise NotEnded
    failed = bulk.rows.filter(operation__state__in=FAILED)
    rows = [
        BulkRow(name=row.name, project=row.project, parameters=row.parameters) for row in failed
    ]
    again = _new(user, key, form_id, Verb(bulk.verb))
    again.parameters, again.retry_of = bulk.parameters, bulk
    again.chosen = f"the {len(rows):,} that failed"
    return _record(again, rows)


def read_again(*, user: User, bulk: Bulk) -> Bulk:
    """A plan that was not confirmed, or a stopped reading. Raises NotYours, NotPlanned."""
    _refuse_others(user, bulk)
    _read_again(bulk)
    return bulk


def tick(*, user: User, bulk: Bulk, positions: Iterable[int], ticked: bool) -> Bulk:
    """Rows that cannot be ticked stay as they are. Raises NotYours, NotPlanned."""
    _refuse_others(user, bulk)
    _tick(bulk, [*positions], ticked)
    return bulk


def stamp_of(bulk: Bulk) -> str:
    """A digest of the ticked rows and of when they were read: what a confirmation is about."""
    rows = bulk.rows.filter(is_ticked=True).order_by("position")
    facts = (
        bulk.read_until and bulk.read_until.isoformat(),
        [*rows.values_list("position", flat=True)],
    )
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:32]


def _refuse_others(user: User, bulk: Bulk) -> None:
    if bulk.user_id != user.pk:
        raise NotYours


def _new(user: User, key: ViewerKey, form_id: UUID, verb: Verb) -> Bulk:
    if not key.can_operate or key.owner_id != user.pk:
        raise NotYours
    now = timezone.now()
    return Bulk(
        form_id=form_id,
        user=user,
        username=user.get_username(),
        key_id=key.id,
        key_label=key.label,
        key_mode=key.mode,
        fingerprint=key.fingerprint,
        verb=verb,
        state=BulkState.READING,
        created_at=now,
        next_at=now,
    )


def _record(bulk: Bulk, rows: list[BulkRow]) -> Bulk:
    if not rows:
        raise NothingToDo
    if len(rows) > MOST_ROWS:
        raise TooManyRows
    if not all(is_storable(row.name) and is_storable(row.project) for row in rows):
        raise NoSuchRow
    bulk.rows_chosen = len(rows)
    try:
        return _recorded_before(bulk, rows) or _insert(bulk, rows)
    except IntegrityError:  # a double click: the same form was recorded a moment before
        if before := _recorded_before(bulk, rows):
            return before
        raise KeyGone(bulk.key_label) from None
    except DatabaseError as error:
        raise CannotRecord from error


def _recorded_before(bulk: Bulk, rows: list[BulkRow]) -> Bulk | None:
    """What this form has planned already. Raises FormReused where that is something else."""
    before = Bulk.objects.filter(form_id=bulk.form_id).first()
    if before is None:
        return None
    names = ("user_id", "fingerprint", "verb", "parameters", "retry_of_id")
    is_same = all(getattr(before, name) == getattr(bulk, name) for name in names)
    if not is_same or _content(before.rows.all()) != _content(rows):
        raise FormReused
    return before


def _content(rows: Iterable[BulkRow]) -> list[tuple[str, dict[str, Any]]]:
    # not the project: what is read for the plan adds it to rows that had none
    return [(row.name, row.parameters) for row in rows]


@repeatable_transaction
def _insert(bulk: Bulk, rows: list[BulkRow]) -> Bulk:
    bulk.save(force_insert=True)
    for position, row in enumerate(rows):
        row.bulk, row.position = bulk, position
    BulkRow.objects.bulk_create(rows)
    return bulk


@repeatable_transaction
def _read_again(bulk: Bulk) -> None:
    store.lock(bulk)
    is_stopped = bulk.state == BulkState.STOPPED and bulk.confirmed_at is None
    if bulk.state != BulkState.PLANNED and not is_stopped:
        raise NotPlanned
    unread = {"group": PlanGroup.UNREAD, "message": "", "is_ticked": False, "status": ""}
    bulk.rows.update(**unread, total=None, grew_at=None, read_at=None)
    begin = {"state": BulkState.READING, "next_at": timezone.now(), "rows_ticked": 0}
    none = dict.fromkeys(("read_from", "read_until", "ended_at"))
    store.change(bulk, **begin, **none, stop_message="", wait_message="")


@repeatable_transaction
def _tick(bulk: Bulk, positions: list[int], ticked: bool) -> None:
    store.lock(bulk)
    if bulk.state != BulkState.PLANNED:
        raise NotPlanned
    bulk.rows.filter(position__in=positions, group__in=PlanGroup.tickable()).update(
        is_ticked=ticked
    )
    store.change(bulk, rows_ticked=bulk.rows.filter(is_ticked=True).count())

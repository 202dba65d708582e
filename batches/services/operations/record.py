"""What a form asks for: recorded, recognised as sent before, or refused."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

from batches.models import Operation, State, Verb
from batches.services.clock import CLOCKS_APART
from batches.services.keys.types import KeyHandle
from batches.services.observations.sighting import is_storable
from batches.services.operations import ledger
from batches.services.operations.errors import (
    AlreadySent,
    CannotRecord,
    FormReused,
    KeyGone,
    NoSuchRow,
    TooMany,
)

A_MINUTE = timedelta(minutes=1)
WRITES_A_MINUTE = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """One write that a person wants. `parameters` go to the vendor as they are."""

    user: User
    key: KeyHandle
    form_id: UUID
    verb: Verb
    batch_name: str
    project: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)

    def is_what(self, operation: Operation) -> bool:
        """Whether `operation` came of a form with this very content."""
        return (
            operation.user_id == self.user.pk
            and operation.fingerprint in self.key.fingerprints
            and operation.verb == self.verb
            and operation.batch_name == self.batch_name
            and operation.project == self.project
            and operation.parameters == self.parameters
        )


def record(intent: Intent) -> Operation:
    """Commit the intent, held for the caller to send. Raises OperationsError."""
    if not is_storable(intent.batch_name):
        raise NoSuchRow
    try:
        _refuse_a_repeat(intent)
        return _count_and_insert(intent)
    except IntegrityError:  # the other half of a double click was quicker
        _refuse_a_repeat(intent)
        raise KeyGone(intent.key.label) from None
    except DatabaseError as error:
        raise CannotRecord from error


@transaction.atomic
def _count_and_insert(intent: Intent) -> Operation:
    """A person's writes one after the other: SQLite has one writer, elsewhere their row is held."""
    User.objects.select_for_update().filter(pk=intent.user.pk).first()
    _refuse_too_many(intent)
    operation = _new(intent)
    operation.save(force_insert=True)
    ledger.add_event(operation, f"{operation.username} asked for it.")
    return operation


def _new(intent: Intent) -> Operation:
    now = timezone.now()
    return Operation(
        form_id=intent.form_id,
        user=intent.user,
        username=intent.user.get_username(),
        key_id=intent.key.id,
        key_label=intent.key.label,
        key_mode=intent.key.mode,
        fingerprint=intent.key.fingerprint,
        verb=intent.verb,
        batch_name=intent.batch_name,
        project=intent.project,
        parameters=intent.parameters,
        state=State.WAITING,
        created_at=now,
        leased_until=now + ledger.lease_length(),
    )


def _refuse_a_repeat(intent: Intent) -> None:
    before = Operation.objects.filter(form_id=intent.form_id).first()
    if before is None:
        return
    if not intent.is_what(before):
        raise FormReused
    raise AlreadySent(before)


def _refuse_too_many(intent: Intent) -> None:
    now = timezone.now()
    asked = _asked_since(now - A_MINUTE, intent)
    if len(asked) >= WRITES_A_MINUTE:
        seconds = ceil((asked[WRITES_A_MINUTE - 1] + A_MINUTE - now).total_seconds())
        raise TooMany(limit=WRITES_A_MINUTE, retry_after=max(1, seconds))


def _asked_since(start: datetime, intent: Intent) -> list[datetime]:
    """When the person asked for writes with the key, newest first. A first priority is no other."""
    rows = (
        Operation.objects.filter(
            user=intent.user,
            fingerprint__in=intent.key.fingerprints,
            created_at__gt=start,
            # what a clock ahead of this one wrote would count for as long as that was ahead
            created_at__lte=start + A_MINUTE + CLOCKS_APART,
        )
        .order_by("-created_at")
        .values_list("id", "form_id", "created_at")
    )
    followers = {ledger.first_priority_id(operation_id) for operation_id, _, _ in rows}
    return [created_at for _, form_id, created_at in rows if form_id not in followers]

"""What a form asks for: recorded, recognised as sent before, or refused."""

from dataclasses import dataclass, field
from datetime import timedelta
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
class WriteRequest:
    """One write that a person wants. `parameters` go to the vendor as they are."""

    user: User
    key: KeyHandle
    form_id: UUID
    verb: Verb
    batch_name: str
    project: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)

    def matches(self, operation: Operation) -> bool:
        """Whether `operation` came of a form with this very content."""
        return (
            operation.user_id == self.user.pk
            and operation.fingerprint in self.key.fingerprints
            and operation.verb == self.verb
            and operation.batch_name == self.batch_name
            and operation.project == self.project
            and operation.parameters == self.parameters
        )


def record(wanted: WriteRequest) -> Operation:
    """Commit the wanted, held for the caller to send. Raises OperationsError."""
    if not is_storable(wanted.batch_name):
        raise NoSuchRow
    try:
        _refuse_a_repeat(wanted)
        return _count_and_insert(wanted)
    except IntegrityError:  # the other half of a double click was quicker
        _refuse_a_repeat(wanted)
        raise KeyGone(wanted.key.label) from None
    except DatabaseError as error:
        raise CannotRecord from error


@transaction.atomic
def _count_and_insert(wanted: WriteRequest) -> Operation:
    """A person's writes one after the other: SQLite has one writer, elsewhere their row is held."""
    User.objects.select_for_update().filter(pk=wanted.user.pk).first()
    _refuse_too_many(wanted)
    operation = _new(wanted)
    operation.save(force_insert=True)
    ledger.add_event(operation, f"{operation.username} asked for it.")
    return operation


def _new(wanted: WriteRequest) -> Operation:
    now = timezone.now()
    return Operation(
        form_id=wanted.form_id,
        user=wanted.user,
        username=wanted.user.get_username(),
        key_id=wanted.key.id,
        key_label=wanted.key.label,
        key_mode=wanted.key.mode,
        fingerprint=wanted.key.fingerprint,
        verb=wanted.verb,
        batch_name=wanted.batch_name,
        project=wanted.project,
        parameters=wanted.parameters,
        state=State.WAITING,
        created_at=now,
        leased_until=now + ledger.lease_length(),
    )


def _refuse_a_repeat(wanted: WriteRequest) -> None:
    before = Operation.objects.filter(form_id=wanted.form_id).first()
    if before is None:
        return
    if not wanted.matches(before):
        raise FormReused
    raise AlreadySent(before)


def _refuse_too_many(wanted: WriteRequest) -> None:
    now = timezone.now()
    recent = Operation.objects.filter(
        user=wanted.user,
        fingerprint__in=wanted.key.fingerprints,
        parent=None,  # a first priority belongs to its create, and is no write of its own
        created_at__gt=now - A_MINUTE,
        # what a clock ahead of this one wrote would count for as long as that was ahead
        created_at__lte=now + CLOCKS_APART,
    )
    times = recent.order_by("-created_at").values_list("created_at", flat=True)
    for oldest in times[WRITES_A_MINUTE - 1 : WRITES_A_MINUTE]:
        seconds = ceil((oldest + A_MINUTE - now).total_seconds())
        raise TooMany(limit=WRITES_A_MINUTE, retry_after=max(1, seconds))

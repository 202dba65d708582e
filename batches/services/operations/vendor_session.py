"""The vendor calls of one operation, with its key and within its deadline."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from django.utils import timezone

from batches.models import Operation
from batches.refonte import (
    Answer,
    Batch,
    BatchStatus,
    Client,
    Deadline,
    NotFound,
    NotSent,
    RefonteError,
    Unaddressable,
)
from batches.services.background.reservations import Reservation
from batches.services.callbacks import addresses
from batches.services.keys.types import KeyHandle
from batches.services.keys.vault import KeyUnreadable
from batches.services.observations.record import record
from batches.services.observations.sighting import Sighting
from batches.services.vendor.calls import Kind, call_vendor

T = TypeVar("T")

# Of the deadline. With less left, a read after a POST is not begun: cut short, it would bring
# nothing, and count as a failure of the vendor.
READ_SHARE = 0.1
READS = (Client.get_batch, Client.get_status)


class Unsendable(NotSent):
    """The reason lies in this console; its text is for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorSession:
    """Every method raises RefonteError and no other error of the vendor's.

    reads, writes: the bulkhead that they count in. A read settles a write, or is one of a page.
    reserved: calls of the background's budget; None for what a person waits for.
    earlier: what `read_status` gives first, where it was read for this operation already;
        earlier_at: when that was asked for.
    """

    key: KeyHandle
    deadline: Deadline
    reads: Kind = Kind.CHECK
    writes: Kind = Kind.WRITE
    reserved: Reservation | None = None
    earlier: list[BatchStatus | RefonteError] = field(default_factory=list)
    earlier_at: datetime | None = None

    def read(self, name: str) -> Batch:
        sightings_of = partial(_of_batch, name)
        return self._call(
            self.reads, Client.get_batch, name, sightings_of=sightings_of, about=name
        ).data

    def read_status(self, name: str) -> BatchStatus:
        if self.earlier:
            return _given(self.earlier.pop())

        def sightings_of(status: BatchStatus) -> list[Sighting]:
            return [Sighting.of_status(name, status)]

        return self._call(
            self.reads, Client.get_status, name, sightings_of=sightings_of, about=name
        ).data

    def has_time_to_read(self) -> bool:
        if self.deadline.remaining() < self.deadline.total * READ_SHARE:
            return False
        # without a call left it is read later, as after an answer that came too late
        return self.reserved is None or self.reserved.can_take()

    def create(self, operation: Operation) -> Answer[Batch]:
        name = operation.batch_name
        # Refonte takes no priority with a create: it is an operation of its own
        ours = ("priority", "tell_console")
        fields = {k: v for k, v in operation.parameters.items() if k not in ours}
        if operation.parameters.get("tell_console"):
            fields["callback"] = _address_of(operation)
        return self._write(
            partial(Client.create_batch, project=operation.project, name=name, **fields),
            sightings_of=partial(_of_batch, name),
        )

    def finalize(self, operation: Operation) -> Answer[Batch]:
        name = operation.batch_name
        return self._write(
            Client.finalize_batch, name, sightings_of=partial(_of_batch, name), about=name
        )

    def prioritize(self, operation: Operation) -> Answer[None]:
        name, priority = operation.batch_name, operation.parameters["priority"]
        return self._write(
            Client.prioritize_batch, name, priority, sightings_of=lambda _: [], about=name
        )

    def _write(
        self,
        method: Callable[..., Answer[T]],
        *values: Any,
        sightings_of: Callable[[T], Iterable[Sighting]],
        about: str = "",
    ) -> Answer[T]:
        # cut off by the deadline, a write may still be carried out: its outcome would be unknown
        if not self.deadline.has_half_left():
            raise Unsendable("Refonte answers so slowly that no time was left to send it safely.")
        return self._call(self.writes, method, *values, sightings_of=sightings_of, about=about)

    def _call(
        self,
        kind: Kind,
        method: Callable[..., Answer[T]],
        *values: Any,
        sightings_of: Callable[[T], Iterable[Sighting]],
        about: str = "",
    ) -> Answer[T]:
        """method: of the client. about: the batch that a 404 would be about."""
        asked_at, is_read = timezone.now(), method in READS
        if self.reserved:
            self.reserved.take()
        try:
            answer = call_vendor(
                key=self.key,
                kind=kind,
                deadline=self.deadline,
                send=lambda client, secret: method(client, secret, *values, deadline=self.deadline),
            )
            # a read may show the batch as it was at its start: a write may have come since
            at = asked_at if is_read else answer.answered_at
            self._record(sightings_of(answer.data), at)
            return answer
        except NotFound:
            if about:
                # that there is no such batch is recorded too: lists and pages show it
                self._record([Sighting.of_absence(about)], asked_at)
            raise
        except KeyUnreadable:
            message = "This key can no longer be read: its owner must enter it again."
        except Unaddressable:
            message = "This name cannot be used in a URL, so Refonte cannot be asked about it."
        raise Unsendable(message)

    def _record(self, sightings: Iterable[Sighting], at: datetime) -> None:
        record(fingerprint=self.key.fingerprint, sightings=sightings, at=at)


def _given(earlier: BatchStatus | RefonteError) -> BatchStatus:
    if isinstance(earlier, RefonteError):
        raise earlier
    return earlier


def _address_of(operation: Operation) -> str:
    """Where Refonte is to call this console. Raises Unsendable."""
    # made only now: no table has the token in it
    if not addresses.is_offered():
        raise Unsendable("Refonte can no longer call this console (CALLBACK_BASE_URL).")
    try:
        return addresses.address_of(form_id=operation.form_id)
    except KeyUnreadable as error:
        message = str(error)
    raise Unsendable(message)


def _of_batch(name: str, batch: Batch) -> list[Sighting]:
    # an answer about another batch is no evidence of this one
    return [Sighting.of_batch(batch)] if batch.name == name else []

"""The way to the vendor for one operation: its key, its deadline, and the few calls it may make."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from batches.models import Operation
from batches.refonte import (
    Answer,
    Batch,
    BatchStatus,
    Client,
    Deadline,
    NotSent,
    Secret,
    Unaddressable,
)
from batches.services import vendor
from batches.services.page_key import PageKey
from batches.services.vault import KeyUnreadable
from batches.services.vendor import Kind

T = TypeVar("T")

# A read that follows a POST is not begun with less than this share of the time left: cut short, it
# would say nothing, and count against the vendor.
READ_SHARE = 0.1


class Unsendable(NotSent):
    """What keeps it from being sent lies here: the words are for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Every method raises RefonteError and nothing else of the vendor's.

    reads: whose room a read takes: a write's own, or that of all who only look.
    """

    key: PageKey
    deadline: Deadline
    reads: Kind = Kind.CHECK

    def read(self, name: str) -> Batch:
        return self._call(
            self.reads,
            lambda client, secret: client.get_batch(secret, name, deadline=self.deadline),
        ).data

    def read_status(self, name: str) -> BatchStatus:
        return self._call(
            self.reads,
            lambda client, secret: client.get_status(secret, name, deadline=self.deadline),
        ).data

    def has_time_to_read(self) -> bool:
        return self.deadline.remaining() >= self.deadline.total * READ_SHARE

    def create(self, operation: Operation) -> Batch:
        fields = {k: v for k, v in operation.parameters.items() if k != "priority"}
        return self._write(
            lambda client, secret: client.create_batch(
                secret,
                project=operation.project,
                name=operation.batch_name,
                deadline=self.deadline,
                **fields,
            )
        ).data

    def finalize(self, operation: Operation) -> None:
        self._write(
            lambda client, secret: client.finalize_batch(
                secret, operation.batch_name, deadline=self.deadline
            )
        )

    def prioritize(self, operation: Operation) -> None:
        self._write(
            lambda client, secret: client.prioritize_batch(
                secret,
                operation.batch_name,
                operation.parameters["priority"],
                deadline=self.deadline,
            )
        )

    def _write(self, send: Callable[[Client, Secret], Answer[T]]) -> Answer[T]:
        if not self.deadline.has_half_left():
            raise Unsendable("Refonte answers so slowly that no time was left to send it safely.")
        return self._call(Kind.WRITE, send)

    def _call(self, kind: Kind, send: Callable[[Client, Secret], Answer[T]]) -> Answer[T]:
        try:
            return vendor.call(key=self.key, kind=kind, deadline=self.deadline, send=send)
        except KeyUnreadable:
            words = "This key cannot be opened any more: its owner must enter it again."
        except Unaddressable:
            words = "No address can carry this name, so Refonte cannot be asked about it."
        raise Unsendable(words)

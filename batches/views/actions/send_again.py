"""The filled form of a write that did not happen, for whoever may send it again."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from batches.models import Operation, State, Verb
from batches.services.keys.types import ViewerKey

# Of these it is known that nothing happened, and no form stands open with what was typed.
DID_NOT_HAPPEN = (State.NOT_SENT, State.NOT_DONE)


@dataclass(frozen=True, slots=True)
class OperationRow:
    """An operation on a list. `again_url` is empty where this person cannot send it again."""

    operation: Operation
    again_url: str


def rows_of(operations: Iterable[Operation], keys: Iterable[ViewerKey]) -> list[OperationRow]:
    """keys: those that the person may operate with."""
    usable = tuple(keys)
    return [OperationRow(operation, again_url(operation, usable)) for operation in operations]


def again_url(operation: Operation, keys: Iterable[ViewerKey]) -> str:
    """It opens the form, filled; nothing is sent by it. Empty where there is nothing to offer."""
    key = next((key for key in keys if operation.fingerprint in key.fingerprints), None)
    if key is None or operation.state not in DID_NOT_HAPPEN:
        return ""
    asked = operation.parameters.items()
    fields = {"key": key.ref} | {name: _in_address(value) for name, value in asked}
    if operation.verb == Verb.CREATE:
        address = reverse("batches:create")
        fields |= {"project": operation.project, "name": operation.batch_name}
    else:
        address = reverse(f"batches:{operation.verb}", args=[operation.batch_name])
    return f"{address}?{urlencode(fields)}"


def _in_address(value: object) -> str:
    """Flags as the form itself sends them."""
    return "on" if value is True else str(value)

"""Creates batches whose callback is this console, and calls it as Refonte does."""

from typing import Any
from uuid import uuid4

from django.contrib.auth.models import User
from django.utils import timezone

from batches.models import Operation
from batches.sandbox import Sandbox
from batches.services.callbacks import arrivals, readings
from batches.services.callbacks.addresses import address_of
from batches.services.keys.types import KeyHandle
from tests.support.operations import create

BASE = "https://hooks.example.com"


def create_told(user: User, key: KeyHandle, name: str = "kitten-07", **fields: Any) -> Operation:
    return create(user, key, name, **{"form_id": uuid4(), "tell_console": True} | fields)


def token_of(operation: Operation) -> str:
    return address_of(form_id=operation.form_id).rstrip("/").rpartition("/")[2]


def call(*operations: Operation) -> int:
    """Refonte calls about these batches; how many addresses were known."""
    for operation in operations:
        arrivals.take_call(token_of(operation))
    return arrivals.handle_calls()


def read_called_once() -> int:
    """One turn of the worker for all keys that are due; how many calls it made."""
    due = readings.due_keys(now=timezone.now())
    return sum(readings.read_called(fingerprint=one) for one in due)


def status_calls(refonte: Sandbox, name: str = "*") -> int:
    return len(refonte.calls_to("GET", f"/batches/{name}/status"))

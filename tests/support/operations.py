"""Sends operations, saves them as a killed process leaves them, and settles them later."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import time_machine
from django.contrib.auth.models import User
from django.utils import timezone

from batches.models import Operation, State, Verb
from batches.services.keys.types import KeyHandle
from batches.services.operations import protocol, queues

POST_CREATE = "POST /v1/batches"
POST_FINALIZE = "POST /v1/batches/*/finalize"
POST_PRIORITIZE = "POST /v1/batches/*/prioritize"
READ = "GET /v1/batches/*"


def create(user: User, key: KeyHandle, name: str = "kitten-07", **fields: Any) -> Operation:
    asked: dict[str, Any] = {"form_id": uuid4(), "project": "kittens"} | fields
    return protocol.create_batch(user=user, key=key, name=name, **asked)


def finalize(user: User, key: KeyHandle, name: str = "kitten-07", **fields: Any) -> Operation:
    asked: dict[str, Any] = {"form_id": uuid4()} | fields
    return protocol.finalize_batch(user=user, key=key, name=name, **asked)


def prioritize(user: User, key: KeyHandle, name: str = "kitten-07", **fields: Any) -> Operation:
    asked: dict[str, Any] = {"form_id": uuid4(), "priority": 25} | fields
    return protocol.prioritize_batch(user=user, key=key, name=name, **asked)


def unsaved_operation(user: User, key: KeyHandle, **fields: Any) -> Operation:
    """An operation of a user with a key, not saved yet."""
    return Operation(
        form_id=uuid4(),
        user=user,
        username=user.username,
        key_id=key.id,
        key_label=key.label,
        key_mode=key.mode,
        fingerprint=key.fingerprint,
        **fields,
    )


def abandoned_operation(user: User, key: KeyHandle, state: State, **fields: Any) -> Operation:
    """An operation as a killed process leaves it: its lease has ended."""
    now = timezone.now()
    values: dict[str, Any] = {
        "verb": Verb.CREATE,
        "batch_name": "kitten-07",
        "project": "kittens",
        "created_at": now - timedelta(minutes=1),
        "sent_at": None if state == State.WAITING else now - timedelta(minutes=1),
        "vendor_date": now - timedelta(minutes=1),
        "leased_until": now - timedelta(seconds=1),
    } | fields
    operation = unsaved_operation(user, key, state=state, **values)
    operation.save()
    return operation


def settle_in(seconds: float, operation: Operation | None = None) -> int:
    """Settle what is due in so many seconds. Refreshes `operation`; returns the number settled."""
    with time_machine.travel(timezone.now() + timedelta(seconds=seconds)):
        taken = queues.settle_due_operations(now=timezone.now())
    if operation:
        operation.refresh_from_db()
    return taken


def settle_until_given_up(operation: Operation) -> None:
    for seconds in (3, 9, 25, 90):
        settle_in(seconds, operation)


def states_of(operation: Operation) -> list[str]:
    return [event.state for event in operation.events.all()]

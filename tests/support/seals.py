"""Settled operations with seals, and the check of their chain."""

from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from batches.models import Operation, State, Verb
from batches.services.keys.types import KeyHandle
from batches.services.seals.chain import seal_operation
from batches.services.seals.checks import check_record
from batches.services.seals.verify import Finding, Head
from tests.support.operations import unsaved_operation


def settled(user: User, key: KeyHandle, name: str = "kitten-07", **fields: Any) -> Operation:
    """A priority that is done, with its seal."""
    values: dict[str, Any] = {
        "verb": Verb.PRIORITIZE,
        "batch_name": name,
        "parameters": {"priority": 20},
        "state": State.SUCCEEDED,
        "message": "Priority 20 sent. Applies to tasks not yet started.",
        "created_at": timezone.now(),
        "settled_at": timezone.now(),
    }
    with transaction.atomic():
        operation = unsaved_operation(user, key, **values | fields)
        operation.save(force_insert=True)
        seal_operation(operation_id=operation.id)
    return operation


def findings(noted: Head | None = None) -> list[Finding]:
    """What a check finds."""
    found: list[Finding] = []
    number = check_record(report=found.append, noted=noted)
    assert number == len(found)
    return found

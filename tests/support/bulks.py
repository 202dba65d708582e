"""Bulks with operations, as the worker leaves them."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.contrib.auth.models import User
from django.utils import timezone

from batches.models import Bulk, BulkState, Operation, State, Verb
from batches.services.keys.types import KeyHandle
from tests.support.operations import unsaved_operation


def made_bulk(
    user: User,
    key: KeyHandle,
    states: Iterable[State] = (),
    *,
    at: datetime | None = None,
    **fields: Any,
) -> Bulk:
    """A confirmed bulk, with an operation in each state, a second after the other."""
    at, states = at or timezone.now(), tuple(states)
    values: dict[str, Any] = {
        "verb": Verb.FINALIZE,
        "state": BulkState.FINISHED,
        "chosen": "created in 7 days",
        "reason": "week 48 goes to work",
        "rows_chosen": len(states),
        "rows_ticked": len(states),
    } | fields
    bulk = Bulk.objects.create(
        form_id=uuid4(),
        user=user,
        username=user.username,
        key_id=key.id,
        key_label=key.label,
        key_mode=key.mode,
        fingerprint=key.fingerprint,
        created_at=at,
        confirmed_at=at,
        **values,
    )
    Operation.objects.bulk_create(
        unsaved_operation(
            user,
            key,
            bulk=bulk,
            verb=bulk.verb,
            batch_name=f"row-{place:03}",
            state=state,
            created_at=at + timedelta(seconds=place),
        )
        for place, state in enumerate(states)
    )
    return bulk

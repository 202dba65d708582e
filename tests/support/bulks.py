"""Bulks, as a person plans them and the worker reads and sends them; or with operations at once."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import time_machine
from django.contrib.auth.models import User
from django.utils import timezone

from batches.models import Bulk, BulkState, Operation, State, Verb
from batches.services.bulks import confirm, plan, work
from batches.services.keys.types import KeyHandle, ViewerKey
from batches.services.operations import queues
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


def names_of(number: int) -> list[str]:
    return [f"kitten-{position:04}" for position in range(number)]


def plan_of(
    user: User, key: ViewerKey, names: Sequence[str], *, verb: Verb = Verb.PRIORITIZE, **more: Any
) -> Bulk:
    """A plan whose batches are not read yet."""
    parameters = {"priority": 25} if verb == Verb.PRIORITIZE else {}
    asked: dict[str, Any] = {"form_id": uuid4(), "parameters": parameters, "chosen": "some"} | more
    return plan.plan_bulk(user=user, key=key, verb=verb, names=names, **asked)


def work_off(clock: time_machine.Traveller | None = None, *, seconds: float = 0) -> int:
    """So many seconds of the worker: bulks, and operations that are due. Returns the steps."""
    steps, passed = 0, 0.0
    while True:
        # a run ends after some seconds of a busy machine; what is due then is done all the same
        while made := sum(work.run_key(fingerprint=key) for key in _due()):
            steps += made
        queues.settle_due_operations(now=timezone.now())
        if clock is None or passed >= seconds:
            return steps
        clock.shift(0.5)
        passed += 0.5


def _due() -> list[str]:
    return work.due_keys(now=timezone.now())


def read_plan(bulk: Bulk, clock: time_machine.Traveller | None = None) -> Bulk:
    """Read by the worker, as far as that goes at once, or in a quarter of an hour."""
    work_off()
    while clock and Bulk.objects.filter(pk=bulk.pk, state=BulkState.READING).exists():
        clock.shift(5)
        work_off()
    bulk.refresh_from_db()
    return bulk


def planned(user: User, key: ViewerKey, names: Sequence[str], **more: Any) -> Bulk:
    return read_plan(plan_of(user, key, names, **more))


def confirmed(user: User, key: ViewerKey, names: Sequence[str], **more: Any) -> Bulk:
    bulk = planned(user, key, names, **more)
    stamp = plan.stamp_of(bulk)
    return confirm.confirm_bulk(user=user, key=key, bulk=bulk, stamp=stamp)


def messages_of(bulk: Bulk) -> dict[str, tuple[str, str]]:
    return {row.name: (row.group, row.message) for row in bulk.rows.all()}


def names_in(rows: Iterable[Any]) -> list[str]:
    return [row.name for row in rows]

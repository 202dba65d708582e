"""Plans bulks, reads them and sends their rows, as pages and the worker do."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import uuid4

import time_machine
from django.contrib.auth.models import User
from django.utils import timezone

from batches.models import Bulk, BulkState, Verb
from batches.services.bulks import confirm, plan, work
from batches.services.keys.types import ViewerKey
from batches.services.operations import queues


def names_of(number: int) -> list[str]:
    return [f"kitten-{position:04}" for position in range(number)]


def plan_of(
    user: User, key: ViewerKey, names: Sequence[str], *, verb: Verb = Verb.PRIORITIZE, **more: Any
) -> Bulk:
    """A plan whose batches are not read yet."""
    parameters = {"priority": 25} if verb == Verb.PRIORITIZE else {}
    asked: dict[str, Any] = {"form_id": uuid4(), "parameters": parameters, "chosen": "some"} | more
    return plan.plan_bulk(user=user, key=key, verb=verb, names=names, **asked)


def work_off(
    clock: time_machine.Traveller | None = None, *, seconds: float = 0, beat: float = 0.5
) -> int:
    """So many seconds of the worker: bulks, and operations that are due. Returns the steps."""
    steps, passed = 0, 0.0
    while True:
        # a run ends after some seconds of a busy machine; what is due then is done all the same
        while made := sum(work.run_key(fingerprint=key) for key in _due()):
            steps += made
        queues.settle_due_operations(now=timezone.now())
        if clock is None or passed >= seconds:
            return steps
        clock.shift(beat)
        passed += beat


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

"""What the vendor really did, against what the product says it did."""

import json
from datetime import timedelta

from django.utils import timezone

from batches.models import Operation, State, Verb
from batches.services.operations import queues
from batches.services.vendor import calls as vendor
from tests.faults.calls import Console, later

# past every lease, wait and look, and every pause that the vendor asked for
PASSES = [timedelta(minutes=minutes) for minutes in range(7, 7 * 8, 7)]


def settle_everything() -> None:
    """As the worker would in the next hour, with a vendor that is well again."""
    for ahead in PASSES:
        vendor.safeguards.cache_clear()
        with later(ahead):
            queues.settle_due_operations(now=timezone.now())


def is_true(console: Console, operation: Operation) -> bool:
    """Settled, and as the vendor has it.

    "Unconfirmed" is true of what nobody can read, and of what is done by whomever.
    """
    if operation.state == State.UNCONFIRMED:
        return operation.verb == Verb.PRIORITIZE or acted(console, operation)
    says_done = operation.state in (State.SUCCEEDED, State.NO_EFFECT)
    return not operation.is_open and says_done == acted(console, operation)


def acted(console: Console, operation: Operation) -> bool:
    """Whether the vendor carried it out, by what it holds now."""
    batches = console.sandbox.world().batches
    if operation.batch_name not in batches:
        return False
    if operation.verb == Verb.FINALIZE:
        return console.sandbox.status_of(operation.batch_name) != "staging"
    if operation.verb == Verb.PRIORITIZE:
        return bool(console.sandbox.priorities_of(operation.batch_name))
    return True


def posts_for(console: Console, operation: Operation) -> int:
    """How often the vendor was asked to carry it out."""
    if operation.verb == Verb.CREATE:
        calls = console.sandbox.calls_to("POST", "/batches")
        return sum(json.loads(call.body)["name"] == operation.batch_name for call in calls)
    return len(
        console.sandbox.calls_to("POST", f"/batches/{operation.batch_name}/{operation.verb}")
    )

"""What the vendor really did, against what the product says it did."""

import json
from datetime import timedelta

from django.utils import timezone

from batches.models import Operation, State, Verb
from batches.services.operations import lanes
from batches.services.vendor import calls as vendor
from tests.faults.calls import House, later

# past every lease, wait and look, and every pause that the vendor asked for
PASSES = [timedelta(minutes=minutes) for minutes in range(7, 7 * 8, 7)]


def settle_everything() -> None:
    """As the worker would in the next hour, with a vendor that is well again."""
    for ahead in PASSES:
        vendor.guards.cache_clear()
        with later(ahead):
            lanes.settle_due_operations(now=timezone.now())


def is_true(house: House, operation: Operation) -> bool:
    """Settled, and as the vendor has it.

    "Unconfirmed" is true of what nobody can read, and of what is done by whomever.
    """
    if operation.state == State.UNCONFIRMED:
        return operation.verb == Verb.PRIORITIZE or acted(house, operation)
    says_done = operation.state in (State.SUCCEEDED, State.NO_EFFECT)
    return not operation.is_open and says_done == acted(house, operation)


def acted(house: House, operation: Operation) -> bool:
    """Whether the vendor carried it out, by what it holds now."""
    batches = house.sandbox.world().batches
    if operation.batch_name not in batches:
        return False
    if operation.verb == Verb.FINALIZE:
        return house.sandbox.status_of(operation.batch_name) != "staging"
    if operation.verb == Verb.PRIORITIZE:
        return bool(house.sandbox.priorities_of(operation.batch_name))
    return True


def posts_for(house: House, operation: Operation) -> int:
    """How often the vendor was asked to carry it out."""
    if operation.verb == Verb.CREATE:
        calls = house.sandbox.calls_to("POST", "/batches")
        return sum(json.loads(call.body)["name"] == operation.batch_name for call in calls)
    return len(house.sandbox.calls_to("POST", f"/batches/{operation.batch_name}/{operation.verb}"))

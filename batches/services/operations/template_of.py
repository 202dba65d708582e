"""The settings of a batch, to create another one like it. Calls no vendor."""

from typing import Any

from batches.callback_tokens import has_hidden_token
from batches.models import Operation, State, Verb
from batches.models.names import name_digest
from batches.refonte import is_whole
from batches.services.keys.types import KeyHandle
from batches.services.observations.seen import all_seen
from batches.services.observations.sighting import is_storable
from batches.services.readings.queries import batch_query
from batches.services.readings.read import last_known


def template_of(*, key: KeyHandle, name: str) -> dict[str, Any]:
    """Project, callback, flags and first priority of a batch, as far as they are known."""
    known: dict[str, Any] = {}
    if not is_storable(name):
        return known
    digest = name_digest(name)
    created = Operation.objects.filter(
        fingerprint__in=key.fingerprints,
        batch_digest=digest,
        verb=Verb.CREATE,
        state=State.SUCCEEDED,
    ).first()
    if created:  # only this row has the flags: Refonte does not return them
        known = {"project": created.project, **created.parameters}
    elif not key.is_refused and (seen := all_seen(key=key).filter(digest=digest).first()):
        known = {"project": seen.project if seen.project and is_whole(seen.project) else ""}
    batch = last_known(key=key, query=batch_query(name)).data
    if batch:
        now = {"project": batch.project, "callback": batch.callback}
        if batch.callback and has_hidden_token(batch.callback):
            del now["callback"]  # each form has an address of its own
        # a text that was cut on its way in would name another project, or another receiver
        known |= {field: value for field, value in now.items() if value and is_whole(value)}
    return known

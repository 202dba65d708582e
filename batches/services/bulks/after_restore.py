"""Bulks in a restored backup: each unfinished one is stopped.

Rows that were sent after the backup was made have no operation in it. They would be sent again.
"""

from django.db import transaction

from batches.models import Bulk, BulkState
from batches.services.bulks import store

MESSAGE = (
    "Restored from a backup, which does not know what was sent after it was made. "
    "Look at the batches before it goes on."
)
UNFINISHED = (*BulkState.working_states(), BulkState.PLANNED)


@transaction.atomic
def stop_unfinished() -> int:
    """Returns how many bulks that were."""
    bulks = list(Bulk.objects.select_for_update().filter(state__in=UNFINISHED).order_by("id"))
    for bulk in bulks:
        store.stop(bulk, MESSAGE)
    return len(bulks)

"""Operations in a restored backup: those that wait are settled as not sent.

What was sent after the backup was made is missing from it. So an operation that waits in it may
have been done, withdrawn, or followed by a newer one.
"""

from django.db import transaction

from batches.models import Operation, State, Verb
from batches.services.operations import ledger
from batches.services.operations.outcomes import Outcome

MESSAGE = "Restored from a backup; not sent. Send it again if it is still wanted."


@transaction.atomic
def settle_as_not_sent() -> int:
    """Settle all that would be sent by itself. Returns how many operations that were."""
    # a create without an answer stays open, as it is settled by reading
    unanswered_creates = Operation.objects.filter(
        verb=Verb.CREATE,
        state__in=(State.SENDING, State.CHECKING),
        parameters__has_key="priority",
    )
    # their first priority would be sent once the batch is found: recorded now, it is settled here
    for create in unanswered_creates:
        ledger.record_first_priority(create)
    # locked: a worker that runs all the same takes none of them meanwhile
    waiting = Operation.objects.select_for_update().filter(state=State.WAITING).order_by("id")
    return sum(
        ledger.write_outcome(operation, Outcome(state=State.NOT_SENT, message=MESSAGE))
        for operation in waiting
    )

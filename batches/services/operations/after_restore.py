"""Operations that came out of a backup. What was sent since it was made is missing from them, so
none may be sent as it stands: it may have been done, withdrawn, or undone by something newer.
"""

from django.db import transaction
from django.db.models import QuerySet

from batches.models import Operation, State, Verb
from batches.services.operations import ledger
from batches.services.operations.ledger import Outcome

WORDS = "Restored from a backup; not sent. Send it again if it is still wanted."


@transaction.atomic
def withhold_operations() -> int:
    """Settle as not sent whatever would be sent by itself. Returns how many operations that were.

    What was being sent, or is unknown, stays open: it is settled by reading. A create among these
    would leave its first priority to send, so that one is withheld before the batch is found. A
    worker that runs in spite of all can take none of them meanwhile, and finds them settled.
    """
    for create in _unanswered_with_priority():
        ledger.leave_first_priority(create)
    waiting = Operation.objects.select_for_update().filter(state=State.WAITING).order_by("id")
    return sum(
        ledger.write_outcome(operation, Outcome(state=State.NOT_SENT, words=WORDS))
        for operation in waiting
    )


def _unanswered_with_priority() -> QuerySet[Operation]:
    return Operation.objects.filter(
        verb=Verb.CREATE,
        state__in=(State.SENDING, State.CHECKING),
        parameters__has_key="priority",
    )

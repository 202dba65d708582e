"""The message about a write, shown after it was sent and renewed until it is settled."""

from django.contrib import messages
from django.contrib.messages.storage.base import Message
from django.template.loader import render_to_string

from batches.models import Operation, State, Verb
from batches.services.batches.digests import digest
from batches.services.operations import competing, ledger
from batches.views.request import Request

LEVELS = {State.SUCCEEDED: messages.SUCCESS, State.NO_EFFECT: messages.INFO}
# an unconfirmed create may have made the batch as well
CREATED = (State.SUCCEEDED, State.UNCONFIRMED)
# The first check of an effect is due after 2 s (`outcomes.CHECK_DELAYS`): nothing is new before.
POLL_SECONDS = 2


def message_stamp(operation: Operation, follower: Operation | None = None) -> str:
    """Digests of what the message shows of the write and of the first priority, joined by a dot."""
    # two digests, so that `settled_since` finds out which of the two has changed
    parts = [digest((str(one.state), one.message)) for one in (operation, follower) if one]
    return ".".join(parts)


def settled_since(stamp: str, operation: Operation, follower: Operation | None) -> Operation | None:
    """Which of the two was settled after the message with this stamp was shown."""
    is_shown = stamp.partition(".")[0] == message_stamp(operation)
    changed = follower if follower and is_shown else operation
    return None if changed.is_open else changed


def change_event(operation: Operation) -> dict[str, str | bool]:
    """The detail of the event `batch-changed`."""
    # `created` makes an open list load the new row, instead of offering it behind a link
    is_created = operation.verb == Verb.CREATE and operation.state in CREATED
    return {"name": operation.batch_name} | ({"created": True} if is_created else {})


def outcome_message(
    request: Request,
    operation: Operation,
    *,
    warning: str = "",
    former: Operation | None = None,
    form_id: str = "",
) -> Message:
    """The outcome, its links, and a button that sets the former priority again.

    form_id: for that button's form.
    """
    follower = ledger.first_priority_of(operation=operation)
    context = {
        "operation": operation,
        "words": competing.message_for(user=request.user, operation=operation),
        "offered": ledger.offered_priority_of(operation=operation),
        "warning": warning,
        "follower": follower,
        # set back only what was set: nothing else replaced the former priority
        "former": former if operation.state == State.SUCCEEDED else None,
        "form_id": form_id,
        "poll_seconds": POLL_SECONDS,
        "is_followed": operation.is_open or bool(follower and follower.is_open),
        "stamp": message_stamp(operation, follower),
    }
    text = render_to_string("actions/_outcome_message.html", context, request=request)
    # a success with a warning must not look as if nothing were left to do
    is_uncertain = warning or (follower and follower.state != State.SUCCEEDED)
    level = LEVELS.get(State(operation.state), messages.WARNING)
    return Message(messages.WARNING if is_uncertain else level, text)

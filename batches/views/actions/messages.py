"""What a message says of a write, when it is answered and again while it is followed."""

from django.contrib import messages
from django.contrib.messages.storage.base import Message
from django.template.loader import render_to_string

from batches.models import Operation, State, Verb
from batches.services.batches.digests import digest
from batches.services.operations import competing, ledger
from batches.views.request import Request

LEVELS = {State.SUCCEEDED: messages.SUCCESS, State.NO_EFFECT: messages.INFO}
MADE = (State.SUCCEEDED, State.UNCONFIRMED)
POLL_SECONDS = 2


def said_stamp(operation: Operation, follower: Operation | None = None) -> str:
    """What a message shows of a write, and behind a dot of the priority that follows it.

    So that a message that is still true is left alone.
    """
    parts = [digest((str(one.state), one.message)) for one in (operation, follower) if one]
    return ".".join(parts)


def settled_since(stamp: str, operation: Operation, follower: Operation | None) -> Operation | None:
    """What the page has not heard of yet: the write, else the priority that follows it."""
    is_told = stamp.partition(".")[0] == said_stamp(operation)
    news = follower if follower and is_told else operation
    return None if news.is_open else news


def news_of(operation: Operation) -> dict[str, str | bool]:
    """What the page is told: a batch that was made, by whomever, is shown by a list at once."""
    is_made = operation.verb == Verb.CREATE and operation.state in MADE
    return {"name": operation.batch_name} | ({"created": True} if is_made else {})


def say_outcome(
    request: Request,
    operation: Operation,
    *,
    warning: str = "",
    former: Operation | None = None,
    form_id: str = "",
) -> Message:
    """What became of it, its links, and the way back to the former priority."""
    follower = ledger.first_priority_of(operation=operation)
    context = {
        "operation": operation,
        "words": competing.message_for(user=request.user, operation=operation),
        "offered": ledger.offered_priority_of(operation=operation),
        "warning": warning,
        "follower": follower,
        "former": former if operation.state == State.SUCCEEDED else None,
        "form_id": form_id,
        "poll_seconds": POLL_SECONDS,
        "is_followed": operation.is_open or bool(follower and follower.is_open),
        "stamp": said_stamp(operation, follower),
    }
    words = render_to_string("actions/_outcome_message.html", context, request=request)
    unsure = warning or (follower and follower.state != State.SUCCEEDED)
    level = messages.WARNING if unsure else LEVELS.get(State(operation.state), messages.WARNING)
    return Message(level, words)

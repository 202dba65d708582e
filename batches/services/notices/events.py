"""What can be followed, and the ways to be told."""

from dataclasses import dataclass

from batches.models import NoticeKind

BELL, MAIL = "bell", "mail"


@dataclass(frozen=True, slots=True)
class Event:
    """kind: its name in `Follow.choices`. also: what is told when it is over, to follow a comma."""

    kind: NoticeKind
    words: str
    also: str = ""


EVENTS = (
    Event(NoticeKind.COMPLETED, "Done"),
    Event(NoticeKind.STALLED, "Stalled", "and when it moves again"),
    Event(NoticeKind.STAGING, "Left in staging", "and when it no longer is"),
    Event(NoticeKind.AT_RISK, "Due date at risk", "and when it no longer is"),
    Event(NoticeKind.ERRORS, "Errors growing", "and when they no longer are"),
    Event(NoticeKind.KEY_REFUSED, "Key refused", "and when it is accepted again"),
)
# What somebody who follows for the first time finds ticked for e-mail; the bell has all.
MAILED_FIRST = (NoticeKind.COMPLETED, NoticeKind.STALLED, NoticeKind.AT_RISK)


def event_of(kind: str) -> str:
    """The event in `Follow.choices` that a notice belongs to."""
    # a day without work is told to those who want to hear of batches that stand still
    return str(NoticeKind.STALLED if kind == NoticeKind.AT_REST else kind)

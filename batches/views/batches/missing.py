"""Why the page of a batch has nothing to show."""

from dataclasses import dataclass

from django.utils.html import format_html
from django.utils.safestring import SafeString

from batches.models import State
from batches.services.batches.detail import BatchDetail
from batches.templatetags.statuses import status_label
from batches.templatetags.times import time


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingText:
    """Why a page has no batch to show.

    may_be_of_other_mode: another key may show it. refreshes: the page polls.
    """

    headline: SafeString | str
    text: str = ""
    may_be_of_other_mode: bool = False
    refreshes: bool = False


# A create from here whose batch Refonte does not show yet, by whether its reply came.
LATE = {
    True: MissingText(
        headline="Created; Refonte does not show it yet.",
        text="It may take a minute.",
        refreshes=True,
    ),
    False: MissingText(
        headline="It may have been created; Refonte does not show it yet.",
        text="The reply was lost; this console keeps checking.",
        refreshes=True,
    ),
}
NEVER_SEEN = MissingText(
    headline="Refonte knows no batch of this name with this key.", may_be_of_other_mode=True
)
REFUSED = MissingText(
    headline="This key is no longer accepted, so nothing read with it is shown.",
    text="This page returns once the key is accepted again.",
)
NOT_READ = MissingText(
    headline="Nothing is known about this batch yet, and Refonte could not be asked.",
    refreshes=True,
)


def missing_text(detail: BatchDetail) -> MissingText:
    """For a batch that is missing or of which nothing is known."""
    if create := detail.late_create:
        return LATE[create.state == State.SUCCEEDED]
    if not detail.is_missing:
        return REFUSED if detail.is_refused else NOT_READ
    if detail.facts.seen_at is None:
        return NEVER_SEEN
    last = format_html("Seen until {}, not known to this key now.", time(detail.facts.seen_at))
    status = f"Its status was “{status_label(detail.facts.status)}”."
    return MissingText(headline=last, text=status, may_be_of_other_mode=True)

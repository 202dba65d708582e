"""The page of one batch as it is drawn: its title, and the stamp that tells whether it changed."""

import re
from dataclasses import dataclass

from django.utils.html import format_html
from django.utils.safestring import SafeString

from batches.models import State
from batches.refonte import COMPLETED
from batches.services.batches.detail import BatchDetail
from batches.services.batches.digests import digest
from batches.templatetags.statuses import status_label
from batches.templatetags.times import time

TURNS = re.compile("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\u0590-\u08ff]")


def title_of(detail: BatchDetail) -> str:
    """What the browser's tab says: name and per cent. A title has no `<bdi>`, so a name that
    turns text around is kept in its place by the characters made for that.
    """
    percent = detail.progress.percent_text
    name = f"\u2068{detail.name}\u2069" if TURNS.search(detail.name) else detail.name
    return f"{name} · {percent}" if percent else name


def detail_stamp(detail: BatchDetail, key_ref: str) -> str:
    """What moves on the page, in short: sent back by its poll, so that only news travels.

    key_ref: of the key it is read with, whose place another one may take.
    """
    failure = detail.reading.failure
    facts = (
        key_ref,
        detail.current_status,
        sorted(detail.progress.counts.as_dict().items()),
        detail.progress.as_of,
        failure and (failure.outcome, detail.reading.next_try),
        [(change.at, change.after, change.message) for change in detail.changes],
        [(sent.id, sent.state) for sent in detail.operations],
        detail.poll_seconds is None,
    )
    return digest(facts)


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingText:
    """Why a page has no batch to show.

    may_be_of_other_mode: another key may show it. refreshes: the page asks again by itself.
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


def news_words(detail: BatchDetail, shown: str) -> str:
    """One short sentence for those who hear the page. `shown`: the status that it had on it."""
    is_news = detail.current_status == COMPLETED and shown not in ("", COMPLETED)
    return "This batch is completed." if is_news else ""

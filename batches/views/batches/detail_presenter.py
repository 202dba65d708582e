"""The page of one batch as it is drawn: its title, and the stamp that tells whether it changed."""

import re

from batches.refonte import COMPLETED
from batches.services.batches.detail import BatchDetail
from batches.services.batches.digests import digest

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
        [(change.at, change.after, change.words) for change in detail.changes],
        [(sent.id, sent.state) for sent in detail.operations],
        detail.poll_seconds is None,
    )
    return digest(facts)


def news_words(detail: BatchDetail, shown: str) -> str:
    """One short sentence for those who hear the page. `shown`: the status that it had on it."""
    is_news = detail.current_status == COMPLETED and shown not in ("", COMPLETED)
    return "This batch is completed." if is_news else ""

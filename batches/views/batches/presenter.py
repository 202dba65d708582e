"""What the templates of a list and of a batch take, on the page and in its live fragment alike."""

import re
from datetime import UTC, datetime
from typing import Any

from django.utils import timezone

from batches.services.batches.detail import BatchDetail
from batches.services.batches.digests import digest
from batches.services.batches.exact_name import ExactName
from batches.services.batches.listing import BatchList
from batches.services.batches.polling import ListPoll
from batches.services.people.roles import Role, role_of
from batches.templatetags.addresses import page_url
from batches.templatetags.answers import due_answer, main_action
from batches.templatetags.estimates import LATE
from batches.templatetags.wall import wall_of
from batches.views.addresses import batch_url
from batches.views.batches import messages
from batches.views.batches.addresses import ListAddress, ViewOfList
from batches.views.batches.empty_list import is_rejected, why_empty
from batches.views.batches.shape import Shape
from batches.views.request import Request

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Characters of scripts from right to left, and those that change the direction of a text.
RIGHT_TO_LEFT = re.compile("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\u0590-\u08ff]")


def live_list_context(
    address: ListAddress, listing: BatchList | ListPoll, *, since: datetime, new: int = 0
) -> dict[str, Any]:
    """What page and poll share. since: `new_since` of the page. new: batches created after it."""
    shape = Shape(address)
    return {
        "filters": address.filters,
        "address": address,
        "shape": shape,
        "columns": shape.columns,
        "wall": wall_of(listing.rows) if shape.is_wall else None,
        "sum": listing.sum,
        "listing": listing,
        "rows": listing.rows,
        "reading": listing.reading,
        "poll_seconds": listing.poll_seconds,
        "tabs": address.tabs(listing.tab_totals, listing.attention),
        "since": since,
        "head": head_stamp(address, listing, new),
        "new": new,
    }


def list_context(
    request: Request, listing: BatchList, exact: ExactName, view: ViewOfList | None
) -> dict[str, Any]:
    """A whole list. exact: whether Refonte has a batch of exactly the name that was typed."""
    # the filters that the list was read with: a poll with them costs one vendor call
    address = ListAddress(request.key, listing.filters, view)
    since = new_since(listing, timezone.now())
    may_create = role_of(request.user).includes(Role.OPERATOR) and request.key.can_operate
    create_url = page_url("batches:create", key=request.key.ref) if may_create else ""
    empty = None if listing.rows else why_empty(address, listing, exact, create_url=create_url)
    return live_list_context(address, listing, since=since) | {
        "empty": empty,
        "is_rejected": is_rejected(listing),
        "range_words": messages.range_text(listing),
        "page_notes": messages.page_notes(listing),
        "export_words": messages.export_label(listing),
        "select_words": messages.select_label(listing),
        "older_url": address.page(listing.older) if listing.older else "",
        "looked_to": listing.looked_to,
    }


def new_since(listing: BatchList, now: datetime) -> datetime:
    """A batch that is not on this page and was created after this is new to its reader."""
    # in another order the place of a row says nothing of its time
    if not listing.filters.is_first_page or listing.filters.is_stored:
        return now
    if listing.older is None:
        # all batches are on this page, so any other is new, whatever its time
        return EPOCH
    times = [row.created_at for row in listing.rows if row.created_at]
    return listing.looked_to or min(times, default=now)


def head_stamp(address: ListAddress, listing: BatchList | ListPoll, new: int) -> str:
    """A digest of what is around the rows: a poll renders it only where this has changed."""
    reading = listing.reading
    failure = reading.failure and (reading.failure.outcome, reading.next_try)
    totals = (tuple(listing.tab_totals.items()), listing.attention)
    coverage = listing.coverage and (listing.coverage, listing.total)
    return digest((failure, totals, new, listing.poll_seconds, address.live, coverage))


def detail_context(request: Request, detail: BatchDetail) -> dict[str, Any]:
    url = batch_url(detail.name, request.key.ref)
    return {
        "detail": detail,
        "reading": detail.reading,
        "poll_seconds": detail.poll_seconds,
        "stamp": detail_stamp(detail, request.key.ref),
        "page_title": page_title(detail),
        "page_url": request.build_absolute_uri(url),
    }


def page_title(detail: BatchDetail) -> str:
    """Name and per cent, for the browser's tab."""
    percent, name = detail.progress.percent_text, detail.name
    if RIGHT_TO_LEFT.search(name):  # a title has no <bdi>: these characters isolate the name
        name = f"\u2068{name}\u2069"
    return f"{name} · {percent}" if percent else name


def detail_stamp(detail: BatchDetail, key_ref: str) -> str:
    """A digest of what can change on the page: a poll renders it only where this has changed."""
    failure = detail.reading.failure
    facts = (
        # links on the page have the key: after it was replaced they need the new one
        key_ref,
        detail.current_status,
        sorted(detail.progress.counts.as_dict().items()),
        detail.progress.as_of,
        failure and (failure.outcome, detail.reading.next_try),
        [(change.at, change.after, change.message) for change in detail.changes],
        _attention_stamp(detail),
        [(sent.id, sent.state) for sent in detail.operations],
        detail.poll_seconds is None,
        _estimate_stamp(detail),
    )
    return digest(facts)


def _attention_stamp(detail: BatchDetail) -> object:
    """Of note, alarms and gaps, what their words depend on."""
    kept, due = detail.kept, due_answer(detail)
    steps = [(one.alarm.id, one.ended_at, one.dismissals) for one in kept.alarms]
    # with each look the worker stores how fast it goes, which only the drawing shows
    facts = [
        {name: value for name, value in one.facts.items() if name != "points"}
        for one in kept.open_alarms
    ]
    watched = (kept.watched_since, len(kept.gaps), kept.gaps[:1])
    return kept.note, due, steps, facts, watched, main_action(detail)


def _estimate_stamp(detail: BatchDetail) -> object:
    """What the words of the estimate depend on: the words themselves would cost a poll too much."""
    estimate, read_at = detail.estimate, detail.facts.counts_at
    if estimate is None:
        return None
    is_late = read_at is not None and read_at - estimate.at > LATE
    # the words say "today", and leave out the day of what is over since then
    return estimate.at, estimate.reason, is_late, timezone.localdate()

"""The answers at the head of a batch's page: when it is done, and how fast it is worked on."""

from datetime import timedelta

from django import template
from django.utils import timezone

from batches.refonte import COMPLETED, PAUSED, STAGING
from batches.services.batches.detail import BatchDetail
from batches.services.batches.pace import SETTLED
from batches.services.clock import is_older
from batches.services.forecast.reasons import Reason
from batches.templatetags.estimates import (
    NO_RANGE,
    Done,
    Speed,
    estimate_done,
    estimate_speed,
    seen_for,
)
from batches.templatetags.ranges import past_words
from batches.templatetags.times import age_text

register = template.Library()

MINUTE = timedelta(minutes=1)
FILLING = timedelta(hours=12)  # tasks are added for days, with nights between


@register.filter
def done_answer(detail: BatchDetail) -> Done:
    """The estimate; of a finished batch, when it ended."""
    status = detail.current_status
    if status in SETTLED:
        return _ended(detail)
    if status == PAUSED:
        return _paused(detail)
    if status == STAGING:
        return _staged(detail)
    return estimate_done(
        detail.estimate,
        detail.facts.counts_at,
        detail.reading.failure is not None,
        detail.quiet_hours,
    )


@register.filter
def speed_answer(detail: BatchDetail) -> Speed | None:
    """None where nothing is worked on, so that nobody asks how fast."""
    if detail.current_status in {*SETTLED, STAGING, PAUSED}:
        return None
    estimate = detail.estimate
    is_unseen = estimate is not None and estimate.reason == Reason.NOT_WATCHED
    # while tasks arrive, and before the first estimate, nobody has computed it: that is no gap
    note = "not watched in the last hour" if is_unseen else seen_for(estimate) if estimate else ""
    return estimate_speed(estimate) or Speed(words="unknown", unit="", note=note)


def _staged(detail: BatchDetail) -> Done:
    """How long it waits, and whether tasks still arrive: it may have been forgotten."""
    now, created, grew = timezone.now(), detail.created_at, detail.facts.grew_at
    waits = f" for {age_text(created, now)}" if created and now - created >= MINUTE else ""
    # tasks seen at the first look may have arrived at any time since it was created
    arrived = grew or created
    note = ""
    if grew and not is_older(grew, now=now, than=FILLING):
        note = "still filling"
    elif arrived and now - arrived >= FILLING:
        note = f"no task arrived for {age_text(arrived, now)}"
    return Done(label="Not started", words=f"In staging{waits}", note=note, short="–")


def _paused(detail: BatchDetail) -> Done:
    """The console's own record of the change: the worker estimates no batch it does not read."""
    at = max((change.at for change in detail.changes if change.after == PAUSED), default=None)
    since = f" since {past_words(at)}" if at else ""
    words, note = f"Paused{since}", "no estimate while paused"
    return Done(label=NO_RANGE, words=words, note=note, short="no estimate")


def _ended(detail: BatchDetail) -> Done:
    words = "Completed" if detail.current_status == COMPLETED else "Cancelled"
    ends = (change.at for change in detail.changes if change.after in SETTLED)
    at = max(ends, default=None)
    if at is None:  # it had ended before this console first saw it
        return Done(label="Done", words=words, note="", short="–")
    created = detail.created_at
    note = f"{age_text(created, at)} after it was created" if created and created < at else ""
    label = "Done" if words == "Completed" else words
    return Done(label=label, words=past_words(at), note=note, short="–")

"""The answers at the head of a batch's page: when it is done, and how fast it is worked on."""

from django import template

from batches.refonte import COMPLETED, PAUSED, STAGING
from batches.services.batches.detail import BatchDetail
from batches.services.batches.pace import SETTLED
from batches.services.forecast.reasons import Reason
from batches.templatetags.estimates import NO_RANGE, Done, Speed, estimate_done, estimate_speed
from batches.templatetags.ranges import past_words
from batches.templatetags.times import age_text

register = template.Library()


@register.filter
def done_answer(detail: BatchDetail) -> Done:
    """The estimate; of a finished batch, when it ended."""
    status = detail.current_status
    if status in SETTLED:
        return _ended(detail)
    if status == PAUSED:
        return _paused(detail)
    if status == STAGING and detail.estimate is None:
        return Done(label="Done (estimate)", words="Not started", note="in staging", short="–")
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
    note = "not watched in the last hour" if is_unseen else ""
    return estimate_speed(estimate) or Speed(words="unknown", unit="", note=note)


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

"""The answers at the head of a batch's page: when it is done, how fast it goes, when it is due.

And the one action that what needs attention calls for.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django import template
from django.utils import timezone

from batches.models import AlarmKind
from batches.refonte import COMPLETED, PAUSED, STAGING
from batches.services.attention.types import OpenAlarm
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
from batches.templatetags.notes import due_moment
from batches.templatetags.ranges import past_words
from batches.templatetags.times import age_text

register = template.Library()

# What helps against each kind; against the rest nothing of this page does.
ACTIONS = {
    AlarmKind.AT_RISK: "prioritize",
    AlarmKind.STAGING: "finalize",
    AlarmKind.STALLED: "report",
    AlarmKind.ERRORS: "report",
}
MINUTE = timedelta(minutes=1)
FILLING = timedelta(hours=12)  # tasks are added for days, with nights between


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """`Fri 20:00`, `At risk, inside the range`. is_bad: somebody should look."""

    words: str
    note: str
    is_bad: bool = False


@register.filter
def due_answer(detail: BatchDetail) -> Due | None:
    """None where no due date is set."""
    due = detail.note.due_at
    if due is None:
        return None
    found = (one for one in detail.alarms if one.kind == AlarmKind.AT_RISK)
    risk = next(found, None)
    note = _at_risk(risk, due) if risk else _due_note(detail, due)
    return Due(words=due_moment(due), note=note, is_bad=bool(risk and not risk.is_dismissed))


@register.filter
def main_action(detail: BatchDetail) -> str:
    """`prioritize`, `finalize` or `report`: what the first alarm asks for; else empty."""
    asked = next((ACTIONS.get(one.kind, "") for one in detail.alarms if not one.is_dismissed), "")
    # the batch may have moved on since the worker looked
    is_possible = {"prioritize": detail.can_prioritize, "finalize": detail.can_finalize}
    return asked if is_possible.get(asked, True) else ""


@register.filter
def to_report(detail: BatchDetail) -> OpenAlarm:
    """The first alarm with the counts of the page, for `report_text`."""
    facts = detail.facts
    return replace(
        next(one for one in detail.alarms if not one.is_dismissed),
        project=detail.project or "",
        counts=facts.counts.as_dict(),
        counts_at=facts.counts_at,
    )


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


def _at_risk(alarm: OpenAlarm, due: datetime) -> str:
    now, low = timezone.now(), alarm.facts.get("low")
    if alarm.is_dismissed:  # the line of the alarm says by whom, and what is wrong
        return "At risk, dismissed"
    if due <= now:
        return f"Overdue for {age_text(due, now)}"
    if low is None:
        return "At risk, no estimate"
    return f"At risk, {'before' if due.timestamp() < low else 'inside'} the range"


def _due_note(detail: BatchDetail, due: datetime) -> str:
    """Of a finished batch, how it ended beside its due date; else how far away that is."""
    now, estimate = timezone.now(), detail.estimate
    if detail.current_status in SETTLED:
        ended_at = max((one.at for one in detail.changes if one.after in SETTLED), default=None)
        if ended_at is None or detail.current_status != COMPLETED:
            return ""
        length = age_text(*sorted((due, ended_at)))
        return f"done {length} {'before' if ended_at <= due else 'after'} it"
    if due <= now:
        return f"{age_text(due, now)} ago"
    ahead = f"in {age_text(now, due)}"
    is_after = estimate is not None and estimate.high is not None and estimate.high <= due
    return f"{ahead}, after the range" if is_after else ahead

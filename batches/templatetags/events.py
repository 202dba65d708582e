"""The lines of a batch's timeline that neither an operation nor a status says by itself."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from batches.services.batches.events import AlarmEvent, AlarmStep, Event
from batches.services.batches.kept import WatchedGap
from batches.services.watcher.gaps import NOT_RUNNING, NOT_WATCHED, REFUSED, THROTTLED
from batches.templatetags.attention import alarm_fact, alarm_mark
from batches.templatetags.icons import icon
from batches.templatetags.names import name
from batches.templatetags.statuses import status_change
from batches.templatetags.times import age_text

register = template.Library()

# The usual reasons in few words; another one is shown on hover, as it is Refonte's own sentence.
REASONS = {
    NOT_RUNNING: "console off",
    NOT_WATCHED: "not watched in the background",
    REFUSED: "key refused",
    THROTTLED: "Refonte asked to wait",
}
OTHER = "Refonte did not answer"
DOT = mark_safe('<span class="mark-dot" aria-hidden="true"></span>')  # nosec  # a constant


@register.simple_tag
def event_sign(event: Event) -> SafeString:
    """The number of its mark, else an icon, else a dot."""
    if event.number:
        return format_html('<span class="mark-number">{}</span>', event.number)
    if event.gap:
        return icon("cloud-off")
    if event.alarm:
        mark = alarm_mark(event.alarm.alarm.kind)
        # in colour only where it began: what is over needs nobody
        tone = mark.tone if event.alarm.step == AlarmStep.BEGAN else ""
        return format_html('<span class="{}">{}</span>', tone, icon(mark.icon))
    return DOT


@register.simple_tag
def event_line(event: Event) -> SafeString | str:
    """What happened, but for operations, which have their own piece."""
    if event.change:
        return status_change(event.change)
    if event.alarm:
        return _alarm_line(event.alarm)
    return _gap_line(event.gap) if event.gap else "Watching began"


def _gap_line(gap: WatchedGap) -> SafeString:
    """`Not watched for 3 h, console off`, with the whole reason on hover."""
    why = REASONS.get(gap.reason, OTHER if gap.reason else "")
    words = f"Not watched for {age_text(gap.since, gap.until)}" + (f", {why}" if why else "")
    return format_html('<span title="{}">{}</span>', gap.reason, words)


def _alarm_line(event: AlarmEvent) -> SafeString:
    """`At risk: due Fri 20:00`, `Stalled: over`, `olga dismissed “Stalled”: known outage`."""
    label = alarm_mark(event.alarm.kind).label
    if event.step == AlarmStep.BEGAN:
        lead = alarm_fact(event.alarm).lead
        return format_html("{}: {}", label, f"{lead[:1].lower()}{lead[1:]}")
    if event.step == AlarmStep.ENDED:
        return format_html("{}: over", label)
    if event.step == AlarmStep.RETURNED or event.dismissal is None:
        return format_html("{}: no longer dismissed", label)
    who, reason = name(event.dismissal.username), event.dismissal.reason
    return format_html("<b>{}</b> dismissed “{}”{}", who, label, f": {reason}" if reason else "")

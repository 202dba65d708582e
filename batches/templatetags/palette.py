"""A batch in the search over everything: its trouble or its estimate, and the part that matches."""

from django import template
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString

from batches.models import AlarmKind
from batches.models.names import fold
from batches.services.batches.rows import Row
from batches.templatetags.attention import alarm_mark, alarm_short, due_words
from batches.templatetags.estimates import estimate_done
from batches.templatetags.names import is_plain, name
from batches.templatetags.statuses import STATUSES, UNKNOWN
from batches.templatetags.wall import Note

register = template.Library()


def batch_note(row: Row) -> Note:
    """`stalled since 06:10`; without trouble, when it is expected to be done."""
    if row.alarms:
        worst = row.alarms[0]
        mark = alarm_mark(worst.kind)
        words = _trouble(row)
        return Note(label="", icon=mark.icon, tone=mark.tone, words=words, is_alarm=True)
    mark = STATUSES.get(row.status or "", UNKNOWN)
    label = mark.label if row.status in STATUSES else row.status or mark.label
    return Note(label=label, icon=mark.icon, tone=mark.tone, words=_expected(row))


def _trouble(row: Row) -> str:
    worst = row.alarms[0]
    short = alarm_short(worst)
    if worst.kind == AlarmKind.AT_RISK and row.due_at:
        return f"{short}, due {due_words(row.due_at)}"
    leads = {AlarmKind.STALLED: "stalled ", AlarmKind.STAGING: "in staging "}
    return f"{leads.get(worst.kind, '')}{short}"


def _expected(row: Row) -> str:
    if row.estimate is None:
        return row.progress.bare_text * row.progress.is_unstarted
    short = estimate_done(row.estimate).short
    return "" if short == "–" else short


@register.simple_tag
def matched(text: str, q: str, is_name: bool = False) -> SafeString:
    """The text with its first part that matches marked; a name stays isolated, as everywhere."""
    at = fold(text).find(fold(q.strip())) if q.strip() else -1
    # a part is found by its place only where folding moved no letter
    if at < 0 or len(fold(text)) != len(text) or not is_plain(text):
        return name(text) if is_name else escape(text)
    end = at + len(fold(q.strip()))
    body = format_html("{}<mark>{}</mark>{}", text[:at], text[at:end], text[end:])
    return format_html('<bdi translate="no">{}</bdi>', body) if is_name else body

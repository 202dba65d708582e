"""The answers of the overview in words, and days of work as small bars."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import cast

from cachetools import LRUCache
from django import template
from django.template import Context, Template
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import localtime

from batches.models import AlarmKind
from batches.services.overview.types import Freshness, HowFar, Pace, ProjectRow, Stuck, WhenDone
from batches.templatetags.ranges import past_words, range_words

register = template.Library()

AS_USUAL = 0.03
SLOW = -0.25
# Of fewer tasks by now a per cent would be chance: an hour after the day began, or a small project.
LEAST_USUAL = 20
BAR, STEP, HIGH = 5, 7, 100  # of a bar of a day: its width, with its gap, and the height of all
AGES = (2, 5, 10, 20)  # minutes

STUCK_WORDS = {
    AlarmKind.AT_RISK: "at risk",
    AlarmKind.STALLED: "stalled",
    AlarmKind.ERRORS: "failing",
    AlarmKind.STAGING: "in staging",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """`Tue 8 – Fri 11 Dec`, unit, `8 times in 10 · 8 give no estimate`. tone: `wait` or empty."""

    words: str
    unit: str = ""
    note: str = ""
    tone: str = ""


@register.simple_tag
def far_answer(far: HowFar, with_batches: bool = False) -> Answer:
    """How many of all tasks have ended. with_batches: and in how many batches these are."""
    if not far.batches:
        return Answer(words="No open batches", note="nothing in staging or in progress")
    if not far.progress.known:
        return Answer(words="Not counted yet", note=f"{_batches(far.batches)} open")
    unit = f"of {far.progress.total_text} tasks"
    if with_batches:
        unit += f" in {_batches(far.batches)}"
    note = f"{_batches(far.uncounted)} not counted yet" if far.uncounted else ""
    return Answer(words=far.progress.percent_text or "0 %", unit=unit, note=note)


@register.simple_tag
def done_words(done: WhenDone) -> Answer:
    """When all batches in progress are done."""
    if not done.running:
        return Answer(words="Nothing in progress", note="")
    if done.low is None or done.high is None:
        return Answer(words="No estimate yet", note=f"of {_batches(done.running)} in progress")
    silent = f" · {done.silent} give{'s' * (done.silent == 1)} no estimate" if done.silent else ""
    return Answer(words=range_words(done.low, done.high), note=f"8 times in 10{silent}")


@register.simple_tag
def stuck_words(stuck: Stuck) -> Answer:
    if not stuck.batches:
        return Answer(words="None", note="no batch needs anybody")
    parts = (_kind(*one) for one in stuck.kinds)
    return Answer(words=_batches(stuck.batches), note=" · ".join(parts), tone="bad")


def _kind(kind: AlarmKind, count: int, since: datetime | None) -> str:
    began = f" since {past_words(since)}" if since and kind is AlarmKind.STALLED else ""
    return f"{count} {STUCK_WORDS.get(kind, kind.label.lower())}{began}"


@register.simple_tag
def pace_words(pace: Pace) -> Answer:
    """`As usual −2 %`, `15,421 by now · usual 15,797`."""
    note = f"{pace.by_now:,} by now"
    if pace.usual is None:
        return Answer(words="No comparison yet", note=f"{note} · no such day was watched")
    note += f" · usual {pace.usual:,.0f}"
    change = _change(pace)
    if change is None:
        return Answer(words="Too few to compare", note=note)
    if abs(change) <= AS_USUAL:
        unit = _percent(change) if round(100 * change) else ""
        return Answer(words="As usual", unit=unit, note=note)
    return Answer(words=_percent(change), note=note, tone=_tone(change))


@register.simple_tag
def pace_short(pace: Pace) -> Answer:
    """The same for a cell: `−7 %`, `as usual`, `–`."""
    change = _change(pace)
    if change is None:
        return Answer(words="–")
    if abs(change) <= AS_USUAL:
        return Answer(words="as usual")
    arrow = "↓ " if _tone(change) else ""
    return Answer(words=f"{arrow}{_percent(change)}", tone=_tone(change))


def _change(pace: Pace) -> float | None:
    return pace.change if pace.usual and pace.usual >= LEAST_USUAL else None


def _tone(change: float) -> str:
    return "wait" if change <= SLOW else ""


def _percent(change: float) -> str:
    number = round(100 * change)
    return f"{'+' if number > 0 else '−' if number < 0 else ''}{abs(number)} %"


@register.simple_tag
def day_bars(pace: Pace) -> SafeString | str:
    """A bar a day; that of today is in progress, with the rest that is expected as an outline."""
    if not pace.days:
        return ""
    *past, today = pace.days
    most = max(1, today.tasks + pace.rest, *(day.tasks for day in past))
    bars = "".join(_bar(at, day.tasks / most) for at, day in enumerate(past))
    # paths and one call of `format_html`: a page has as many of these as projects
    return format_html(
        '<svg class="days" viewBox="0 0 {} {}" preserveAspectRatio="none" role="img"'
        ' aria-label="{}"><path class="days-bar" d="{}"/>'
        '<path class="days-rest" d="{}"/><path class="days-today" d="{}"/></svg>',
        STEP * len(past) + BAR,
        HIGH,
        _bars_label(pace),
        bars,
        _bar(len(past), (today.tasks + pace.rest) / most) if pace.rest else "",
        _bar(len(past), today.tasks / most),
    )


def _bar(at: int, share: float) -> str:
    """From the foot of the picture upwards. share: of its height."""
    height = HIGH * max(0.0, share)
    return f"M{STEP * at} {HIGH}v-{height:.1f}h{BAR}v{height:.1f}z"


def _bars_label(pace: Pace) -> str:
    *past, today = pace.days
    words = f"{len(past)} days of up to {max(day.tasks for day in past):,} tasks"
    expected = f" of about {today.tasks + pace.rest:,}" if pace.rest else ""
    return f"{words}, today {today.tasks:,}{expected}"


# Bytes, and characters of one: a row of a project, kept for everybody who sees the same.
KEPT, LONGEST = 8_000_000, 8_000
drawn: LRUCache[tuple[object, ...], SafeString] = LRUCache(KEPT, getsizeof=sys.getsizeof)
_lock = Lock()  # cachetools leaves locking to its user, and requests run in threads


@register.simple_tag(takes_context=True)
def drawn_projects(context: Context, rows: Sequence[ProjectRow]) -> SafeString:
    """All rows of the table: most look as they did at the last poll."""
    return format_html_join("", "{}", ((_drawn_project(context, row),) for row in rows))


def _drawn_project(context: Context, row: ProjectRow) -> SafeString:
    expected = row.next_batch.estimate if row.next_batch else None
    shown: dict[str, object] = {
        "key_ref": context["frame"].key.ref,
        "next_words": _range(expected.low, expected.high) if expected else "",
        "done_words": _range(row.done.low, row.done.high),
        "pace": pace_short(row.pace),
    }
    counts, pace = row.progress.counts, row.pace
    place = (
        *shown.values(),
        (row.name, row.running, row.staging, row.forgotten, row.stalled, row.progress.status),
        (counts.completed, counts.error, counts.canceled, counts.pending),
        (pace.days, pace.rest, row.next_batch and row.next_batch.name),
    )
    with _lock:
        known = drawn.get(place)
    if known is None:
        engine = cast(Template, context.template).engine
        template = engine.get_template("overview/_project_row.html")
        known = template.render(Context(shown | {"row": row}))
        if len(known) <= LONGEST:
            with _lock:
                drawn[place] = known
    return known


def _range(low: datetime | None, high: datetime | None) -> str:
    return range_words(low, high) if low and high else ""


@register.simple_tag
def short_time(moment: datetime) -> SafeString:
    """`13:21`, `Wed 13:21`: a time that is over, in a narrow place."""
    return format_html(
        '<time datetime="{}">{}</time>', localtime(moment).isoformat(), past_words(moment)
    )


@register.simple_tag
def fresh_words(freshness: Freshness, running: int) -> str:
    """How old the counts are."""
    if freshness.oldest is None:
        return "No counts have been read yet." if running else ""
    if freshness.old:
        was = "batch was" if freshness.old == 1 else "batches were"
        since = past_words(freshness.oldest)
        return f"{freshness.old} {was} last read more than 20 minutes ago, the oldest {since}."
    minutes = (timezone.now() - freshness.oldest) / timedelta(minutes=1)
    most = next((age for age in AGES if minutes <= age), AGES[-1])
    return f"Counts are what this console last read, none older than {most} min."


def _batches(count: int) -> str:
    return f"{count} batch{'' if count == 1 else 'es'}"

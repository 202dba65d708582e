"""The words of a batch on the wall, where it has a line of 24 px."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from django import template
from django.utils import timezone

from batches.models import AlarmKind
from batches.refonte import COMPLETED
from batches.services.batches.rows import Row
from batches.services.forecast.reasons import Reason
from batches.templatetags.addresses import dom_id
from batches.templatetags.attention import alarm_mark, alarm_short, due_words
from batches.templatetags.estimates import estimate_done, speed_figure
from batches.templatetags.ranges import end_words
from batches.templatetags.statuses import STATUSES, UNKNOWN
from batches.templatetags.times import age_text

register = template.Library()

ALARM_WORDS = {
    AlarmKind.STALLED: "stalled",
    AlarmKind.AT_RISK: "at risk",
    AlarmKind.ERRORS: "with growing errors",
    AlarmKind.STAGING: "left in staging",
}
YOUNG = frozenset((Reason.FEW_DONE, Reason.FEW_SAMPLES))


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """icon, label, tone: of the status, or of the worst alarm. words: at the end of the line."""

    label: str
    icon: str
    tone: str = ""
    words: str = ""
    is_alarm: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The batches of a project, by name. speed_words: `464 an hour`, empty where unknown."""

    project: str
    rows: tuple[Row, ...]

    @property
    def id(self) -> str:
        return dom_id(self.project)

    @property
    def speed_words(self) -> str:
        speeds = [row.estimate.speed for row in self.rows if row.estimate]
        known = [speed for speed in speeds if speed is not None]
        return f"{speed_figure(sum(known))} an hour" if known else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wall:
    """words: how many batches it shows, and in which order. alarms: how many of each kind."""

    groups: tuple[Group, ...]
    words: str
    alarms: tuple[Note, ...] = field(default=())


def wall_of(rows: Sequence[Row]) -> Wall:
    """The rows by project and name: their places depend on nothing that changes."""
    placed = sorted(rows, key=_place)
    groups = tuple(
        Group(project=project, rows=tuple(some))
        for project, some in groupby(placed, key=lambda row: row.project or "")
    )
    number = f"{len(rows):,} batch{'' if len(rows) == 1 else 'es'}"
    words = f"{number}, by project and name, so that each keeps its place"
    return Wall(groups=groups, words=words, alarms=tuple(_alarms(rows)))


@register.simple_tag
def wall_note(row: Row) -> Note:
    """Only what needs somebody has a colour in its words."""
    if row.alarms:
        worst = row.alarms[0]
        mark, words = alarm_mark(worst.kind), alarm_short(worst)
        if worst.kind == AlarmKind.AT_RISK and row.due_at:
            words = f"due {due_words(row.due_at)}"
        tone, picture = mark.tone, mark.icon
        return Note(label=mark.label, icon=picture, tone=tone, words=words, is_alarm=True)
    mark = STATUSES.get(row.status or "", UNKNOWN)
    label = mark.label if row.status in STATUSES else row.status or mark.label
    return Note(label=label, icon=mark.icon, tone=mark.tone, words=_words(row))


def _words(row: Row) -> str:
    estimate = row.estimate
    if estimate is None:
        return "" if row.status == COMPLETED else row.progress.bare_text * row.progress.is_unstarted
    if estimate.high is not None:
        return f"by {end_words(estimate.high)}"
    if estimate.reason in YOUNG and row.created_at:
        return f"{age_text(row.created_at, timezone.now())} old"
    if estimate.reason == Reason.GROWING:
        return "growing"
    short = estimate_done(estimate).short
    return "" if short == "–" else short


def _place(row: Row) -> tuple[bool, str, str]:
    return (not row.project, (row.project or ""), row.name)


def _alarms(rows: Iterable[Row]) -> Iterable[Note]:
    kinds = [row.alarms[0].kind for row in rows if row.alarms]
    for kind, words in ALARM_WORDS.items():
        if number := kinds.count(kind):
            mark = alarm_mark(kind)
            yield Note(label=mark.label, icon=mark.icon, tone=mark.tone, words=f"{number} {words}")

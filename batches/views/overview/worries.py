"""Rows of what needs attention, each with its one action for this person and this key."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.urls import reverse

from batches.models import AlarmKind
from batches.services.attention.types import OpenAlarm
from batches.services.overview.types import Attention, Worry
from batches.services.people.roles import Role, role_of
from batches.templatetags.addresses import page_url
from batches.templatetags.attention import Fact, alarm_fact, staging_fact
from batches.templatetags.ranges import past_words
from batches.views.request import Request

SHOWN = 25  # rows; the list has all, by kind
PROJECTS_NAMED = 3
NAMES_AT_MOST = 100  # in the form of a row; each is written out in the page


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """url: a link; is_dialog: its page also opens as a dialog. names: of batches to be finalized,
    with a plan first. Without either: copies the report."""

    words: str
    url: str = ""
    is_dialog: bool = False
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WorryRow:
    """title, note: `drone_fields_a`, `drone_fields`; `4 batches`, `receipts_ocr 3`; `Night shift`.

    url: of its batch or list. action: None where this person can do nothing about it here.
    dismiss_url: empty where this person may not dismiss it.
    """

    worry: Worry
    title: str
    note: str = ""
    fact: Fact
    url: str = ""
    action: Action | None = None
    dismiss_url: str = ""

    @property
    def alarm(self) -> OpenAlarm:
        return self.worry.first


@dataclass(frozen=True, slots=True, kw_only=True)
class AttentionRows:
    """rows: the first ones, in the order of harm; more: rows besides. dismissed: alarms."""

    rows: tuple[WorryRow, ...]
    more: int
    dismissed: int

    @property
    def count(self) -> int:
        return len(self.rows) + self.more


def attention_rows(request: Request, attention: Attention) -> AttentionRows:
    shown = attention.worries[:SHOWN]
    return AttentionRows(
        rows=tuple(_row(request, worry) for worry in shown),
        more=len(attention.worries) - len(shown),
        dismissed=attention.dismissed,
    )


def more_words(before: str, attention: AttentionRows) -> str:
    """For screen readers, where more needs attention than on the page that polls."""
    more = attention.count - int(before) if before.isdecimal() and len(before) < 6 else 0
    if more < 1:
        return ""
    return f"{more} more need{'s' if more == 1 else ''} attention"


def _row(request: Request, worry: Worry) -> WorryRow:
    key, alarm = request.key.ref, worry.first
    may = role_of(request.user).includes(Role.OPERATOR) and request.key.can_operate
    row = WorryRow(
        worry=worry,
        title=alarm.name or worry.key_label or "All batches",
        note=alarm.project or _key_note(worry),
        fact=_fact(worry),
        url=page_url("batches:detail", alarm.name, key=key) if alarm.name else "",
        dismiss_url=_dismiss_url(request, worry) if may else "",
    )
    if worry.is_group:
        count = len(worry.alarms)
        url = page_url("batches:list", key=key, attention=worry.kind.value)
        action = _plan(worry, may) or Action(words=f"Show {count}", url=url)
        title, note = f"{count} batches", _projects(worry.alarms)
        return replace(row, title=title, note=note, url=url, action=action)
    make = ACTIONS.get(worry.kind)
    return replace(row, action=make(worry, key, may) if make else None)


def _fact(worry: Worry) -> Fact:
    if not worry.is_group:
        return alarm_fact(worry.first)
    if worry.kind is AlarmKind.STAGING:
        return staging_fact(worry.alarms)
    return Fact(lead=f"The oldest since {past_words(worry.first.since)}")


def _key_note(worry: Worry) -> str:
    last = f"··{worry.key_last} " if worry.key_last else ""
    return f"{last}{worry.key_mode.capitalize()}"


def _dismiss_url(request: Request, worry: Worry) -> str:
    # dismissed with the page's key; a refusal that the worker did not note yet has no alarm
    if worry.first.fingerprint != request.key.fingerprint or not worry.first.id:
        return ""
    url = reverse("batches:dismiss", args=[worry.first.id])
    also = [("also", alarm.id) for alarm in worry.alarms[1:]]
    return f"{url}?{urlencode([('key', request.key.ref), *also])}"


def _replace(worry: Worry, key: str, may: bool) -> Action | None:
    # a key that is not the person's own can only be replaced by its owner
    if not worry.key_id:
        return None
    return Action(words="Replace key…", url=f"{page_url('keys:list', key=key)}#key-{worry.key_id}")


def _prioritize(worry: Worry, key: str, may: bool) -> Action | None:
    url = page_url("batches:prioritize", worry.first.name, key=key)
    return Action(words="Set priority…", url=url, is_dialog=True) if may else None


def _finalize(worry: Worry, key: str, may: bool) -> Action | None:
    url = page_url("batches:finalize", worry.first.name, key=key)
    return Action(words="Finalize…", url=url, is_dialog=True) if may else None


def _plan(worry: Worry, may: bool) -> Action | None:
    """Finalizes all of a row, where these are not more than a form can name."""
    count = len(worry.alarms)
    if not may or worry.kind is not AlarmKind.STAGING or count > NAMES_AT_MOST:
        return None
    return Action(words=f"Finalize {count}…", names=tuple(alarm.name for alarm in worry.alarms))


def _copy(worry: Worry, key: str, may: bool) -> Action:
    return Action(words="Copy report")


ACTIONS: dict[AlarmKind, Callable[[Worry, str, bool], Action | None]] = {
    AlarmKind.KEY_REFUSED: _replace,
    AlarmKind.AT_RISK: _prioritize,
    AlarmKind.STALLED: _copy,
    AlarmKind.ERRORS: _copy,
    AlarmKind.STAGING: _finalize,
}


def _projects(alarms: Iterable[OpenAlarm]) -> str:
    """`receipts_ocr 3, shelf_products 1`."""
    counts: dict[str, int] = {}
    for one in alarms:
        project = one.project or "project unknown"
        counts[project] = counts.get(project, 0) + 1
    most = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    words = [f"{name} {count}" for name, count in most[:PROJECTS_NAMED]]
    more = len(most) - PROJECTS_NAMED
    return ", ".join([*words, f"{more} more"] if more > 0 else words)

"""Alarms in words: what it is, what was seen, since when; and their small drawings."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django import template
from django.template.defaultfilters import date as format_date
from django.utils import timezone

from batches.models import AlarmKind
from batches.services.attention.types import OpenAlarm, Place
from batches.templatetags.estimates import every
from batches.templatetags.figures import figure
from batches.templatetags.ranges import DAYS_ONLY, past_words, range_words
from batches.templatetags.statuses import Mark
from batches.templatetags.times import in_zone

register = template.Library()

MARKS: dict[str, Mark] = {
    AlarmKind.KEY_REFUSED: Mark("Key refused", "bad", "key-off"),
    AlarmKind.AT_RISK: Mark("At risk", "bad", "calendar-due"),
    AlarmKind.STALLED: Mark("Stalled", "bad", "alert-triangle"),
    AlarmKind.ERRORS: Mark("Errors", "bad", "trending-up"),
    AlarmKind.STAGING: Mark("In staging", "wait", "clock"),
    AlarmKind.AT_REST: Mark("No work today", "wait", "calendar-off"),
}
SHORT = {" minutes": " min", " hours": " h", " days": " d"}
DAY = timedelta(days=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What was seen, in two parts that follow each other: `lead` is shown stronger than `rest`."""

    lead: str
    rest: str = ""

    def __str__(self) -> str:
        return self.lead + self.rest


@register.filter
def alarm_mark(kind: str) -> Mark:
    """label, tone (`bad` or `wait`) and icon of a kind of alarm."""
    return MARKS[kind]


@register.simple_tag
def alarm_fact(alarm: OpenAlarm) -> Fact:
    """`Nothing since 06:10`, `, usually one a minute; 1,206 left`."""
    return FACTS[alarm.kind](alarm)


@register.simple_tag
def staging_fact(alarms: Sequence[OpenAlarm]) -> Fact:
    """Of several batches left in staging: `5,185 tasks wait`, `, the oldest since Tue 20:14; …`."""
    if len(alarms) == 1:
        return alarm_fact(alarms[0])
    tasks = sum(one.facts.get("tasks", 0) for one in alarms)
    oldest = min(one.since for one in alarms)
    grew = max(_moment(one.facts["grew"]) for one in alarms)
    rest = f", the oldest since {past_words(oldest)}; {_none('grew', grew)}"
    return Fact(lead=_wait(tasks), rest=rest)


@register.filter
def alarm_short(alarm: OpenAlarm) -> str:
    """For the cell of a list: `since 06:10`, `for 40 h`, `overdue`, `12 % failed`."""
    facts = alarm.facts
    if alarm.kind == AlarmKind.STAGING:
        return f"for {_length(timezone.now() - alarm.since)}"
    if alarm.kind == AlarmKind.AT_RISK:
        return "overdue" if facts.get("place") == Place.OVERDUE else "at risk"
    if alarm.kind == AlarmKind.ERRORS:
        return f"{_share(facts['errors'] / max(1, facts['tasks']))} failed"
    return f"since {past_words(alarm.since)}"


COMES_BACK = {
    AlarmKind.KEY_REFUSED: "It comes back when Refonte accepts the key and refuses it again.",
    AlarmKind.AT_RISK: "It comes back when the due date changes, or when it looks worse.",
    AlarmKind.STALLED: "It comes back when the batch moves and stops again.",
    AlarmKind.ERRORS: "It comes back when twice as many fail.",
    AlarmKind.STAGING: "It comes back when tasks are added and it is left again.",
    AlarmKind.AT_REST: "It comes back when people work and stop again.",
}


@register.filter
def comes_back(alarms: Sequence[OpenAlarm]) -> str:
    """When alarms that are dismissed together are ones again."""
    kinds = {alarm.kind for alarm in alarms}
    return COMES_BACK[kinds.pop()] if len(kinds) == 1 else "Each comes back when its facts change."


@register.filter
def due_words(due: datetime) -> str:
    """A due date, not rounded: `today 20:00`, `Fri 20:00`; three days away or more `Tue 1 Dec`."""
    local, now = in_zone(due, timezone.get_current_timezone()), timezone.now()
    if local.date() == timezone.localdate():
        return f"today {format_date(local, 'H:i')}"
    if abs(due - now) <= DAYS_ONLY:
        return format_date(local, "D H:i")
    return format_date(local, "D j M" if abs(due - now) < timedelta(days=180) else "D j M Y")


def _stalled(alarm: OpenAlarm) -> Fact:
    usual, left = alarm.facts.get("usual"), alarm.facts.get("left")
    usually = f", usually {_every(usual)}" if usual else ""
    return Fact(
        lead=f"Nothing since {past_words(alarm.since)}",
        rest=usually + (f"; {figure(left)} left" if left is not None else ""),
    )


def _at_risk(alarm: OpenAlarm) -> Fact:
    facts, due = alarm.facts, _moment(alarm.facts["due"])
    # while the page is open, or nobody looks, the date passes
    over = f" was {_length(timezone.now() - due)} ago" if due <= timezone.now() else ""
    lead = f"Due {due_words(due)}"
    if "high" not in facts or _moment(facts["high"]) <= timezone.now():
        return Fact(lead=lead, rest=f"{over}, no estimate")
    words = range_words(_moment(facts["low"]), _moment(facts["high"]))
    return Fact(lead=lead, rest=f"{over}, expected {words}")


def _errors(alarm: OpenAlarm) -> Fact:
    errors, tasks = alarm.facts["errors"], alarm.facts["tasks"]
    return Fact(
        lead=f"{figure(errors)} of the last {figure(tasks)} failed",
        rest=f", {_share(errors / max(1, tasks))}; usually {_share(alarm.facts['usual'])}",
    )


def _staging(alarm: OpenAlarm) -> Fact:
    none = _none("added", _moment(alarm.facts["grew"]))
    return Fact(
        lead=_wait(alarm.facts.get("tasks", 0)), rest=f", since {past_words(alarm.since)}; {none}"
    )


def _key_refused(alarm: OpenAlarm) -> Fact:
    number = alarm.facts.get("batches", 0)
    whose = "its batch stands" if number == 1 else f"its {figure(number)} batches stand"
    rest = f": {whose} still here" if number else ""
    return Fact(lead=f"Since {past_words(alarm.since)}", rest=rest)


def _at_rest(alarm: OpenAlarm) -> Fact:
    number = alarm.facts.get("batches", 0)
    where = "its one batch" if number == 1 else f"any of {figure(number)} batches"
    return Fact(
        lead=f"Nothing since {past_words(alarm.since)}",
        rest=f" in {where}; at this time people usually work",
    )


FACTS = {
    AlarmKind.KEY_REFUSED: _key_refused,
    AlarmKind.AT_RISK: _at_risk,
    AlarmKind.STALLED: _stalled,
    AlarmKind.ERRORS: _errors,
    AlarmKind.STAGING: _staging,
    AlarmKind.AT_REST: _at_rest,
}


def _wait(tasks: int) -> str:
    if not tasks:
        return "No tasks in it"
    return "1 task waits" if tasks == 1 else f"{figure(tasks)} tasks wait"


def _none(verb: str, last: datetime) -> str:
    """`none added today`; where one was, `none added since 01:30`."""
    is_today = in_zone(last, timezone.get_current_timezone()).date() == timezone.localdate()
    return f"none {verb} since {past_words(last)}" if is_today else f"none {verb} today"


def _every(speed: float) -> str:
    words = every(speed)
    for unit, short in SHORT.items():
        words = words.replace(unit, short)
    return words


def _share(share: float) -> str:
    percent = 100 * share
    return f"{percent:.0f} %" if percent >= 0.95 else f"{percent:.1f} %"


def _length(length: timedelta) -> str:
    """`40 min`, `40 h`, `3 days`."""
    minutes = max(1, int(length / timedelta(minutes=1)))
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" if length < DAY else f"{minutes // 1440} days"


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


# What goes to the clipboard


@register.simple_tag
def report_text(alarm: OpenAlarm, request_id: str = "") -> str:
    """For the vendor's support, in lines; times in UTC. request_id: of Refonte's last answer."""
    lines = [f"Batch: {alarm.name}", f"Project: {alarm.project or 'unknown'}"]
    with timezone.override(UTC):
        fact = str(alarm_fact(alarm))
    lines += [f"{MARKS[alarm.kind].label}: {fact}", f"Since: {_utc(alarm.since)}"]
    if alarm.counts:
        counts = (f"{name} {count:,}" for name, count in alarm.counts.items())
        read = f" (read {_utc(alarm.counts_at)})" if alarm.counts_at else ""
        lines.append(f"Tasks: {', '.join(counts)}{read}")
    if request_id:
        lines.append(f"Last request id: {request_id}")
    return "\n".join(lines)


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"

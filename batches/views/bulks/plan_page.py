"""What the page of a plan shows: its groups, their counts, and what the confirmation is about."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from batches.models import Bulk, BulkState, PlanGroup, Verb
from batches.services.bulks.plan import stamp_of
from batches.services.bulks.read import plan_of, plan_rows
from batches.services.bulks.types import GroupCount, Plan, PlanRows
from batches.templatetags.bulks import (
    batches,
    group_label,
    pace_words,
    plan_title,
    span_text,
    tasks,
    verb_words,
)
from batches.views.bulks.stages import Count, bulk_url, own_key, poll_seconds
from batches.views.request import Request
from batches.views.return_to import list_url

# The order of doubt; the counts above begin with what will be done.
GROUPS = (PlanGroup.LOOK_FIRST, PlanGroup.WILL_DO, PlanGroup.SKIPPED, PlanGroup.IMPOSSIBLE)
COUNTED = (PlanGroup.WILL_DO, PlanGroup.LOOK_FIRST, PlanGroup.SKIPPED, PlanGroup.IMPOSSIBLE)
ROWS = 25  # of a group, at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A group with its first rows. note: beside its label. rest: rows that are not shown."""

    group: PlanGroup
    label: str
    count: int
    note: str
    rows: PlanRows
    is_open: bool
    rest: int
    more_url: str

    @property
    def positions(self) -> str:
        """Of the rows that have boxes, as the form sends them back."""
        return ",".join(str(row.position) for row in self.rows.rows if row.can_tick)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dock:
    """What the confirmation names. why_not: why nothing can be sent; empty where it can."""

    number: int
    words: str
    pace: str
    button: str
    is_final: bool
    stamp: str
    why_not: str


def plan_context(request: Request, bulk: Bulk) -> dict[str, Any]:
    plan, key = plan_of(bulk), own_key(request, bulk)
    is_reading = bulk.state == BulkState.READING
    number = plan.chosen if is_reading else plan.ticked
    back = list_url(request, bulk.key_ref)
    return {
        "list_url": back,
        "back": urlsplit(back).query,
        "plan": plan,
        "is_reading": is_reading,
        "key": key,
        "title": plan_title(bulk, number),
        "about": verb_words(bulk).about,
        "counts": [*_counts(bulk, plan)],
        "sections": [] if is_reading else [*_sections(bulk, plan)],
        "dock": _dock(bulk, plan) if key and not is_reading else None,
        "head_box": head_box(plan),
        "poll_seconds": poll_seconds(bulk, is_open=False),
    }


def head_box(plan: Plan) -> str:
    """The box in the head: all that will be done are ticked and no other, none, or some."""
    if not plan.ticked:
        return "none"
    will = plan.group(PlanGroup.WILL_DO)
    others = sum(group.ticked for group in plan.groups if group.group != PlanGroup.WILL_DO)
    can = plan.group(PlanGroup.LOOK_FIRST).rows + will.rows
    return "all" if will.ticked + others == can else "some"


def section_rows(bulk: Bulk, group: PlanGroup, after: int) -> tuple[PlanRows, str]:
    """Further rows of a group, and where the rows behind these are."""
    rows = plan_rows(bulk, group=group, after=after, limit=ROWS)
    return rows, _more_url(bulk, group, rows)


def _counts(bulk: Bulk, plan: Plan) -> Iterator[Count]:
    for group in COUNTED:
        known = plan.group(group)
        tone = "wait" if group == PlanGroup.LOOK_FIRST and known.rows else ""
        label = group_label(bulk, group)
        yield Count(
            id=group.value, label=label, figure=known.rows, note=_note(bulk, known), tone=tone
        )
    if unread := plan.chosen - plan.read:
        yield Count(id="unread", label="Not read yet", figure=unread, note="")


def _note(bulk: Bulk, known: GroupCount) -> str:
    """What the rows of a group are: why they are in it, or how many tasks they hold."""
    if known.group == PlanGroup.WILL_DO:
        left_out = known.rows - known.ticked
        parts = [f"{left_out:,} left out by you"] if left_out else []
        if known.rows and bulk.verb != Verb.CREATE:
            starts = " start" if bulk.verb == Verb.FINALIZE else ""
            parts.append(f"{tasks(known.tasks, known.is_at_least)}{starts}")
        return ", ".join(parts)
    reasons = [f"{reason.rows:,} {reason.text}" for reason in known.reasons]
    if len(known.reasons) == 1 and known.reasons[0].rows == known.rows:
        reasons = [known.reasons[0].text]
    if known.ticked:
        reasons.append(f"{known.ticked:,} ticked by you")
    return ", ".join(reasons)


def _sections(bulk: Bulk, plan: Plan) -> Iterator[Section]:
    for group in GROUPS:
        known = plan.group(group)
        if not known.rows:
            continue
        rows = plan_rows(bulk, group=group, limit=ROWS)
        yield Section(
            group=group,
            label=group_label(bulk, group),
            count=known.rows,
            note=", left out unless you tick them" if group == PlanGroup.LOOK_FIRST else "",
            rows=rows,
            is_open=group in PlanGroup.tickable(),
            rest=known.rows - len(rows.rows),
            more_url=_more_url(bulk, group, rows),
        )


def _more_url(bulk: Bulk, group: PlanGroup, rows: PlanRows) -> str:
    if rows.next is None:
        return ""
    return bulk_url(bulk, "rows", group=group.value, after=rows.next)


def _dock(bulk: Bulk, plan: Plan) -> Dock:
    words = verb_words(bulk)
    number = batches(plan.ticked)
    holds = "" if bulk.verb == Verb.CREATE else f", {tasks(plan.tasks, plan.is_at_least)}"
    return Dock(
        number=plan.ticked,
        words=f"{number}{holds}" if plan.ticked else "",
        pace=f"about {span_text(plan.seconds)}, {pace_words(plan.seconds_a_row)}",
        button=f"{words.button} {plan.ticked:,}",
        is_final=words.is_final,
        stamp=stamp_of(bulk),
        why_not=_why_not(bulk, plan),
    )


def _why_not(bulk: Bulk, plan: Plan) -> str:
    if bulk.state == BulkState.STOPPED:
        return bulk.stop_message or "This plan was dropped. Read it again to use it."
    if not plan.ticked:
        can = sum(plan.group(group).rows for group in PlanGroup.tickable())
        return "Nothing is ticked." if can else "Nothing to do: see why beside each batch."
    return "These were read too long ago: read them again first." if plan.is_old else ""

"""Bulks in words: their titles, the groups of a plan, what became of a row, how long it takes."""

from dataclasses import dataclass

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from batches.models import Bulk, BulkState, Operation, PlanGroup, State, Verb
from batches.services.bulks.types import PlanRow, ReceiptRow, RowOutcome
from batches.templatetags.names import name
from batches.templatetags.statuses import mark, status_label
from batches.templatetags.times import time

register = template.Library()


@dataclass(frozen=True, slots=True, kw_only=True)
class VerbWords:
    """plan, run, ended: what stands before a number of batches. will: of the rows that are sent.

    about: what to know before it is confirmed. is_final: it cannot be undone.
    """

    plan: str
    run: str
    ended: str
    will: str
    nothing: str
    button: str
    about: str
    is_final: bool = False


VERBS: dict[str, VerbWords] = {
    Verb.FINALIZE: VerbWords(
        plan="Finalize",
        run="Finalizing",
        ended="Finalized",
        will="Will be finalized",
        nothing="Nothing to finalize",
        button="Finalize",
        about="No tasks can be added to them afterwards, and it cannot be undone.",
        is_final=True,
    ),
    Verb.PRIORITIZE: VerbWords(
        plan="Set priority {priority} for",
        run="Setting priority {priority} for",
        ended="Priority {priority} set for",
        will="Will be set",
        nothing="No priority to set",
        button="Set priority of",
        about="It applies to tasks not yet started. Refonte does not report the present priority.",
    ),
    Verb.CREATE: VerbWords(
        plan="Create",
        run="Creating",
        ended="Created",
        will="Will be created",
        nothing="Nothing to create",
        button="Create",
        about="A name that is free now is asked for once more just before its batch is created.",
    ),
}
FAILED, UNKNOWN, NO_EFFECT = ("bad", "circle-x"), ("wait", "hourglass"), ("", "circle-dashed")
# Of a row with an operation, by its state.
STATES: dict[str, tuple[str, str, str]] = {
    State.WAITING: ("Waiting", "", "circle-dashed"),
    State.SENDING: ("Sending…", "progress", "loader"),
    State.CHECKING: ("Unknown, checking", *UNKNOWN),
    State.SUCCEEDED: ("Done", "good", "circle-check"),
    State.NO_EFFECT: ("No effect", *NO_EFFECT),
    State.REFUSED: ("Failed", *FAILED),
    State.NOT_SENT: ("Failed", *FAILED),
    State.NOT_DONE: ("Failed", *FAILED),
    State.UNCONFIRMED: ("Unconfirmed", "wait", "question-mark"),
}
OUTCOMES: dict[str, tuple[str, str, str]] = {
    RowOutcome.LEFT: ("Waiting", "", "circle-dashed"),
    RowOutcome.LEFT_OUT: ("Left out", "wait", "alert-triangle"),
    RowOutcome.SKIPPED: ("Skipped", "", "ban"),
    RowOutcome.FAILED: ("Failed", *FAILED),
    RowOutcome.UNKNOWN: ("Unknown", *UNKNOWN),
    RowOutcome.NO_EFFECT: ("No effect", *NO_EFFECT),
    RowOutcome.DONE: ("Done", "good", "circle-check"),
}
# What Refonte itself said stands behind one of these in what is recorded of its answer.
SAID = ("Refonte refused it: ", "Refonte said: ", "Refonte refused the key: ")


def verb_words(bulk: Bulk) -> VerbWords:
    return VERBS[bulk.verb]


def plan_title(bulk: Bulk, number: int) -> str:
    """`Finalize 22 batches`; the mode comes behind it."""
    words = verb_words(bulk)
    return f"{_filled(words.plan, bulk)} {batches(number)}" if number else words.nothing


def run_title(bulk: Bulk, number: int) -> str:
    return f"{_filled(verb_words(bulk).run, bulk)} {batches(number)}"


def receipt_title(bulk: Bulk, done: int, number: int) -> str:
    """`Finalized 18 of 22 batches`."""
    words = f"{_filled(verb_words(bulk).ended, bulk)} {done:,} of {batches(number)}"
    is_stopped = bulk.state == BulkState.STOPPED
    return f"Stopped: {words[:1].lower()}{words[1:]}" if is_stopped else words


def batches(number: int) -> str:
    return f"{number:,} batch{'' if number == 1 else 'es'}"


def tasks(number: int, is_at_least: bool) -> str:
    at_least = "at least " if is_at_least else ""
    return f"{at_least}{number:,} task{'' if number == 1 else 's'}"


def group_label(bulk: Bulk, group: PlanGroup) -> str:
    return verb_words(bulk).will if group == PlanGroup.WILL_DO else str(group.label)


@register.filter
def bulk_number(bulk: Bulk) -> str:
    """What people call a bulk by: `b-7f3a19`."""
    return f"b-{bulk.id.hex[:6]}"


@register.filter
def bulk_words(bulk: Bulk) -> str:
    """A bulk as a link to it: `Finalize 22 batches`."""
    return plan_title(bulk, bulk.rows_ticked or bulk.rows_chosen)


@register.filter
def span_text(seconds: float) -> str:
    """`45 s`, `12 min`, `2 h 10 min`, rounded up so that it is kept."""
    if seconds < 90:
        return f"{max(1, -int(-seconds // 1))} s"
    minutes = -int(-seconds // 60)
    if minutes < 90:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if rest else f"{hours} h"


@register.filter
def pace_words(seconds: float) -> str:
    """From one row to the next: `one every 2 s`, `5 a second`."""
    if seconds < 0.75:
        return f"{round(1 / max(seconds, 0.001)):,} a second"
    return "one every second" if seconds < 1.5 else f"one every {span_text(round(seconds))}"


@register.simple_tag
def chosen_words(bulk: Bulk, number: int) -> SafeString:
    """`You chose all 132 that match Created: last 7 days; each was read again at 14:03:10 – …`."""
    all_that, chosen = "all that ", bulk.chosen
    if chosen.startswith(all_that):
        what = f"all {number:,} that {chosen.removeprefix(all_that)}"
    elif chosen.startswith("the "):
        what = chosen
    else:
        what = f"{batches(number)}: {chosen}" if chosen else batches(number)
    said = format_html("You chose <strong>{}</strong>", name(what))
    if bulk.read_from is None or bulk.read_until is None:
        return format_html("{}.", said)
    first, last = time(bulk.read_from, "seconds"), time(bulk.read_until, "seconds")
    if f"{bulk.read_from:%T}" == f"{bulk.read_until:%T}":
        return format_html("{}; each was read again at {}.", said, last)
    return format_html("{}; each was read again at {} – {}.", said, first, last)


@register.simple_tag
def ran_words(bulk: Bulk) -> SafeString:
    """When it ran, and how long Refonte asked to wait meanwhile."""
    until = format_html(" – {}", time(bulk.ended_at, "seconds")) if bulk.ended_at else ""
    return format_html("{}{}{}.", time(bulk.confirmed_at, "seconds"), until, _waits_words(bulk))


@register.simple_tag
def row_reason(row: PlanRow) -> SafeString | str:
    """Why it is in its group; of what is to be looked at first, the short reason stands out."""
    lead, colon, rest = row.message.partition(":")
    if row.group != PlanGroup.LOOK_FIRST or not colon:
        return row.message
    return format_html('<b class="wait">{}:</b>{}', lead, rest)


@register.simple_tag
def row_outcome(row: ReceiptRow) -> SafeString:
    """Icon, word and colour."""
    if row.operation and row.outcome != RowOutcome.SKIPPED:
        known = STATES.get(row.operation.state)
        if known:
            return mark(*known)
    return mark(*OUTCOMES[row.outcome])


@register.simple_tag
def row_said(row: ReceiptRow) -> SafeString | str:
    """What Refonte said, its words quoted; else what was read, or why nothing was sent."""
    operation = row.operation
    if operation is None:
        is_left = row.outcome == RowOutcome.SKIPPED and row.group in PlanGroup.tickable()
        return f"Not ticked. {row.message}" if is_left else row.message
    if row.outcome == RowOutcome.FAILED and (words := vendor_words(operation)):
        answered = f"{operation.http_status} · " if operation.http_status else ""
        return format_html("{}“{}”", answered, words)
    if row.outcome == RowOutcome.DONE and operation.status_after and operation.settled_at:
        return _moved(operation)
    return row.message or operation.message


@register.filter
def vendor_words(operation: Operation) -> str:
    """Refonte's own words in what was recorded of its answer; empty where it said none."""
    for text in (operation.answer_message, operation.message):
        for start in SAID:
            if (place := text.find(start)) >= 0:
                return text[place + len(start) :]
    return ""


@register.simple_tag
def waited_words(bulk: Bulk, slowed: str) -> SafeString | str:
    """That Refonte asked to wait, and that it has gone on. slowed: the pace since; or empty."""
    if bulk.waited_from is None or bulk.waited_until is None:
        return ""
    seconds = (bulk.waited_until - bulk.waited_from).total_seconds()
    return format_html(
        "<strong>Waited {}.</strong> Refonte asked to wait (429) at {}; went on by itself at {}{}.",
        span_text(seconds),
        time(bulk.waited_from, "seconds"),
        time(bulk.waited_until, "seconds"),
        f", {slowed}" if slowed else "",
    )


def _waits_words(bulk: Bulk) -> str:
    """`, waited once for 20 s`, behind the times of a receipt; empty where it never waited."""
    if not bulk.waits:
        return ""
    if bulk.waits > 1:
        return f", asked to wait {bulk.waits} times"
    if bulk.waited_from is None or bulk.waited_until is None:
        return ", asked to wait once"
    seconds = (bulk.waited_until - bulk.waited_from).total_seconds()
    return f", waited once for {span_text(seconds)}"


@register.filter
def create_fields(row: PlanRow) -> str:
    """Of a batch to create, what its form would hold beside project and name."""
    known = row.parameters
    parts = [str(known["callback"])] if known.get("callback") else []
    labels = {
        "tell_console": "tells this console",
        "calibration_batch": "calibration batch",
        "self_label_batch": "self-label batch",
    }
    parts += [label for field, label in labels.items() if known.get(field)]
    if known.get("priority"):
        parts.append(f"priority {known['priority']}")
    return ", ".join(parts)


def _moved(operation: Operation) -> SafeString:
    """`Staging → In progress, read 14:04:03`."""
    before, after = operation.status_before, operation.status_after
    now = name(status_label(after))
    if operation.settled_at is None:
        return now
    read = time(operation.settled_at, "seconds")
    if before and before != after:
        return format_html("{} → {}, read {}", name(status_label(before)), now, read)
    return format_html("{}, read {}", now, read)


def _filled(words: str, bulk: Bulk) -> str:
    return words.format(priority=bulk.parameters.get("priority", "")).replace("  ", " ")

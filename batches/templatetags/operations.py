"""Operations in words: what was done, its parameters, and what is known before a finalize."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from batches.models import Bulk, Operation, State, Verb
from batches.refonte import STAGING
from batches.services.batches.finalize_advice import FinalizeAdvice
from batches.services.seals.checks import LastCheck
from batches.templatetags.notes import note_done, note_lines, note_set
from batches.templatetags.times import time

register = template.Library()

REFUSED = "Refonte refused it: "
ACTIONS = {
    Verb.CREATE: ("create", "created"),
    Verb.FINALIZE: ("finalize", "finalized"),
    Verb.PRIORITIZE: ("set priority", "set priority"),
}
# What a form calls them; any other is called by its own name.
PARAMETERS = {
    "tell_console": "Tell this console",
    "calibration_batch": "Calibration batch",
    "self_label_batch": "Self-label batch",
}


@register.filter
def action_text(operation: Operation) -> str:
    """What somebody did or asked for."""
    if operation.verb == Verb.NOTE:
        return note_done(operation.parameters)
    # the past tense only where it is known to have happened
    asked, done = ACTIONS[Verb(operation.verb)]
    words = done if operation.state == State.SUCCEEDED else f"asked to {asked}"
    return _with_priority(words, operation)


@register.filter
def action_label(operation: Operation) -> str:
    """The action by its name: "Set priority 25"."""
    if operation.verb == Verb.NOTE:
        return note_set(operation.parameters)
    return _with_priority(Verb(operation.verb).label, operation)


@register.filter
def row_label(operation: Operation) -> str:
    """The same, short, for a row of a list: "Priority 25"."""
    label = action_label(operation)
    return label.replace("Set p", "P", 1) if operation.verb == Verb.PRIORITIZE else label


@register.filter
def bulk_label(bulk: Bulk) -> str:
    """What it does to each batch: "Priority 10"."""
    priority = bulk.parameters.get("priority")
    is_priority = bulk.verb == Verb.PRIORITIZE and priority
    return f"Priority {priority}" if is_priority else Verb(bulk.verb).label


@register.filter
def result_text(operation: Operation) -> str:
    """What came of it; of a refusal Refonte's own words, quoted, with the status of its answer."""
    words = operation.answer_message.removeprefix(REFUSED)
    if operation.state != State.REFUSED or words == operation.answer_message:
        return operation.message
    status = f"{operation.http_status} · " if operation.http_status else ""
    return f"{status}“{words}”"


@register.simple_tag
def record_check(check: LastCheck | None) -> SafeString | str:
    """What the last run of `verify_operations` found, and no more than that."""
    if check is None:
        return "Not checked yet"
    at = time(check.at, "clock")
    if not check.found:
        return format_html("Unaltered, checked at {}", at)
    places = f"{check.found:,} place{'' if check.found == 1 else 's'}"
    return format_html('<span class="bad">The check at {} found something: {}</span>', at, places)


@register.filter
def parameter_lines(operation: Operation) -> list[tuple[str, str]]:
    """Its parameters, each with the name that its form field has."""
    if operation.verb == Verb.NOTE:
        return note_lines(operation.parameters)
    return [
        (parameter_label(name), "yes" if value is True else str(value))
        for name, value in operation.parameters.items()
        if name != "project"
    ]


@register.filter
def parameter_label(parameter: str) -> str:
    """A parameter by the name that its form field has."""
    return PARAMETERS.get(parameter, parameter[:1].upper() + parameter[1:])


@register.filter
def can_finalize(advice: FinalizeAdvice | None) -> bool:
    """Whether to offer the button."""
    # a batch of unknown status may be in staging, and the service checks once more
    return not advice or not advice.status or advice.status == STAGING


@register.filter
def tasks_sentence(advice: FinalizeAdvice) -> SafeString | str:
    """How many tasks a batch has before it is finalized, and since when that is known."""
    if advice.as_of:
        held = f"It held {_tasks(advice.total_text)} at"
        at = time(advice.as_of, "clock")
        return format_html("{} {}; Refonte could not be read since then.", held, at)
    known = f"It holds {_tasks(advice.total_text)}"
    words = "How many tasks it holds is unknown" if advice.total_text == "unknown" else known
    if advice.grew_at:
        return format_html("{}; last one {}.", words, time(advice.grew_at, "ago"))
    return f"{words}."


def _tasks(total: str) -> str:
    return f"{total} task{'' if total == '1' else 's'}"


def _with_priority(words: str, operation: Operation) -> str:
    priority = operation.parameters.get("priority")
    return f"{words} {priority}" if operation.verb == Verb.PRIORITIZE and priority else words

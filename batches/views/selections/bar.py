"""What the bar of a selection shows: how many, and the actions, each with how many it fits."""

from dataclasses import dataclass
from typing import Any

from batches.models import Selection, Verb
from batches.services.people.roles import Role, role_of
from batches.services.selections.fits import Fits, fits_of
from batches.services.selections.store import NAMES_AT_MOST, Ticked
from batches.templatetags.addresses import digest_id
from batches.views.batches.addresses import ListAddress
from batches.views.request import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A button that begins a plan. tip: why it does not fit all of them; empty where it does.

    key: the one that presses it (`templates/_shortcuts.html`).
    """

    verb: Verb
    key: str
    words: str
    tip: str
    is_possible: bool


def actions_context(request: Request, selection: Selection) -> dict[str, Any]:
    """For the actions. One query where the person may operate."""
    may_operate = role_of(request.user).includes(Role.OPERATOR) and request.key.can_operate
    fits = fits_of(selection=selection, key=request.key) if may_operate else None
    return {"selection": selection, "plans": _plans(fits) if fits else ()}


def _plans(fits: Fits) -> tuple[Plan, ...]:
    finalize, prioritize = fits.finalize, fits.prioritize
    some = f" {finalize.number:,}" if finalize.number else ""
    few = "" if prioritize.is_all or not prioritize.number else f" of {prioritize.number:,}"
    named = (
        (Verb.FINALIZE, "f", f"Finalize{some}…", finalize),
        (Verb.PRIORITIZE, "s", f"Set priority{few}…", prioritize),
    )
    return tuple(
        Plan(
            verb=verb,
            key=key,
            words=words,
            tip=fit.words,
            is_possible=fit.is_possible,
        )
        for verb, key, words, fit in named
    )


def bar_context(request: Request, ticked: Ticked, *, note: str = "") -> dict[str, Any]:
    """note: why not all that was asked for was done."""
    if ticked.left_out:
        note = f"{ticked.left_out:,} more did not fit: a selection has {NAMES_AT_MOST:,} at most."
    context = {
        "count": ticked.count,
        "ticked": " ".join(digest_id(digest) for digest in ticked.digests),
        "note": note,
        "selection": ticked.selection,
    }
    return context | (actions_context(request, ticked.selection) if ticked.count else {})


def filter_words(address: ListAddress) -> str:
    """The filters of a list as people read them: `Project: kittens, Created: last 7 days`."""
    filters = address.filters
    named = (
        ("Project", filters.project),
        ("Status", address.status_words),
        ("Created", address.created_text),
        ("Attention", address.reason),
        ("Name", filters.q.strip()),
    )
    return ", ".join(f"{label}: {value}" for label, value in named if value)

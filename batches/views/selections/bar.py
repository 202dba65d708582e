"""What the bar of a selection shows: how many, and the actions, each with how many it fits."""

from typing import Any

from django.urls import NoReverseMatch, reverse

from batches.models import Selection
from batches.services.people.roles import Role, role_of
from batches.services.selections.fits import fits_of
from batches.services.selections.store import NAMES_AT_MOST, Ticked
from batches.views.batches.addresses import ListAddress
from batches.views.request import Request

ID_LENGTH = 12  # characters of a digest that are the id of a row (`templatetags/addresses.py`)


def actions_context(request: Request, selection: Selection) -> dict[str, Any]:
    """For the actions. One query where the person may operate."""
    may_operate = role_of(request.user).includes(Role.OPERATOR) and request.key.can_operate
    return {
        "selection": selection,
        "fits": fits_of(selection=selection, key=request.key) if may_operate else None,
        "plan_url": plan_url(),
    }


def bar_context(request: Request, ticked: Ticked, *, note: str = "") -> dict[str, Any]:
    """note: why not all that was asked for was done."""
    if ticked.left_out:
        note = f"{ticked.left_out:,} more did not fit: a selection has {NAMES_AT_MOST:,} at most."
    context = {
        "count": ticked.count,
        "ticked": " ".join(f"b{digest[:ID_LENGTH]}" for digest in ticked.digests),
        "note": note,
        "selection": ticked.selection,
    }
    return context | (actions_context(request, ticked.selection) if ticked.count else {})


def plan_url() -> str:
    """The address of plans for many batches; empty where this console has none."""
    try:
        return reverse("bulks:plan")
    except NoReverseMatch:
        return ""


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

"""Plans: from what was chosen in a list, and of what failed in an earlier bulk."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django_htmx.http import HttpResponseClientRedirect

from batches.forms.batches import PRIORITY_PRESETS
from batches.forms.bulk_steps import PlanForm
from batches.models import Bulk
from batches.services.bulks.errors import NotYours
from batches.services.bulks.plan import plan_bulk, plan_retry
from batches.services.bulks.read import find_bulk
from batches.services.operations.errors import CannotRecord, OperationsError
from batches.services.people.roles import Role
from batches.services.selections.store import find_selection, is_of_key, names_of
from batches.views.access import Key
from batches.views.bulks.stages import bulk_url
from batches.views.guards import or_404, page
from batches.views.request import Request

CARRIED = ("verb", "selection")
NOT_KEPT = (
    "What was ticked is not kept any more, or was ticked with another key. "
    "Go back to the list and tick again."
)


@page(Role.OPERATOR, key=Key.WRITE, methods=("POST",))
def plan(request: Request) -> HttpResponse:
    """From a selection, or from names. Without the priority that it is about, it asks for one."""
    form = PlanForm(request.POST)
    if not form.is_valid():
        return _not_planned(request, form)
    names, words = _chosen(request, form)
    if not names:
        form.add_error(None, NOT_KEPT)
        return _not_planned(request, form)
    if form.needs_priority:
        return _priority(request, form)
    try:
        bulk = plan_bulk(
            user=request.user,
            key=request.key,
            form_id=form.given_id,
            verb=form.verb_value,
            names=names,
            parameters=form.parameters,
            chosen=words,
        )
    except OperationsError as error:
        form.add_error(None, error.message)
        return _not_planned(request, form, 503 if isinstance(error, CannotRecord) else 422)
    return to_bulk(request, bulk)


@page(Role.OPERATOR, key=Key.WRITE, methods=("POST",))
def retry(request: Request, bulk_id: UUID) -> HttpResponse:
    """A new plan, of the rows that failed and no others."""
    bulk = or_404(find_bulk(user=request.user, bulk_id=bulk_id))
    form_id = PlanForm(request.POST).given_id
    try:
        new = plan_retry(user=request.user, key=request.key, form_id=form_id, bulk=bulk)
    except NotYours as error:
        raise PermissionDenied(error.message) from error
    except OperationsError as error:
        messages.warning(request, error.message)
        return redirect(bulk_url(bulk))
    return to_bulk(request, new)


def to_bulk(request: Request, bulk: Bulk) -> HttpResponse:
    url = bulk_url(bulk)
    # htmx follows a 302 by itself and would put the whole page into the dialog
    return HttpResponseClientRedirect(url) if request.htmx else redirect(url)


def _chosen(request: Request, form: PlanForm) -> tuple[tuple[str, ...], str]:
    """The names, and what they are in words. None of a selection of others, or of another key."""
    selection_id = form.cleaned_data.get("selection")
    if selection_id is None:
        return form.names, ""
    selection = find_selection(user=request.user, selection_id=selection_id)
    # names of one key mean nothing under another
    if selection is None or not is_of_key(selection=selection, key=request.key):
        return (), ""
    return names_of(selection=selection), selection.words


def _priority(request: Request, form: PlanForm, status: int = 200) -> HttpResponse:
    """The form that asks for it, with all that was chosen."""
    pairs = {name: request.POST[name] for name in CARRIED if request.POST.get(name)}
    context = {
        "form": form,
        "count": len(_chosen(request, form)[0]),
        "presets": PRIORITY_PRESETS,
        "pairs": pairs | {"key": request.key.ref, "form_id": str(form.given_id)},
        "names": form.names,
    }
    return _sheet(request, context, status)


def _not_planned(request: Request, form: PlanForm, status: int = 422) -> HttpResponse:
    """Why, with a way back; a priority that is wrong can be corrected at once."""
    if set(form.errors) == {"priority"}:
        return _priority(request, form, status)
    return _sheet(request, {"form": form}, status)


def _sheet(request: Request, context: dict[str, Any], status: int) -> HttpResponse:
    sheet = "bulks/_priority.html" if "presets" in context else "bulks/_not_planned.html"
    context |= {"sheet": sheet, "is_page": not request.htmx, "name": "Plan"}
    template = sheet if request.htmx else "bulks/sheet.html"
    return render(request, template, context, status=status)

"""A plan: its ticks, the confirmation, and reading its batches once more."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django_htmx.http import HttpResponseClientRedirect, reswap, trigger_client_event

from batches.forms.bulk_steps import ReasonForm, TickForm
from batches.models import Bulk, PlanGroup
from batches.services.bulks import plan as plans
from batches.services.bulks.confirm import confirm_bulk
from batches.services.bulks.errors import NotYours
from batches.services.bulks.read import all_plan_rows, find_bulk, plan_of
from batches.services.bulks.types import PlanRow
from batches.services.operations.errors import CannotRecord, OperationsError
from batches.services.people.roles import Role
from batches.views.access import Key
from batches.views.bulks.detail import bulk_context, bulk_page
from batches.views.bulks.stages import bulk_url
from batches.views.guards import FORM, or_404, page
from batches.views.request import Request

KEPT = "Your ticks are kept now. Look at the number, then confirm it."


@page(Role.OPERATOR, key=Key.WRITE, methods=("POST",))
def tick(request: Request, bulk_id: UUID) -> HttpResponse:
    """One box, the box in the head, or without a script all boxes of a page."""
    bulk, form = _own(request, bulk_id), TickForm(request.POST)
    try:
        bulk = _tick(request, bulk, form)
    except NotYours as error:
        raise PermissionDenied(error.message) from error
    except OperationsError as error:
        messages.warning(request, error.message)
        url = bulk_url(bulk)
        return HttpResponseClientRedirect(url) if request.htmx else redirect(url)
    if not request.htmx:
        return redirect(bulk_url(bulk, reason=request.POST.get("reason", "")))
    return _ticked(request, bulk, form)


@page(Role.OPERATOR, key=Key.WRITE, methods=FORM)
def confirm(request: Request, bulk_id: UUID) -> HttpResponse:
    bulk, form = _own(request, bulk_id), ReasonForm(request.POST)
    reason = request.POST.get("reason", "")
    if request.method != "POST":  # after a sign-in, or where the key was replaced meanwhile
        return redirect(bulk_url(bulk, reason=request.GET.get("reason", "")))
    if not form.is_valid():
        problem = " ".join(str(error) for found in form.errors.values() for error in found)
        return bulk_page(request, bulk, reason=reason, problem=problem, status=422)
    try:
        # without a script the boxes of the page come with it: what was shown is what counts
        if _differs(bulk, TickForm(request.POST)):
            bulk = _tick(request, bulk, TickForm(request.POST))
            return bulk_page(request, bulk, reason=reason, problem=KEPT, status=409)
        cleaned = form.cleaned_data
        confirm_bulk(user=request.user, key=request.key, bulk=bulk, **cleaned)
    except NotYours as error:
        raise PermissionDenied(error.message) from error
    except OperationsError as error:
        status = 503 if isinstance(error, CannotRecord) else 409
        bulk.refresh_from_db()
        return bulk_page(request, bulk, reason=reason, problem=error.message, status=status)
    return redirect(bulk_url(bulk))


@page(Role.OPERATOR, key=Key.WRITE, methods=("POST",))
def read_again(request: Request, bulk_id: UUID) -> HttpResponse:
    bulk = _own(request, bulk_id)
    try:
        plans.read_again(user=request.user, bulk=bulk)
    except NotYours as error:
        raise PermissionDenied(error.message) from error
    except OperationsError as error:
        messages.warning(request, error.message)
    return redirect(bulk_url(bulk))


def _own(request: Request, bulk_id: UUID) -> Bulk:
    bulk = or_404(find_bulk(user=request.user, bulk_id=bulk_id))
    if bulk.user_id != request.user.pk:
        raise PermissionDenied(NotYours.message)
    return bulk


def _tick(request: Request, bulk: Bulk, form: TickForm) -> Bulk:
    if form.is_head:
        return _tick_head(request, bulk)
    shown = form.positions
    for positions, ticked in (
        ([place for place in shown if place in form.ticked], True),
        ([place for place in shown if place not in form.ticked], False),
    ):
        if positions:
            bulk = plans.tick(user=request.user, bulk=bulk, positions=positions, ticked=ticked)
    return bulk


def _tick_head(request: Request, bulk: Bulk) -> Bulk:
    """None where any is ticked; else all but those that are to be looked at first."""
    ticked = not plan_of(bulk).ticked
    wanted = (row for row in all_plan_rows(bulk) if row.group == PlanGroup.WILL_DO or not ticked)
    positions = [row.position for row in wanted if row.can_tick]
    return plans.tick(user=request.user, bulk=bulk, positions=positions, ticked=ticked)


def _differs(bulk: Bulk, form: TickForm) -> bool:
    shown = set(form.positions)
    if not shown:
        return False
    here = (row for row in all_plan_rows(bulk) if row.can_tick and row.position in shown)
    return any(row.is_ticked != (row.position in form.ticked) for row in here)


def _ticked(request: Request, bulk: Bulk, form: TickForm) -> HttpResponse:
    """The pieces of the page that follow from the ticks."""
    context = bulk_context(request, bulk) | {"oob": True}
    if form.is_head:
        context["rows"] = ()
    else:
        context["rows"] = _rows(bulk, form.positions)
        context["is_later"] = "is_later" in request.POST
    response = render(request, "bulks/_ticked.html", context)
    event = {"words": f"{context['dock'].words or 'Nothing'} ticked."}
    return reswap(trigger_client_event(response, "console:announce", event), "none")


def _rows(bulk: Bulk, positions: tuple[int, ...]) -> list[PlanRow]:
    return [row for row in all_plan_rows(bulk) if row.position in positions]

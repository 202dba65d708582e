"""Dismissing alarms of the page's key, taking that back, and what is dismissed now."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django_htmx.http import reswap, retarget, trigger_client_event

from batches.forms.attention import DismissForm, read_also
from batches.forms.focus import focus_first_error
from batches.services.attention import dismissals
from batches.services.attention.read import find_open, open_alarms, was_raised
from batches.services.attention.types import OpenAlarm
from batches.services.people.roles import Role
from batches.templatetags.addresses import page_url
from batches.views.access import Key
from batches.views.guards import FORM, page
from batches.views.request import Request, posted

OVER = "It is over already."
CHANGED = "This has changed since the page was loaded. Look at it as it is now."


@page(Role.OPERATOR, key=Key.WRITE, methods=FORM)
def dismiss(request: Request, alarm_id: int) -> HttpResponse:
    """`also`: ids of further alarms, that a page shows in one row with this one."""
    alarms = _open_ones(request, alarm_id)
    if not alarms:
        return _done(request, OVER)
    form = DismissForm(posted(request))
    if not form.is_valid():
        return _form(request, form, alarms)
    try:
        dismissals.dismiss(
            fingerprint=request.key.fingerprint,
            alarms=[alarm.id for alarm in alarms],
            username=request.user.username,
            now=timezone.now(),
            **form.cleaned_data,
        )
    except dismissals.FactsChanged:
        form.add_error(None, CHANGED)
        return _form(request, form, alarms)
    return _done(request, "Dismissed until the facts change.")


@page(Role.OPERATOR, key=Key.WRITE, methods=("POST",))
def take_back(request: Request, alarm_id: int) -> HttpResponse:
    alarms = _open_ones(request, alarm_id)
    dismissals.take_back(
        fingerprint=request.key.fingerprint,
        alarms=[alarm.id for alarm in alarms],
        now=timezone.now(),
    )
    return _done(request, "It needs attention again." if alarms else OVER)


@page(Role.VIEWER, key=Key.READ)
def dismissed(request: Request) -> HttpResponse:
    """In a dialog of the overview, or as a page of its own."""
    found = open_alarms(fingerprint=request.key.fingerprint)
    alarms = [alarm for alarm in found if alarm.is_dismissed]
    return _sheet(request, "dismissed", {"alarms": alarms, "name": "Dismissed"})


def _open_ones(request: Request, alarm_id: int) -> tuple[OpenAlarm, ...]:
    """Those of the address that are still open; 404 where the first is none of this key."""
    also = read_also([*request.GET.getlist("also"), *request.POST.getlist("also")])
    found = find_open(fingerprint=request.key.fingerprint, ids=[alarm_id, *also])
    if not found and not was_raised(fingerprint=request.key.fingerprint, alarm_id=alarm_id):
        raise Http404
    return found


def _form(request: Request, form: DismissForm, alarms: tuple[OpenAlarm, ...]) -> HttpResponse:
    focus_first_error(form)
    context = {
        "form": form,
        "alarms": alarms,
        "seen": dismissals.about(alarms),
        "name": "Dismiss",
    }
    response = _sheet(request, "dismiss", context)
    response.status_code = 422 if form.is_bound else 200
    return retarget(response, "closest .sheet") if request.htmx and form.is_bound else response


def _sheet(request: Request, name: str, context: dict[str, Any]) -> HttpResponse:
    """A dialog's content for htmx, the same as a page for everyone else."""
    sheet = f"attention/_{name}.html"
    context |= {"sheet": sheet, "is_page": not request.htmx}
    return render(request, sheet if request.htmx else "actions/page.html", context)


def _done(request: Request, words: str) -> HttpResponse:
    messages.success(request, words)
    if not request.htmx:
        return redirect(page_url("overview", key=request.key.ref))
    response = render(request, "_messages.html#added")
    trigger_client_event(response, "dialog-done", {})
    trigger_client_event(response, "batch-changed", {})
    # the message is swapped out of band; a usual swap would empty the dialog's target
    return reswap(response, "none")

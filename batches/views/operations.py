"""Operations: the list, the page of one, and the fragments that follow it until it is settled."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django_htmx.http import trigger_client_event

from batches.forms.callback import check_callback, own_address_warning
from batches.forms.operations import OperationsFilter
from batches.models import Operation, State
from batches.services.keys.listing import list_readable_keys
from batches.services.operations import entries, errors, ledger, listing, settle
from batches.services.operations.history import find_operation
from batches.services.people.preferences import zone_of
from batches.services.people.roles import Role
from batches.views import key_responses
from batches.views.actions.messages import (
    change_event,
    message_stamp,
    outcome_message,
    settled_since,
)
from batches.views.addresses import operation_url
from batches.views.guards import or_404, page
from batches.views.operations_presenter import OperationsAddress, list_context, operation_context
from batches.views.request import Request, is_poll


@page(Role.VIEWER)
def list_operations(request: Request) -> HttpResponse:
    keys = list_readable_keys(user=request.user)
    form = OperationsFilter(request.GET, keys=keys, zone=zone_of(request.user))
    filters = entries.choose_search(user=request.user, filters=form.filters)
    found = entries.list_entries(
        user=request.user, keys=keys, filters=filters, before=form.last_shown
    )
    people = listing.people_of_operations(user=request.user, keys=keys)
    return render(request, "operations/list.html", list_context(request, form, found, people))


@page(Role.VIEWER)
def list_choices(request: Request, name: str) -> HttpResponse:
    """All choices of one filter, each with the list it leads to: for its menu, or as a page."""
    keys = list_readable_keys(user=request.user)
    form = OperationsFilter(request.GET, keys=keys, zone=zone_of(request.user))
    people = listing.people_of_operations(user=request.user, keys=keys) if name == "person" else ()
    address = OperationsAddress(form, request.GET.get("key", ""))
    template = "operations/_choices.html" if request.htmx else "operations/choices.html"
    context = {"choices": address.choices(name, people), "address": address}
    return render(request, template, context)


@page(Role.VIEWER)
def show_operation(request: Request, operation_id: UUID) -> HttpResponse:
    operation = or_404(find_operation(user=request.user, operation_id=operation_id))
    return render(request, "operations/detail.html", operation_context(request, operation))


@page(Role.VIEWER)
def operation_live(request: Request, operation_id: UUID) -> HttpResponse:
    """The outcome while the operation is open. A check that is due is made first."""
    found = find_operation(user=request.user, operation_id=operation_id)
    if found is None and is_poll(request):  # its key is gone since the page was loaded
        return key_responses.stop_poll(request)
    operation = settle.settle_operation(operation=or_404(found))
    context = operation_context(request, operation)
    if context["stamp"] == request.GET.get("stamp"):
        response = HttpResponse(status=204)
    else:
        response = render(request, "operations/_outcome.html", context)
    message = "" if operation.is_open else f"{operation.get_state_display()}. {context['words']}"
    event = {"words": message, "as_of": context["now"].isoformat()}
    return trigger_client_event(response, "refreshed", event)


@page(Role.VIEWER)
def operation_message(request: Request, operation_id: UUID) -> HttpResponse:
    """The message about an operation, polled while it or its first priority is open."""
    found = find_operation(user=request.user, operation_id=operation_id)
    operation = settle.settle_operation(operation=or_404(found))
    follower = ledger.first_priority_of(operation=operation)
    # the first priority of a new batch is an operation of its own, settled like any other
    if follower:
        settle.settle_operation(operation=follower)
    stamp = request.GET.get("stamp", "")
    if message_stamp(operation, follower) == stamp:
        return HttpResponse(status=204)
    message = outcome_message(request, operation, warning=_warning(operation))
    response = render(request, "_messages.html", {"messages": [message]})
    # an open page of the batch refreshes on this event, without waiting for its own poll
    if settled := settled_since(stamp, operation, follower):
        trigger_client_event(response, "batch-changed", change_event(settled))
    return response


@page(Role.OPERATOR, methods=("POST",))
def withdraw(request: Request, operation_id: UUID) -> HttpResponse:
    operation = or_404(find_operation(user=request.user, operation_id=operation_id))
    try:
        settle.withdraw_operation(operation=operation, user=request.user)
    except errors.NotYours as error:
        raise PermissionDenied(error.message) from error
    # the service withdraws nothing that another process has begun to send
    if operation.state == State.NOT_SENT:
        messages.success(request, operation.message)
    else:
        messages.warning(request, "It is under way by now and could not be withdrawn.")
    return redirect(operation_url(operation))


def _warning(operation: Operation) -> str:
    """What the form warned of."""
    # it is not recorded with the operation, but follows from the callback, which is
    if operation.parameters.get("tell_console"):
        return own_address_warning()
    callback = operation.parameters.get("callback")
    return check_callback(callback).warning if callback else ""

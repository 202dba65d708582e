"""Who did what: the list, one operation, and the fragment that follows it until it is settled."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django_htmx.http import trigger_client_event

from batches.forms.callback import check_callback
from batches.forms.operations import OperationsFilter
from batches.models import Operation, State, Verb
from batches.services.batches.digests import digest
from batches.services.keys.listing import list_readable_keys
from batches.services.keys.types import ViewerKey
from batches.services.operations import competing, errors, history, ledger, listing, settle
from batches.services.people.preferences import zone_of
from batches.services.people.roles import Role, role_of
from batches.views import key_responses
from batches.views.actions.messages import (
    POLL_SECONDS,
    news_of,
    said_stamp,
    say_outcome,
    settled_since,
)
from batches.views.addresses import operation_url, send_again_url
from batches.views.empty_states import EmptyState, no_operations, none_so_far
from batches.views.guards import or_404, page
from batches.views.operations_addresses import OperationRow, OperationsAddress
from batches.views.request import Request, is_poll


@page(Role.VIEWER)
def list_operations(request: Request) -> HttpResponse:
    keys = list_readable_keys(user=request.user)
    form = OperationsFilter(request.GET, keys=keys, zone=zone_of(request.user))
    found = listing.list_operations(
        user=request.user, keys=keys, filters=form.filters, before=form.last_shown
    )
    address = OperationsAddress(form, request.GET.get("key", ""))
    usable = _usable(request, keys)
    rows = [OperationRow(each, send_again_url(each, usable)) for each in found.operations]
    is_narrowed = bool(form.pairs or form.last_shown)
    context = {
        "form": form,
        "rows": rows,
        "empty": None if rows else _empty(address, found, is_narrowed=is_narrowed),
        "address": address,
        "menus": address.menus(listing.people_of_operations(user=request.user, keys=keys)),
        "newest_url": address.url() if form.last_shown else "",
        "older_url": address.url(before=str(found.older)) if found.older else "",
        "looked_to": found.looked_to,
    }
    return render(request, "operations/list.html", context)


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
    operation = _found(request, operation_id)
    return render(request, "operations/detail.html", _context(request, operation))


@page(Role.VIEWER)
def operation_live(request: Request, operation_id: UUID) -> HttpResponse:
    """Asked while the operation is open; asks the vendor on, under the lease, when that is due."""
    found = history.find_operation(user=request.user, operation_id=operation_id)
    if found is None and is_poll(request):  # its page was drawn: the key has gone since
        return key_responses.stop_poll(request)
    operation = settle.settle_operation(operation=or_404(found))
    context = _context(request, operation)
    if context["stamp"] == request.GET.get("stamp"):
        answer = HttpResponse(status=204)
    else:
        answer = render(request, "operations/_outcome.html", context)
    words = "" if operation.is_open else f"{operation.get_state_display()}. {context['words']}"
    news = {"words": words, "as_of": context["now"].isoformat()}
    return trigger_client_event(answer, "refreshed", news)


@page(Role.VIEWER)
def operation_said(request: Request, operation_id: UUID) -> HttpResponse:
    """The message about it, which asks anew while it, or the first priority behind it, is open.

    What is settled by then has its batch looked at once.
    """
    operation = settle.settle_operation(operation=_found(request, operation_id))
    follower = ledger.first_priority_of(operation=operation)
    if follower:
        settle.settle_operation(operation=follower)
    stamp = request.GET.get("stamp", "")
    if said_stamp(operation, follower) == stamp:
        return HttpResponse(status=204)
    said = say_outcome(request, operation, warning=_warning(operation))
    answer = render(request, "_messages.html", {"messages": [said]})
    if news := settled_since(stamp, operation, follower):
        trigger_client_event(answer, "batch-changed", news_of(news))
    return answer


@page(Role.OPERATOR, methods=("POST",))
def withdraw(request: Request, operation_id: UUID) -> HttpResponse:
    operation = _found(request, operation_id)
    try:
        settle.withdraw_operation(operation=operation, user=request.user)
    except errors.NotYours as error:
        raise PermissionDenied(error.message) from error
    if operation.state == State.NOT_SENT:
        messages.success(request, operation.message)
    else:
        messages.warning(request, "It is under way by now and could not be withdrawn.")
    return redirect(operation_url(operation))


def _empty(
    address: OperationsAddress, found: listing.OperationsPage, *, is_narrowed: bool
) -> EmptyState:
    if found.looked_to:
        older_url = address.url(before=str(found.older))
        return none_so_far(found.looked_to, older_url=older_url, cleared_url=address.cleared)
    return no_operations(address.cleared if is_narrowed else "")


def _found(request: Request, operation_id: UUID) -> Operation:
    found = history.find_operation(user=request.user, operation_id=operation_id)
    return or_404(found)


def _usable(request: Request, keys: tuple[ViewerKey, ...]) -> list[ViewerKey]:
    """The keys among these that this person may operate with."""
    may = role_of(request.user).includes(Role.OPERATOR)
    return [key for key in keys if may and key.can_operate]


def _warning(operation: Operation) -> str:
    """What the form warned of, which is as true when the answer comes late."""
    callback = operation.parameters.get("callback")
    return check_callback(callback).warning if callback else ""


def _context(request: Request, operation: Operation) -> dict[str, Any]:
    unsure = (operation.verb, operation.state) == (Verb.PRIORITIZE, State.UNCONFIRMED)
    events = list(operation.events.all())
    keys = _usable(request, list_readable_keys(user=request.user))
    follower = ledger.first_priority_of(operation=operation)
    wait = operation.next_check_at if operation.state == State.WAITING else None
    shown = (operation.state, operation.message, wait, len(events), follower and follower.state)
    return {
        "operation": operation,
        "words": competing.message_for(user=request.user, operation=operation),
        "offered": ledger.offered_priority_of(operation=operation),
        "events": events,
        "poll_seconds": POLL_SECONDS if operation.is_open else None,
        "now": timezone.now(),
        "stamp": digest(shown),
        "newer": history.find_newer_priority(user=request.user, operation=operation)
        if unsure
        else None,
        "follower": follower,
        "again_url": send_again_url(operation, keys),
        "can_withdraw": operation.state == State.WAITING
        and (operation.user_id == request.user.pk or request.user.is_superuser),
    }

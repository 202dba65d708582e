"""Who did what: the list, one operation, and the fragment that follows it until it is settled."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django_htmx.http import trigger_client_event

from batches.forms.callback import check_callback
from batches.forms.operations import OperationsFilter
from batches.models import Operation, State, Verb
from batches.services import operations
from batches.services.roles import Role
from batches.services.stamps import digest
from batches.views.access import or_404, page
from batches.views.request import Request
from batches.views.said import (
    POLL_SECONDS,
    batch_url,
    news_of,
    operation_url,
    said_stamp,
    say_outcome,
    settled_since,
)


@page(Role.VIEWER)
def list_operations(request: Request) -> HttpResponse:
    form = OperationsFilter(request.GET)
    chosen = form.chosen
    found = operations.list_operations(user=request.user, **chosen)
    filters = {name: value for name, value in chosen.items() if name != "before"}
    context = {
        "form": form,
        "rows": found.operations,
        "filters": filters,
        "chips": [
            (form.fields[name].label, form.words(name), _list_url(request, _without(filters, name)))
            for name, value in filters.items()
        ],
        "newest_url": _list_url(request, filters) if "before" in chosen else "",
        "older_url": _list_url(request, filters, before=found.older) if found.older else "",
        "clear_url": _list_url(request, {}),
    }
    return render(request, "operations/list.html", context)


@page(Role.VIEWER)
def show_operation(request: Request, operation_id: UUID) -> HttpResponse:
    operation = _found(request, operation_id)
    return render(request, "operations/detail.html", _context(request, operation))


@page(Role.VIEWER)
def operation_live(request: Request, operation_id: UUID) -> HttpResponse:
    """Asked while the operation is open; asks the vendor on, under the lease, when that is due."""
    operation = operations.settle_operation(operation=_found(request, operation_id))
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
    operation = operations.settle_operation(operation=_found(request, operation_id))
    follower = operations.first_priority_of(operation=operation)
    if follower:
        operations.settle_operation(operation=follower)
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
        operations.withdraw_operation(operation=operation, user=request.user)
    except operations.NotYours as error:
        raise PermissionDenied(error.words) from error
    if operation.state == State.NOT_SENT:
        messages.success(request, operation.words)
    else:
        messages.warning(request, "It is under way by now and could not be withdrawn.")
    return redirect(operation_url(operation))


def _found(request: Request, operation_id: UUID) -> Operation:
    found = operations.find_operation(user=request.user, operation_id=operation_id)
    return or_404(found)


def _warning(operation: Operation) -> str:
    """What the form warned of, which is as true when the answer comes late."""
    callback = operation.parameters.get("callback")
    return check_callback(callback).warning if callback else ""


def _context(request: Request, operation: Operation) -> dict[str, Any]:
    unsure = (operation.verb, operation.state) == (Verb.PRIORITIZE, State.UNCONFIRMED)
    events = list(operation.events.all())
    follower = operations.first_priority_of(operation=operation)
    wait = operation.next_check_at if operation.state == State.WAITING else None
    shown = (operation.state, operation.words, wait, len(events), follower and follower.state)
    return {
        "operation": operation,
        "words": operations.words_for(user=request.user, operation=operation),
        "offered": operations.offered_priority_of(operation=operation),
        "events": events,
        "batch_url": batch_url(operation),
        "poll_seconds": POLL_SECONDS if operation.is_open else None,
        "now": timezone.now(),
        "stamp": digest(shown),
        "newer": operations.find_newer_priority(user=request.user, operation=operation)
        if unsure
        else None,
        "follower": follower,
        "can_withdraw": operation.state == State.WAITING
        and (operation.user_id == request.user.pk or request.user.is_superuser),
    }


def _without(filters: dict[str, Any], name: str) -> dict[str, Any]:
    return {other: value for other, value in filters.items() if other != name}


def _list_url(request: Request, filters: dict[str, Any], **more: Any) -> str:
    """The list's address: its filters, and the key that the page's other links carry on."""
    key = {"key": request.GET["key"]} if request.GET.get("key") else {}
    query = urlencode({**key, **filters, **more})
    return f"{reverse('operations:list')}{'?' if query else ''}{query}"

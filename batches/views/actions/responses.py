"""The response to a form that writes: one mapping from the result of the write to a page.

done, or still open     the dialog closes and a message says so; without htmx, the page of the batch
                        or of the operation
refused, or not sent    the form again with all that was typed, each message where it belongs
"""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django_htmx.http import (
    HttpResponseClientRedirect,
    reswap,
    retarget,
    trigger_client_event,
)

from batches.forms.batches import ActionForm
from batches.forms.focus import focus_first_error
from batches.models import Operation, State
from batches.services.operations.errors import (
    AlreadySent,
    CannotRecord,
    FormReused,
    KeyGone,
    NoSuchRow,
    OperationsError,
    TooMany,
)
from batches.views.actions.messages import change_event, outcome_message
from batches.views.addresses import batch_url, operation_url
from batches.views.request import Request

WriteResult = Operation | OperationsError | None  # None: nothing was tried

ERROR_STATUS: dict[type[OperationsError], int] = {
    FormReused: 422,
    NoSuchRow: 422,
    TooMany: 429,
    CannotRecord: 503,
    KeyGone: 409,
}
FAILED_STATUS = {State.REFUSED: 422, State.NOT_SENT: 503}
HAS_BATCH = (State.SUCCEEDED, State.NO_EFFECT, State.UNCONFIRMED)


def respond(
    request: Request,
    form: ActionForm,
    result: WriteResult,
    *,
    action: str,
    context: dict[str, Any],
    former: Operation | None = None,
) -> HttpResponse:
    """context: for the template of the form. former: a priority that can be set back to."""
    if isinstance(result, AlreadySent):
        url = operation_url(result.operation)
        # htmx follows a 302 by itself and would put the whole page into the dialog
        return HttpResponseClientRedirect(url) if request.htmx else redirect(url)
    if isinstance(result, Operation) and result.state not in FAILED_STATUS:
        return _done(request, form, result, former)
    status = 422 if form.is_bound else 200
    if isinstance(result, Operation):
        form.add_message(result.message, field=result.field)
        status = FAILED_STATUS[State(result.state)]
        context["operation"] = result
    elif result:
        form.add_message(result.message)
        status = ERROR_STATUS[type(result)]
    response = _form(request, form, action, context)
    response.status_code = status
    if isinstance(result, TooMany):
        response["Retry-After"] = str(result.retry_after)
    return response


def _form(request: Request, form: ActionForm, action: str, context: dict[str, Any]) -> HttpResponse:
    """A dialog's content for htmx, the same as a page for everyone else."""
    if form.is_bound and request.htmx.target == "messages":  # a message cannot show a form
        errors = [str(error) for found in form.errors.values() for error in found]
        messages.error(request, " ".join(errors))
        return reswap(retarget(render(request, "_messages.html"), "#messages"), "beforeend")
    focus_first_error(form)
    sheet = f"actions/_{action}.html"
    is_page = not request.htmx or "page" in request.GET
    template = sheet if request.htmx else "actions/page.html"
    context |= {"form": form, "sheet": sheet, "is_page": is_page}
    response = render(request, template, context)
    # htmx swaps in a response of 4xx or 5xx only where that names its place
    return retarget(response, "closest .sheet") if request.htmx and form.is_bound else response


def _done(
    request: Request, form: ActionForm, operation: Operation, former: Operation | None
) -> HttpResponse:
    message = outcome_message(
        request, operation, warning=form.warning, former=former, form_id=form.next_form_id
    )
    # of a create that is still open there may be no batch yet: its page would be a 404
    if not request.htmx and operation.state not in HAS_BATCH:
        return redirect(operation_url(operation))
    messages.add_message(request, message.level, message.message)
    if not request.htmx:
        return redirect(batch_url(operation.batch_name, operation.key_ref))
    response = render(request, "_messages.html#added")
    for event in ("dialog-done", "batch-changed"):
        trigger_client_event(response, event, change_event(operation))
    # the message is swapped out of band; a usual swap would empty the dialog's target
    return reswap(response, "none")

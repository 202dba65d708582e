"""How a write is answered: the one mapping from what became of it to a page.

done, or open      the dialog closes, a message says so; without htmx the page of what was done
refused, not sent  the form again with all that was typed, words where they belong, a new form id
"""

from collections.abc import Callable
from typing import Protocol

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
from batches.forms.focus import focus_first_trouble
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
from batches.views.actions.messages import news_of, say_outcome
from batches.views.addresses import batch_url, operation_url
from batches.views.request import Request

STATUS: dict[type[OperationsError], int] = {
    FormReused: 422,
    NoSuchRow: 422,
    TooMany: 429,
    CannotRecord: 503,
    KeyGone: 409,
}
FAILED = (State.REFUSED, State.NOT_SENT)
SETTLED_WELL = (State.SUCCEEDED, State.NO_EFFECT, State.UNCONFIRMED)


class Draw(Protocol):
    """Draws a form, in its dialog or on its page."""

    def __call__(
        self, form: ActionForm, *, status: int = 200, operation: Operation | None = None
    ) -> HttpResponse: ...


def answer_write(
    request: Request,
    form: ActionForm,
    draw: Draw,
    write: Callable[[], Operation],
    *,
    former: Operation | None = None,
) -> HttpResponse:
    """Do it, and answer as it went. `former` is the priority that can be set back to."""
    try:
        operation = write()
    except AlreadySent as again:
        return _go(request, operation_url(again.operation))
    except OperationsError as error:
        form.say(error.message)
        answer = redraw(request, form, draw, status=STATUS[type(error)])
        if isinstance(error, TooMany):
            answer["Retry-After"] = str(error.retry_after)
        return answer
    if operation.state in FAILED:
        form.say(operation.message, field=operation.field)
        status = 503 if operation.state == State.NOT_SENT else 422
        return redraw(request, form, draw, status=status, operation=operation)
    return _tell(request, form, operation, former)


def redraw(
    request: Request,
    form: ActionForm,
    draw: Draw,
    *,
    status: int = 422,
    operation: Operation | None = None,
) -> HttpResponse:
    """The form again. For htmx with the name of its place, as only such an answer is swapped in."""
    if request.htmx.target == "messages":  # sent from a message, which has no room for a form
        words = [str(error) for errors in form.errors.values() for error in errors]
        messages.error(request, " ".join(words))
        answer = render(request, "_messages.html", status=status)
        return reswap(retarget(answer, "#messages"), "beforeend")
    focus_first_trouble(form)
    answer = draw(form, status=status, operation=operation)
    return retarget(answer, "closest .sheet") if request.htmx else answer


def _tell(
    request: Request, form: ActionForm, operation: Operation, former: Operation | None
) -> HttpResponse:
    said = say_outcome(
        request,
        operation,
        warning=getattr(form, "warning", ""),
        former=former,
        form_id=form.next_form_id,
    )
    if not request.htmx and operation.state not in SETTLED_WELL:
        return redirect(operation_url(operation))
    messages.add_message(request, said.level, said.message)
    if not request.htmx:
        return redirect(batch_url(operation.batch_name, operation.key_ref))
    answer = render(request, "_messages.html#added")
    for event in ("dialog-done", "batch-changed"):
        trigger_client_event(answer, event, news_of(operation))
    return reswap(answer, "none")


def _go(request: Request, url: str) -> HttpResponse:
    return HttpResponseClientRedirect(url) if request.htmx else redirect(url)

"""Setting the priority of a batch, with a way to set it back."""

from django.http import HttpResponse

from batches.forms.batches import PRIORITY_PRESETS, PrioritizeForm
from batches.models import Operation, State
from batches.services.operations.errors import OperationsError
from batches.services.operations.history import last_priorities
from batches.services.operations.protocol import prioritize_batch
from batches.services.people.roles import Role
from batches.views.access import Key
from batches.views.actions.responses import WriteResult, respond
from batches.views.guards import FORM, page
from batches.views.request import Request


@page(Role.OPERATOR, key=Key.WRITE, methods=FORM)
def prioritize(request: Request, name: str) -> HttpResponse:
    last = last_priorities(key=request.key, names=[name]).get(name)
    if request.method == "POST":
        form = PrioritizeForm(request.POST)
    else:
        # the address has a value in links that send again, and after a sign-in
        form = PrioritizeForm(initial={"priority": request.GET.get("priority", "")})
    result: WriteResult = None
    former: Operation | None = None
    if form.is_valid():
        former = last if _differs(last, form.cleaned_data["priority"]) else None
        try:
            result = prioritize_batch(
                user=request.user, key=request.key, name=name, **form.cleaned_data
            )
        except OperationsError as error:
            result = error
    # the last value sent is all that can be shown: Refonte does not report the current one
    context = {"name": name, "last": last, "presets": PRIORITY_PRESETS}
    return respond(request, form, result, action="prioritize", context=context, former=former)


def _differs(last: Operation | None, priority: int) -> bool:
    """Whether the last priority is known to have been set, and is another one than this."""
    return bool(last and last.state == State.SUCCEEDED and last.parameters["priority"] != priority)

"""Finalizing a batch, with advice on whether it is too early."""

from django.http import HttpResponse

from batches.forms.batches import FinalizeForm
from batches.services.batches.finalize_advice import advise_finalize, recall_advice
from batches.services.operations.errors import OperationsError
from batches.services.operations.protocol import finalize_batch
from batches.services.people.roles import Role
from batches.views.access import Key
from batches.views.actions.responses import WriteResult, respond
from batches.views.guards import FORM, page
from batches.views.request import Request, posted


@page(Role.OPERATOR, key=Key.WRITE, methods=FORM)
def finalize(request: Request, name: str) -> HttpResponse:
    form = FinalizeForm(posted(request))
    result: WriteResult = None
    if form.is_valid():
        try:
            result = finalize_batch(
                user=request.user, key=request.key, name=name, **form.cleaned_data
            )
        except OperationsError as error:
            result = error
    # after a write only its outcome matters, so Refonte is not asked once more
    advise = recall_advice if request.method == "POST" else advise_finalize
    context = {"name": name, "advice": advise(key=request.key, name=name)}
    return respond(request, form, result, action="finalize", context=context)

"""Due date, owner and note of a batch. Nothing is sent to Refonte."""

from django.http import HttpResponse

from batches.forms.notes import NoteForm
from batches.services.attention.notes import set_note
from batches.services.attention.read import note_of
from batches.services.operations.errors import OperationsError
from batches.services.people.choices import people_with_a_role
from batches.services.people.preferences import zone_of
from batches.services.people.roles import Role
from batches.views.access import Key
from batches.views.actions.responses import WriteResult, respond
from batches.views.guards import FORM, page
from batches.views.request import Request, posted

FILLED_BY_ADDRESS = ("due", "owner", "text", "tz")
UNCHANGED = "Nothing to save: this is what is noted already."


@page(Role.OPERATOR, key=Key.WRITE, methods=FORM)
def note(request: Request, name: str) -> HttpResponse:
    form = NoteForm(
        posted(request),
        note=note_of(fingerprints=request.key.fingerprints, name=name),
        zone=zone_of(request.user),
        people=people_with_a_role(),
        # after a sign-in the address has what was typed
        filled={one: request.GET[one] for one in FILLED_BY_ADDRESS if one in request.GET},
    )
    result: WriteResult = None
    if form.is_valid():
        try:
            result = set_note(user=request.user, key=request.key, name=name, **form.fields_to_set)
        except OperationsError as error:
            result = error
        if result is None:
            form.add_message(UNCHANGED)
    return respond(request, form, result, action="note", context={"name": name})

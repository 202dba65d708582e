"""What is done at once for all of a selection: follow, due date and owner, and taking that back."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django_htmx.http import reswap, retarget, trigger_client_event

from batches.forms.focus import focus_first_error
from batches.forms.follows import FollowForm
from batches.forms.selections import NotesForm
from batches.models import Scope, Selection
from batches.services.attention.notes_of_many import NotesChange, set_back, set_notes
from batches.services.notices.follows import Thing, TooManyFollows
from batches.services.notices.follows_of_many import follow_batches, unfollow_batches
from batches.services.operations.errors import AlreadySent, OperationsError
from batches.services.people.choices import people_with_a_role
from batches.services.people.preferences import zone_of
from batches.services.people.roles import Role
from batches.services.selections.store import names_of
from batches.templatetags.addresses import page_url
from batches.views.access import Key
from batches.views.actions.responses import ERROR_STATUS
from batches.views.follows_presenter import follow_context, ways_of
from batches.views.guards import FORM, page
from batches.views.request import Request, posted
from batches.views.return_to import list_url
from batches.views.selections.found import of_selection

FILLED_BY_ADDRESS = ("due", "no_due", "owner", "tz")
UNCHANGED = "Nothing to save: this is what is noted of all of them already."


@page(Role.VIEWER, key=Key.READ, methods=FORM)
@of_selection
def follow(request: Request, selection: Selection) -> HttpResponse:
    """The same for each of them; `do=unfollow` ends it."""
    names, ways = names_of(selection=selection), ways_of(request.user)
    things = [Thing(Scope.BATCH, names[0] if names else "")]
    scopes = [Scope.BATCH]
    form = FollowForm(posted(request), scopes=scopes, ways=[*ways])
    context = {"selection": selection, "count": len(names)}
    context |= follow_context(request, things, ways, form=form if form.is_bound else None)
    if not form.is_bound:
        return _sheet(request, "follow", context)
    if not form.is_valid():
        return _sheet(request, "follow", context, status=422)
    if request.POST.get("do") == "unfollow":
        unfollow_batches(user=request.user, key=request.key, names=names)
        return _done(request, selection, f"You no longer follow {_batches(len(names))}.")
    try:
        choices = form.cleaned_data["choices"]
        follow_batches(user=request.user, key=request.key, names=names, choices=choices)
    except TooManyFollows as error:
        form.add_error(None, str(error))
        return _sheet(request, "follow", context, status=422)
    words = "You follow" if choices else "You no longer follow"
    return _done(request, selection, f"{words} {_batches(len(names))}.")


@page(Role.OPERATOR, key=Key.WRITE, methods=FORM)
@of_selection
def note(request: Request, selection: Selection) -> HttpResponse:
    """Due date and owner. What is left empty stays as it is."""
    form = NotesForm(
        posted(request),
        zone=zone_of(request.user),
        people=people_with_a_role(),
        # after a sign-in the address has what was typed
        filled={one: request.GET[one] for one in FILLED_BY_ADDRESS if one in request.GET},
    )
    names, status = names_of(selection=selection), 422 if form.is_bound else 200
    if form.is_valid():
        form_id = form.cleaned_data["form_id"]
        try:
            done = set_notes(
                user=request.user,
                key=request.key,
                form_id=form_id,
                names=names,
                change=form.change,
            )
        except AlreadySent as error:
            return _done(request, selection, error.message)
        except OperationsError as error:
            form.add_message(error.message)
            status = ERROR_STATUS[type(error)]
        else:
            if done:
                words = _set_words(form.change, len(done), len(names))
                return _done(request, selection, _with_undo(request, form, words))
            form.add_message(UNCHANGED)
    focus_first_error(form)
    context = {"selection": selection, "count": len(names), "form": form}
    return _sheet(request, "note", context, status=status)


@page(Role.OPERATOR, key=Key.WRITE, methods=("POST",))
def undo(request: Request) -> HttpResponse:
    """Set back what the form `of` set, but where it was changed since."""
    try:
        of, form_id = (UUID(request.POST.get(name, "")) for name in ("of", "form_id"))
    except ValueError:
        return HttpResponse("This names nothing to set back.", status=422)
    try:
        done, stay = set_back(user=request.user, key=request.key, form_id=form_id, of=of)
    except OperationsError as error:
        messages.error(request, error.message)
    else:
        also = f" {stay:,} changed since, or were so before: these stay." if stay else ""
        messages.success(request, f"Set back for {_batches(done)}.{also}")
    if not request.htmx:
        return redirect(list_url(request))
    response = render(request, "_messages.html#list")
    return trigger_client_event(response, "batch-changed", {})


def _set_words(change: NotesChange, done: int, of: int) -> str:
    """`Due date of 7 batches set.`"""
    sets_due, sets_owner = "due_at" in change.fields, "owner" in change.fields
    what = "Due date and owner" if sets_due and sets_owner else "Due date" if sets_due else "Owner"
    is_removed = not (sets_due and change.due_at) and not (sets_owner and change.owner)
    also = f" {of - done:,} had it already." if done < of else ""
    return f"{what} of {_batches(done)} {'removed' if is_removed else 'set'}.{also}"


def _with_undo(request: Request, form: NotesForm, words: str) -> str:
    context = {
        "words": words,
        "warning": form.warning,
        "of": form.cleaned_data["form_id"],
        "form_id": form.next_form_id,
    }
    return render_to_string("selections/_set_message.html", context, request=request)


def _batches(number: int) -> str:
    return "1 batch" if number == 1 else f"{number:,} batches"


def _sheet(
    request: Request, name: str, context: dict[str, object], *, status: int = 200
) -> HttpResponse:
    """A dialog's content for htmx, the same as a page for everyone else."""
    sheet = f"selections/_{name}.html"
    context |= {"sheet": sheet, "is_page": not request.htmx}
    template = sheet if request.htmx else "selections/sheet.html"
    response = render(request, template, context, status=status)
    is_bound = request.method == "POST"
    return retarget(response, "closest .sheet") if request.htmx and is_bound else response


def _done(request: Request, selection: Selection, message: str) -> HttpResponse:
    messages.success(request, message)
    if not request.htmx:
        return redirect(page_url("selections:show", selection.pk, key=request.key.ref))
    response = render(request, "_messages.html#added")
    for event in ("dialog-done", "batch-changed"):
        trigger_client_event(response, event, {})
    # the message is swapped out of band; a usual swap would empty the dialog's target
    return reswap(response, "none")

"""Creating a batch: its form, and the advice on its name while that is typed."""

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from batches.forms.batches import CreateForm, check_name
from batches.forms.focus import focus_field
from batches.services.batches.projects import known_projects, offered, remembered_projects
from batches.services.operations.errors import OperationsError
from batches.services.operations.names import NameAdvice, name_is_free, propose_name
from batches.services.operations.protocol import create_batch
from batches.services.operations.template_of import template_of
from batches.services.people.roles import Role
from batches.views.access import Key
from batches.views.actions.responses import WriteResult, respond
from batches.views.guards import FORM, page
from batches.views.request import Request

# all but `form_id`: each form that is opened has an id of its own
FILLED_BY_ADDRESS = (
    *("project", "name", "callback", "tell_console"),
    *("calibration_batch", "self_label_batch", "priority"),
)


@page(Role.OPERATOR, key=Key.WRITE, methods=FORM)
def create(request: Request) -> HttpResponse:
    form = CreateForm(request.POST) if request.method == "POST" else _filled_form(request)
    result: WriteResult = None
    if form.is_valid():
        try:
            result = create_batch(user=request.user, key=request.key, **form.cleaned_data)
        except OperationsError as error:
            result = error
    return respond(request, form, result, action="create", context=_projects(request))


@page(Role.OPERATOR, key=Key.WRITE)
def check_new_name(request: Request) -> HttpResponse:
    """A fragment under the name field: whether the name is free; where it is empty, a proposal."""
    text = request.GET.get("name", "").strip()
    # with `page` in the address the form is on a page of its own, and is replaced there
    context: dict[str, Any] = {"is_page": "page" in request.GET}
    if text:
        context["advice"] = _name_advice(request, text)
    else:
        context["proposal"] = _proposed_name(request.GET.get("project", ""))
    return render(request, "actions/_name_advice.html", context)


def _filled_form(request: Request) -> CreateForm:
    """Filled from the address, then from the batch that its `like` names."""
    like = request.GET.get("like", "")
    initial = template_of(key=request.key, name=like) if like else {}
    # typed values win: after a sign-in the address has them beside `like`
    initial |= {name: request.GET[name] for name in FILLED_BY_ADDRESS if request.GET.get(name)}
    proposed = request.GET.get("proposed", "")
    name = proposed or _proposed_name(initial.get("project", ""))
    form = CreateForm(initial={"name": name} | initial)
    if proposed:  # the focus was on the button of the proposal, which is no longer there
        focus_field(form, "name")
    return form


def _projects(request: Request) -> dict[str, Any]:
    # after a write only its outcome matters, so Refonte is not asked once more
    known = remembered_projects if request.method == "POST" else known_projects
    projects = known(key=request.key)
    choices = offered(projects)
    return {"projects": choices, "has_more_projects": len(choices) < len(projects)}


def _name_advice(request: Request, text: str) -> NameAdvice:
    try:
        name = check_name(text)
    except ValidationError as error:
        return NameAdvice(is_free=False, message=" ".join(error.messages))
    return name_is_free(key=request.key, name=name)


def _proposed_name(project: str) -> str:
    return propose_name(project=project, today=timezone.localdate())

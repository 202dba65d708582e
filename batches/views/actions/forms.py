"""Creating, finalizing, prioritizing: each a dialog for htmx, the same as a page for the rest."""

from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from batches.forms.batches import (
    ActionForm,
    CreateForm,
    FinalizeForm,
    PrioritizeForm,
    check_name,
)
from batches.forms.focus import focus_field
from batches.models import Operation, State
from batches.services.batches.finalize_advice import advise_finalize, recall_advice
from batches.services.batches.projects import known_projects, offered, remembered_projects
from batches.services.operations import history, protocol
from batches.services.operations.names import NameAdvice, name_is_free, propose_name
from batches.services.operations.template_of import template_of
from batches.services.people.roles import Role
from batches.views.access import Key
from batches.views.actions.responses import answer_write, redraw
from batches.views.guards import FORM, page
from batches.views.request import Request

PRESETS = ((10, "Lowest"), (20, "Middle"), (30, "Highest"))


@page(Role.OPERATOR, key=Key.WRITE, methods=FORM)
def create(request: Request) -> HttpResponse:
    draw = partial(_draw_create, request)
    if request.method != "POST":
        form = CreateForm(initial=_prefilled(request))
        if request.GET.get("proposed"):  # the button that took it is gone
            focus_field(form, "name")
        return draw(form)
    form = CreateForm(request.POST)
    if not form.is_valid():
        return redraw(request, form, draw)
    write = partial(protocol.create_batch, user=request.user, key=request.key, **form.sent)
    return answer_write(request, form, draw, write)


@page(Role.OPERATOR, key=Key.WRITE, methods=FORM)
def finalize(request: Request, name: str) -> HttpResponse:
    draw = partial(_draw_finalize, request, name)
    if request.method != "POST":
        return draw(FinalizeForm())
    form = FinalizeForm(request.POST)
    if not form.is_valid():
        return redraw(request, form, draw)
    write = partial(
        protocol.finalize_batch, user=request.user, key=request.key, name=name, **form.sent
    )
    return answer_write(request, form, draw, write)


@page(Role.OPERATOR, key=Key.WRITE, methods=FORM)
def prioritize(request: Request, name: str) -> HttpResponse:
    draw = partial(_draw_prioritize, request, name)
    if request.method != "POST":
        return draw(PrioritizeForm(initial={"priority": request.GET.get("priority", "")}))
    form = PrioritizeForm(request.POST)
    if not form.is_valid():
        return redraw(request, form, draw)
    former = _last_priority(request, name)
    if former and not _is_way_back(former, form.sent["priority"]):
        former = None
    write = partial(
        protocol.prioritize_batch, user=request.user, key=request.key, name=name, **form.sent
    )
    return answer_write(request, form, draw, write, former=former)


@page(Role.OPERATOR, key=Key.WRITE)
def check_new_name(request: Request) -> HttpResponse:
    """A fragment under the name's field: is it free; or, while it is empty, one proposed.

    `page` says that the form stands on a page of its own, here and when it is drawn anew.
    """
    text = request.GET.get("name", "").strip()
    context: dict[str, Any] = {"is_page": "page" in request.GET}
    if text:
        context["advice"] = _name_advice(request, text)
    else:
        context["proposal"] = _proposed_name(request.GET.get("project", ""))
    return render(request, "actions/_name_advice.html", context)


def _name_advice(request: Request, text: str) -> NameAdvice:
    try:
        name = check_name(text)
    except ValidationError as error:
        return NameAdvice(is_free=False, message=" ".join(error.messages))
    return name_is_free(key=request.key, name=name)


def _prefilled(request: Request) -> dict[str, Any]:
    """What the address says, over what is known of the batch that this one is to be like."""
    like = request.GET.get("like", "")
    initial = template_of(key=request.key, name=like) if like else {}
    names = ("project", "name", "callback", "calibration_batch", "self_label_batch", "priority")
    initial |= {name: request.GET[name] for name in names if request.GET.get(name)}
    proposed = request.GET.get("proposed", "") or _proposed_name(initial.get("project", ""))
    return {"name": proposed} | initial


def _proposed_name(project: str) -> str:
    return propose_name(project=project, today=timezone.localdate())


def _last_priority(request: Request, name: str) -> Operation | None:
    sent = history.last_priorities(key=request.key, names=[name])
    return sent.get(name)


def _is_way_back(former: Operation, priority: int) -> bool:
    """Only a value that is known to have been set, and that differs, can be set back to."""
    return former.state == State.SUCCEEDED and former.parameters["priority"] != priority


def _draw_create(
    request: Request, form: ActionForm, *, status: int = 200, operation: Operation | None = None
) -> HttpResponse:
    known = remembered_projects if request.method == "POST" else known_projects
    projects = known(key=request.key)
    choices = offered(projects)
    context = {"projects": choices, "has_more_projects": len(choices) < len(projects)}
    return _sheet(request, "create", form, status, operation, context)


def _draw_finalize(
    request: Request,
    name: str,
    form: ActionForm,
    *,
    status: int = 200,
    operation: Operation | None = None,
) -> HttpResponse:
    # after a write, whose words stand above, the vendor is not asked once more
    advise = recall_advice if request.method == "POST" else advise_finalize
    context = {"name": name, "advice": advise(key=request.key, name=name)}
    return _sheet(request, "finalize", form, status, operation, context)


def _draw_prioritize(
    request: Request,
    name: str,
    form: ActionForm,
    *,
    status: int = 200,
    operation: Operation | None = None,
) -> HttpResponse:
    context = {"name": name, "last": _last_priority(request, name), "presets": PRESETS}
    return _sheet(request, "prioritize", form, status, operation, context)


def _sheet(
    request: Request,
    action: str,
    form: ActionForm,
    status: int,
    operation: Operation | None,
    context: dict[str, Any],
) -> HttpResponse:
    sheet = f"actions/_{action}.html"
    is_page = not request.htmx or "page" in request.GET
    context |= {"form": form, "operation": operation, "sheet": sheet, "is_page": is_page}
    template = sheet if request.htmx else "actions/page.html"
    return render(request, template, context, status=status)

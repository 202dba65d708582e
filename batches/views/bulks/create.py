"""Many new batches, from pasted rows or a file. Nothing is sent: a plan is made of them."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from batches.forms.bulks import COLUMNS, BulkCreateForm, CheckedLine
from batches.forms.focus import focus_first_error
from batches.services.bulks.plan import plan_creates
from batches.services.bulks.types import CreateRow
from batches.services.operations.errors import CannotRecord, OperationsError
from batches.services.people.roles import Role
from batches.views.access import Key
from batches.views.bulks.stages import bulk_url
from batches.views.guards import FORM, page
from batches.views.request import Request

LINES_SHOWN = 100  # of all lines, or of those alone that need a correction


@page(Role.OPERATOR, key=Key.WRITE, methods=FORM)
def create(request: Request) -> HttpResponse:
    if request.method != "POST":
        # the address has what was typed after a sign-in
        form = BulkCreateForm(initial={"rows": request.GET.get("rows", "")})
        return render(request, "bulks/new.html", {"form": form})
    form = BulkCreateForm(request.POST, request.FILES)
    if not form.is_valid():
        return _again(request, form, 422)
    try:
        bulk = plan_creates(
            user=request.user,
            key=request.key,
            form_id=form.cleaned_data["form_id"],
            rows=[_row(line) for line in form.lines],
        )
    except OperationsError as error:
        form.add_message(error.message)
        return _again(request, form, 503 if isinstance(error, CannotRecord) else 422)
    if form.warning:
        messages.warning(request, form.warning)
    return redirect(bulk_url(bulk))


def _row(line: CheckedLine) -> CreateRow:
    return CreateRow(**line.values)


def _again(request: Request, form: BulkCreateForm, status: int) -> HttpResponse:
    """With the text in its place, also that of a file, and the lines as they were read."""
    wrong = [line for line in form.lines if line.is_wrong]
    lines = form.lines if len(form.lines) <= LINES_SHOWN else wrong
    columns = [name for name in COLUMNS if lines and name in _columns(lines[0])]
    focus_first_error(form)
    context: dict[str, Any] = {
        "form": form,
        "lines": lines[:LINES_SHOWN],
        "wrong": len(wrong),
        "read": len(form.lines),
        "more_lines": len(form.lines) - len(lines[:LINES_SHOWN]),
        "columns": columns,
    }
    return render(request, "bulks/new.html", context, status=status)


def _columns(line: CheckedLine) -> set[str]:
    return {cell.column for cell in line.cells}

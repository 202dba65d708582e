"""Saved views: their menu on the list, their page, and the forms that save and change them."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django_htmx.http import HttpResponseClientRedirect, HttpResponseClientRefresh

from batches.forms.filters import FilterForm
from batches.forms.saved_views import ViewForm, to_query
from batches.services.people.roles import Role
from batches.services.views.read import find_own_view, find_view, list_views
from batches.services.views.types import NameTaken, NotShared, TooManyViews, View, ViewChanged
from batches.services.views.write import (
    change_view,
    delete_view,
    save_view,
    set_default_view,
    update_view,
)
from batches.views.access import Key
from batches.views.addresses import named_key, same_key_url, view_url
from batches.views.batches.opened import OpenedList, open_list
from batches.views.guards import FORM, or_404, page
from batches.views.request import Request, posted
from batches.views.saved_views_presenter import (
    changed_context,
    menu_context,
    page_context,
    save_context,
)


@page(Role.VIEWER)
def list_all(request: Request) -> HttpResponse:
    views = list_views(user=request.user)
    return render(request, "views/list.html", page_context(request.user, views, named_key(request)))


@page(Role.VIEWER, key=Key.READ)
def menu(request: Request) -> HttpResponse:
    """What the menu on a list holds: a piece for htmx, else a page."""
    opened = _opened(request)
    if not opened.form.is_valid():
        return _refused(request, opened.form)
    views = list_views(user=request.user)
    template = "views/_menu.html" if request.htmx else "views/menu.html"
    return render(request, template, menu_context(request, opened, views))


@page(Role.VIEWER, key=Key.READ, methods=FORM)
def save(request: Request) -> HttpResponse:
    """The list that the form names becomes a new view."""
    opened = _opened(request)
    if not opened.form.is_valid():
        return _refused(request, opened.form)
    initial = {"name": opened.view.name} if opened.view and not opened.view.is_own else {}
    form = ViewForm(posted(request), initial=initial | request.GET.dict())
    if form.is_valid():
        query = to_query(opened.form.filters)
        try:
            view = save_view(user=request.user, query=query, **form.values)
        except (NameTaken, TooManyViews) as error:
            form.add_error("name", error.message)
        else:
            messages.success(request, f"“{view.name}” is saved.")
            return _to(request, view_url(view.slug, request.key.ref))
    return _sheet(request, save_context(request, opened, form), form)


@page(Role.VIEWER, key=Key.READ, methods=("POST",))
def update(request: Request, slug: str) -> HttpResponse:
    """The list that the form names replaces what is in the view."""
    view = _own(request, slug)
    opened = _opened(request)
    if not opened.form.is_valid():
        return _refused(request, opened.form)
    query = to_query(opened.form.filters)
    try:
        update_view(view=view, query=query, version=request.POST.get("version", ""))
    except ViewChanged:
        # asked again with what is in it now
        context = changed_context(request, opened, _own(request, slug))
        return render(request, "views/changed.html", context, status=409)
    messages.success(request, f"“{view.name}” is updated.")
    return redirect(view_url(view.slug, request.key.ref))


@page(Role.VIEWER, methods=FORM)
def edit(request: Request, slug: str) -> HttpResponse:
    """Rename a view, share it, or share it no more."""
    view = _own(request, slug)
    now = {"name": view.name, "is_shared": view.is_shared}
    form = ViewForm(posted(request), initial=now | request.GET.dict())
    if form.is_valid():
        try:
            change_view(user=request.user, view=view, **form.values)
        except NameTaken as error:
            form.add_error("name", error.message)
        else:
            messages.success(request, f"“{form.values['name']}” is saved.")
            # the page that the dialog lies on has the name, whichever it is
            address = same_key_url(request, "views:list")
            return HttpResponseClientRefresh() if request.htmx else redirect(address)
    back = same_key_url(request, "views:list")
    return _sheet(request, {"view": view, "form": form, "back": back}, form)


@page(Role.VIEWER, methods=FORM)
def delete(request: Request, slug: str) -> HttpResponse:
    view = _own(request, slug)
    if request.method != "POST":
        return _sheet(request, {"view": view})
    delete_view(user=request.user, view=view)
    messages.success(request, f"“{view.name}” is deleted.")
    return _to(request, same_key_url(request, "views:list"))


@page(Role.VIEWER, methods=("POST",))
def default(request: Request) -> HttpResponse:
    """`view` is the slug of the view that a bare address of the list opens; empty for none."""
    slug = request.POST.get("view", "")
    view = or_404(_readable(request, slug)) if slug else None
    set_default_view(user=request.user, view=view)
    words = f"“Batches” opens with “{view.name}”." if view else "“Batches” opens without a view."
    messages.success(request, words)
    return redirect(same_key_url(request, "views:list"))


def _opened(request: Request) -> OpenedList:
    """The list that a link or a form names, by the same names."""
    return open_list(
        user=request.user, query=request.POST if request.method == "POST" else request.GET
    )


def _own(request: Request, slug: str) -> View:
    return or_404(find_own_view(user=request.user, slug=slug))


def _readable(request: Request, slug: str) -> View | None:
    try:
        return find_view(user=request.user, slug=slug)
    except NotShared:
        return None


def _refused(request: Request, form: FilterForm) -> HttpResponse:
    return render(request, "batches/list_refused.html", {"form": form}, status=400)


def _sheet(request: Request, context: dict[str, Any], form: ViewForm | None = None) -> HttpResponse:
    """A dialog's content for htmx, the same as a page for everyone else."""
    sheet = "views/_form.html" if form else "views/_delete.html"
    status = 422 if form and form.is_bound else 200
    template = sheet if request.htmx else "views/sheet.html"
    return render(
        request, template, context | {"sheet": sheet, "action": request.path}, status=status
    )


def _to(request: Request, address: str) -> HttpResponse:
    # htmx follows a 302 by itself and would put the whole page into the dialog
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)

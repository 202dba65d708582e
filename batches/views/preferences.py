"""A person's preferences. Everyone who is signed in has some, with or without a role."""

from django.contrib import messages
from django.forms.models import model_to_dict
from django.http import HttpResponse
from django.shortcuts import redirect, render

from batches.forms.preferences import PreferencesForm
from batches.services.people.preferences import preferences_of, save_preferences, set_browser_zone
from batches.services.people.roles import Role
from batches.views.addresses import same_key_url
from batches.views.guards import FORM, page
from batches.views.request import Request


@page(Role.NOBODY, methods=FORM)
def edit(request: Request) -> HttpResponse:
    if request.method != "POST":
        kept = model_to_dict(preferences_of(request.user))
        form = PreferencesForm(initial=kept | request.GET.dict(), browser_zone=kept["browser_zone"])
        return render(request, "preferences/edit.html", {"form": form})
    form = PreferencesForm(request.POST, browser_zone=preferences_of(request.user).browser_zone)
    if not form.is_valid():
        return render(request, "preferences/edit.html", {"form": form}, status=422)
    save_preferences(user=request.user, **form.cleaned_data)
    messages.success(request, "Your preferences are saved.")
    return redirect(same_key_url(request, "preferences:edit"))


@page(Role.NOBODY, methods=("POST",))
def browser_zone(request: Request) -> HttpResponse:
    """The browser sends its zone where the page has another; a zone that was chosen stays."""
    try:
        set_browser_zone(user=request.user, zone=request.POST.get("zone", ""))
    except ValueError as error:
        return HttpResponse(str(error), status=422, content_type="text/plain; charset=utf-8")
    return HttpResponse(status=204)

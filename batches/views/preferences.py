"""A person's preferences. Everyone who is signed in has some, with or without a role."""

from django.contrib import messages
from django.forms.models import model_to_dict
from django.http import HttpResponse
from django.shortcuts import redirect, render

from batches.forms.follows import NoticeSettingForm
from batches.forms.preferences import PreferencesForm
from batches.services.notices.readers import setting_of
from batches.services.notices.settings import save_setting
from batches.services.people.preferences import preferences_of, save_preferences, set_browser_zone
from batches.services.people.roles import Role
from batches.views.addresses import same_key_url
from batches.views.guards import FORM, page
from batches.views.request import Request


@page(Role.NOBODY, methods=FORM)
def edit(request: Request) -> HttpResponse:
    if request.method != "POST":
        return _page(request)
    form = PreferencesForm(request.POST, browser_zone=preferences_of(request.user).browser_zone)
    if not form.is_valid():
        return _page(request, form=form)
    save_preferences(user=request.user, **form.cleaned_data)
    messages.success(request, "Your preferences are saved.")
    return redirect(same_key_url(request, "preferences:edit"))


@page(Role.NOBODY, methods=FORM)
def notices(request: Request) -> HttpResponse:
    """Quiet hours and the daily digest, which have a form of their own on that page."""
    if request.method != "POST":
        return _page(request)
    form = NoticeSettingForm(request.POST)
    if not form.is_valid():
        return _page(request, notices=form)
    save_setting(user=request.user, **form.cleaned_data)
    messages.success(request, "Your quiet hours and digest are saved.")
    return redirect(same_key_url(request, "preferences:edit"))


def _page(
    request: Request,
    form: PreferencesForm | None = None,
    notices: NoticeSettingForm | None = None,
) -> HttpResponse:
    """Both forms; the one that was refused as it was sent."""
    # an address may fill a form: a person whose session ended comes back with what they typed
    typed = request.GET.dict()
    kept, setting = model_to_dict(preferences_of(request.user)), setting_of(request.user)
    zone = kept["browser_zone"]
    context = {
        "form": form or PreferencesForm(initial=kept | typed, browser_zone=zone),
        "notices": notices or NoticeSettingForm(initial=model_to_dict(setting) | typed),
    }
    status = 422 if form or notices else 200
    return render(request, "preferences/edit.html", context, status=status)


@page(Role.NOBODY, methods=("POST",))
def browser_zone(request: Request) -> HttpResponse:
    """The browser sends its zone where the page has another; a zone that was chosen stays."""
    try:
        set_browser_zone(user=request.user, zone=request.POST.get("zone", ""))
    except ValueError as error:
        return HttpResponse(str(error), status=422, content_type="text/plain; charset=utf-8")
    return HttpResponse(status=204)

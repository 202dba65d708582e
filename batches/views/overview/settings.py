"""What is set for a project: a dialog of its page, or a page of its own."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django_htmx.http import HttpResponseClientRedirect

from batches.forms.focus import focus_first_error
from batches.forms.projects import ProjectSettingsForm
from batches.services.attention.project_settings import set_staging_hours, staging_hours_of
from batches.services.people.roles import Role
from batches.templatetags.addresses import page_url
from batches.views.access import Key
from batches.views.guards import FORM, page
from batches.views.request import Request, posted


@page(Role.OPERATOR, key=Key.WRITE, methods=FORM)
def edit_settings(request: Request, name: str) -> HttpResponse:
    fingerprint = request.key.fingerprint
    form = ProjectSettingsForm(
        posted(request),
        initial={"staging_hours": staging_hours_of(fingerprint=fingerprint, project=name)},
        default=settings.STAGING_HOURS,
    )
    if form.is_bound and form.is_valid():
        hours = form.cleaned_data["staging_hours"]
        set_staging_hours(fingerprint=fingerprint, project=name, hours=hours)
        messages.success(request, "Saved in this console.")
        url = page_url("projects:detail", name, key=request.key.ref)
        return HttpResponseClientRedirect(url) if request.htmx else redirect(url)
    focus_first_error(form)
    is_page = not request.htmx
    sheet = "overview/_settings.html"
    context = {"name": name, "form": form, "sheet": sheet, "is_page": is_page}
    template = "actions/page.html" if is_page else sheet
    return render(request, template, context, status=422 if form.is_bound else 200)

"""The admin, and the barest view that knows who asks."""

from django.contrib import admin
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.urls import path


@login_required
def bare(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"Hello {request.user.get_username()}")


urlpatterns = [path("admin/", admin.site.urls), path("bare/", bare)]

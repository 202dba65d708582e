"""Views as small as can be, behind the door that is under test."""

from django.http import HttpResponse
from django.urls import include, path

from batches.services.keys.vault import KeyUnreadable
from batches.services.people.roles import Role
from batches.views.access import Key
from batches.views.guards import or_404, page
from batches.views.request import Request


@page(Role.VIEWER, key=Key.READ, methods=("GET", "HEAD", "POST"))
def read(request: Request) -> HttpResponse:
    return HttpResponse(f"read with {request.key.ref}")


@page(Role.OPERATOR, key=Key.WRITE, methods=("GET", "POST"))
def write(request: Request) -> HttpResponse:
    return HttpResponse(f"{request.method} with {request.key.ref}")


@page(Role.VIEWER, key=Key.READ)
def sealed(request: Request) -> HttpResponse:
    raise KeyUnreadable("This key does not open.")


@page(Role.ADMIN)
def admin_only(request: Request) -> HttpResponse:
    return HttpResponse("administrators")


@page(Role.VIEWER)
def missing(request: Request) -> HttpResponse:
    return HttpResponse(or_404(request.GET.get("thing")))


urlpatterns = [
    path("guarded/read/", read),
    path("guarded/write/", write),
    path("guarded/sealed/", sealed),
    path("guarded/admin/", admin_only),
    path("guarded/missing/", missing),
    path("", include("dashboard.urls")),
]
handler403 = "batches.views.errors.forbidden"
handler404 = "batches.views.errors.not_found"

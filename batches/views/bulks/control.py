"""Stopping a bulk after the row that is being sent, and letting it go on."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect

from batches.services.bulks import control
from batches.services.bulks.errors import NotYours
from batches.services.bulks.read import find_bulk
from batches.services.operations.errors import OperationsError
from batches.services.people.roles import Role
from batches.views.access import Key
from batches.views.bulks.stages import bulk_url
from batches.views.guards import or_404, page
from batches.views.request import Request


# without a key: nothing is sent, and it can be stopped where its key is gone
@page(Role.OPERATOR, methods=("POST",))
def stop(request: Request, bulk_id: UUID) -> HttpResponse:
    bulk = or_404(find_bulk(user=request.user, bulk_id=bulk_id))
    try:
        control.stop_bulk(user=request.user, bulk=bulk)
    except NotYours as error:
        raise PermissionDenied(error.message) from error
    except OperationsError as error:
        messages.warning(request, error.message)
    return redirect(bulk_url(bulk))


@page(Role.OPERATOR, key=Key.WRITE, methods=("POST",))
def go_on(request: Request, bulk_id: UUID) -> HttpResponse:
    bulk = or_404(find_bulk(user=request.user, bulk_id=bulk_id))
    try:
        control.go_on(user=request.user, key=request.key, bulk=bulk)
    except NotYours as error:
        raise PermissionDenied(error.message) from error
    except OperationsError as error:
        messages.warning(request, error.message)
    return redirect(bulk_url(bulk))

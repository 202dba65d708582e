"""The page of one batch."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from batches.services.batches.detail import read_detail
from batches.services.chart.brief import read_brief
from batches.services.people.roles import Role
from batches.services.watcher.report import pace_of
from batches.views.access import Key
from batches.views.addresses import batch_url
from batches.views.batches.drawing import draw
from batches.views.batches.missing import missing_text
from batches.views.batches.presenter import detail_context
from batches.views.guards import page
from batches.views.key_switch import KEYS_SHOWN, SwitchKey
from batches.views.palette.opened import BATCH, note_opened
from batches.views.request import Request
from batches.views.return_to import list_url


@page(Role.VIEWER, key=Key.READ)
def show_batch(request: Request, name: str) -> HttpResponse:
    detail = read_detail(key=request.key, name=name)
    context = detail_context(request, detail) | {"list_url": list_url(request)}
    if detail.is_known and not detail.is_missing:
        note_opened(request, request.key, BATCH, name)
        points = read_brief(key=request.key, name=name)
        zone = timezone.get_current_timezone()
        context["drawing"] = draw(points, zone, due_at=detail.note.due_at)
        context["pace"] = pace_of(
            fingerprint=request.key.fingerprint,
            batch=name,
            status=detail.current_status,
            now=timezone.now(),
        )
        return render(request, "batches/detail.html", context)
    # 503 where Refonte could not be asked: a 404 would say that there is no such batch
    status = 200 if detail.late_create else 404 if detail.is_missing else 503
    others = [key for key in request.key_choice.keys if key.ref != request.key.ref]
    context |= {
        "missing": missing_text(detail),
        "others": [SwitchKey(key, batch_url(name, key.ref)) for key in others[:KEYS_SHOWN]],
    }
    return render(request, "batches/missing.html", context, status=status)

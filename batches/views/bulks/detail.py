"""The page of a bulk at each of its stages, and the fragments that keep it current."""

from typing import Any
from uuid import UUID, uuid4

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django_htmx.http import trigger_client_event

from batches.models import Bulk, PlanGroup
from batches.services.batches.digests import digest
from batches.services.bulks.read import all_receipt_rows, find_bulk
from batches.services.bulks.types import RowOutcome
from batches.services.people.roles import Role
from batches.views import key_responses
from batches.views.addresses import named_key
from batches.views.bulks import plan_page, run_page
from batches.views.bulks.stages import (
    PLAN,
    READING,
    RECEIPT,
    RUN,
    UNCONFIRMED,
    bulk_url,
    can_stop,
    own_key,
    stage_of,
)
from batches.views.guards import or_404, page
from batches.views.request import Request, is_poll

BODIES = {READING: "_plan", PLAN: "_plan", RUN: "_run", RECEIPT: "_receipt"}
LARGEST = 10**6  # of a place in an address: no bulk has as many rows


@page(Role.VIEWER)
def show_bulk(request: Request, bulk_id: UUID) -> HttpResponse:
    bulk = or_404(find_bulk(user=request.user, bulk_id=bulk_id))
    if not named_key(request):
        # links on the page go on with the key of the frame, which must be that of the bulk
        return redirect(bulk_url(bulk, **request.GET.dict()))
    return bulk_page(request, bulk, reason=request.GET.get("reason", ""))


@page(Role.VIEWER)
def bulk_live(request: Request, bulk_id: UUID) -> HttpResponse:
    """The pieces that changed; where the bulk is at another stage, all of it."""
    found = find_bulk(user=request.user, bulk_id=bulk_id)
    if found is None and is_poll(request):  # its key is gone since the page was loaded
        return key_responses.stop_poll(request)
    bulk = or_404(found)
    context = bulk_context(request, bulk) | {"oob": True}
    is_same_stage = request.GET.get("stage") == context["stage"]
    same_head = is_same_stage and request.GET.get("stamp") == context["stamp"]
    context |= {"is_same_stage": is_same_stage, "same_head": same_head}
    context["changed"] = _changed(request, bulk, context) if is_same_stage else ()
    if same_head and not context["changed"]:
        response = HttpResponse(status=204)
    else:
        response = render(request, "bulks/_live.html", context)
    event = {
        "as_of": timezone.now().isoformat(),
        "words": _words(request, context),
        "title": context["tab_title"],
        "poll_seconds": context["poll_seconds"],
    }
    filled = {name: value for name, value in event.items() if value}
    return trigger_client_event(response, "refreshed", filled)


@page(Role.VIEWER)
def bulk_rows(request: Request, bulk_id: UUID) -> HttpResponse:
    """Further rows of a group, or of an outcome: below those that are there, or as a page."""
    bulk = or_404(find_bulk(user=request.user, bulk_id=bulk_id))
    place = number_of(request, "after", -1)
    context: dict[str, Any] = {"bulk": bulk, "stage": stage_of(bulk)} | plan_shape(bulk)
    if request.GET.get("group") in PlanGroup.values:
        group = PlanGroup(request.GET["group"])
        rows, more_url = plan_page.section_rows(bulk, group, place)
        context |= {"rows": rows.rows, "more_url": more_url, "of_plan": True, "label": group.label}
        context["key"] = own_key(request, bulk)
        places = (str(row.position) for row in rows.rows if row.can_tick)
        context["positions"] = ",".join(places)
    else:
        outcome = or_404(_outcome(request.GET.get("outcome", "")))
        shown, more_url = run_page.section_rows(bulk, outcome, number_of(request, "start"))
        label = run_page.SECTIONS[outcome].capitalize()
        context |= {"rows": shown, "more_url": more_url, "label": label, "has_tasks": False}
    template = "bulks/_more.html" if request.htmx else "bulks/rows.html"
    return render(request, template, context)


def bulk_page(request: Request, bulk: Bulk, **more: Any) -> HttpResponse:
    """reason: as typed. problem: why it was not confirmed. status: of the response."""
    status = more.pop("status", 200)
    context = bulk_context(request, bulk) | more
    request.nav = "batches" if context["stage"] in UNCONFIRMED else "operations"
    return render(request, "bulks/detail.html", context, status=status)


def bulk_context(request: Request, bulk: Bulk) -> dict[str, Any]:
    stage = stage_of(bulk)
    if stage in UNCONFIRMED:
        context = plan_page.plan_context(request, bulk)
    elif stage == RUN:
        start = number_of(request, "start", -1)
        context = run_page.run_context(request, bulk, start if start >= 0 else None)
    else:
        context = run_page.receipt_context(request, bulk)
    mark = "?" if stage in UNCONFIRMED else ""
    more = {
        "bulk": bulk,
        "stage": stage,
        "body": f"bulks/{BODIES[stage]}.html",
        "form_id": str(uuid4()),
        "is_receipt": stage == RECEIPT,
        "can_stop": can_stop(request, bulk),
        "now": timezone.now(),
        "page_url": request.build_absolute_uri(bulk_url(bulk)),
        "tab_title": f"{context['title']} in {bulk.get_key_mode_display()}{mark}",
        "stamp": digest((bulk.state, context["counts"], context.get("pace"), bulk.waits)),
    }
    return plan_shape(bulk) | context | more


def plan_shape(bulk: Bulk) -> dict[str, bool]:
    """Which columns the rows of this verb have."""
    return {"has_tasks": bulk.verb != "create", "has_growth": bulk.verb == "finalize"}


def number_of(request: Request, name: str, default: int = 0) -> int:
    text = request.GET.get(name, "")
    is_number = text.isascii() and text.isdigit() and len(text) < 8
    return min(int(text), LARGEST) if is_number else default


def _outcome(text: str) -> RowOutcome | None:
    return RowOutcome(text) if text in set(RowOutcome) else None


def _changed(
    request: Request, bulk: Bulk, context: dict[str, Any]
) -> tuple[run_page.ShownRow, ...]:
    """Of the rows on screen, those that show something else by now. They keep their places."""
    shown = {}
    for stamp in request.GET.get("rows", "").split(",")[: 10 * run_page.ROWS]:
        place, _, _ = stamp.partition(" ")
        shown[place] = stamp
    if context["stage"] == RUN:
        rows = context["rows"]
    elif context["stage"] in UNCONFIRMED or context["same_head"]:
        return ()
    else:
        here = (row for row in all_receipt_rows(bulk) if str(row.position) in shown)
        rows = run_page.shown_rows(here)
    return tuple(one for one in rows if shown.get(str(one.row.position), one.stamp) != one.stamp)


def _words(request: Request, context: dict[str, Any]) -> str:
    """For screen readers: what is new, and never each row."""
    if not context["is_same_stage"]:
        return f"{context['tab_title']}."
    told, now = request.GET.get("told", ""), context.get("told", "")
    if not told or told == now:
        return ""
    failed, waits = now.split(".")
    if told.partition(".")[0] != failed:
        return f"{failed} failed."
    return "Refonte asked to wait; it goes on by itself." if waits else ""

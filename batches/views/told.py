"""What a person was told: in the bell of the frame, and on a page of all events."""

from datetime import datetime
from itertools import groupby

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django_htmx.http import trigger_client_event

from batches.services.keys.listing import list_readable_keys
from batches.services.notices import told
from batches.services.notices.readers import setting_of
from batches.services.people.roles import Role
from batches.templatetags.addresses import page_url
from batches.views.addresses import named_key, same_key_url
from batches.views.guards import page
from batches.views.request import Request, unread_of


@page(Role.VIEWER)
def bell(request: Request) -> HttpResponse:
    """The newest events: a part of the frame's menu for htmx, else the page of all."""
    if not request.htmx:
        return redirect(same_key_url(request, "follows:events"))
    return _bell(request, unread_of(request))


@page(Role.VIEWER)
def events(request: Request) -> HttpResponse:
    """All events, in pages of 50. `before` is the place of the last one of the page before."""
    keys = list_readable_keys(user=request.user)
    before = _place(request.GET.get("before", ""))
    shown = told.told_in_bell(user=request.user, keys=keys, before=before, limit=told.ON_PAGE)
    last, older = shown[-1] if shown else None, ""
    if last and len(shown) == told.ON_PAGE:
        place = f"{last.told_at.isoformat()}~{last.id}"
        older = page_url("follows:events", key=named_key(request), before=place)
    context = {"days": by_day(shown), "older": older, "newest": _newest(shown, before)}
    return render(request, "notices/events.html", context)


@page(Role.VIEWER, methods=("POST",))
def read(request: Request) -> HttpResponse:
    """Mark as read what was on the page: all that came in `until` then."""
    until = _moment(request.POST.get("until", ""))
    if until is None:
        return HttpResponse("Reload the page.", status=422, content_type="text/plain")
    told.mark_read(user=request.user, until=until, now=timezone.now())
    if not request.htmx:
        return redirect(same_key_url(request, "follows:events"))
    left = told.count_unread(user=request.user)
    return trigger_client_event(_bell(request, left), "unread", {"count": left})


def by_day(shown: list[told.Told]) -> list[tuple[datetime, list[told.Told]]]:
    """Events under the first moment of each day in the person's zone, newest first."""
    days = groupby(shown, key=lambda one: timezone.localtime(one.told_at).date())
    return [(events[0].told_at, events) for events in ([*group] for _, group in days)]


def _bell(request: Request, unread: int) -> HttpResponse:
    keys = list_readable_keys(user=request.user)
    shown = told.told_in_bell(user=request.user, keys=keys)
    context = {
        "days": by_day(shown),
        "unread": unread,
        "newest": _newest(shown, None),
        "follow_count": told.count_follows(user=request.user),
        "setting": setting_of(request.user),
    }
    return render(request, "notices/bell.html", context)


def _newest(shown: list[told.Told], before: object) -> str:
    """When the newest event on this page came in; empty on pages of older ones."""
    return shown[0].told_at.isoformat() if shown and before is None else ""


def _place(text: str) -> told.Place | None:
    at, _, number = text.partition("~")
    moment = _moment(at)
    if moment is None or not (number.isascii() and number.isdecimal() and len(number) < 18):
        return None
    return moment, int(number)


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None

"""The pages of the console by their names, and by other words for them."""

from collections.abc import Iterator

from django.contrib.auth.models import User
from django.urls import reverse

from batches.services.batches.filters import ANY
from batches.templatetags.addresses import page_url
from batches.views.addresses import own_list_url
from batches.views.palette.actions import may_operate
from batches.views.palette.types import Result
from batches.views.request import Request

# Route, words, icon, and what people may call it besides.
PAGES = (
    ("operations:list", "Operations", "history", "record history log who"),
    ("bulks:create", "New batches from rows", "plus", "many csv tsv paste file bulk create"),
    ("views:list", "Manage views", "bookmark", "saved share rename"),
    ("keys:list", "Keys", "key", "api key"),
    ("follows:list", "What I follow", "bell", "follows channels notices"),
    ("follows:events", "Events", "inbox", "bell told notices"),
    ("batches:dismissed", "Dismissed", "eye", "alarms attention"),
    ("tokens:list", "Tokens", "lock", "api personal"),
    ("preferences:edit", "Preferences", "settings", "theme zone shortcuts settings quiet hours"),
)


def pages_for(request: Request) -> Iterator[tuple[Result, str]]:
    """Those that this person may open, each with its other words."""
    key = request.key.ref
    if may_operate(request):
        url = page_url("batches:create", key=key)
        new = Result(words="New batch", url=url, icon="plus", opens_dialog=True)
        yield new, "create add"
    yield Result(words="Overview", url=page_url("overview", key=key), icon="layout-grid"), "home"
    yield Result(words="Batches", url=own_list_url(request.user, key), icon="list"), "list all"
    needs = page_url("batches:list", attention=ANY, key=key)
    stuck = "stuck stalled risk staging errors alarms"
    yield Result(words="Needs attention", url=needs, icon="alert-triangle"), stuck
    for route, words, icon, called in PAGES:
        yield Result(words=words, url=page_url(route, key=key), icon=icon), called
    yield from _of_admins(request.user)


def _of_admins(user: User) -> Iterator[tuple[Result, str]]:
    if user.is_superuser:
        url = reverse("admin:index")
        yield Result(words="Accounts and roles", url=url, icon="user"), "admin people groups"

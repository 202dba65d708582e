"""What the templates of saved views take: their menu, their page, and what is in one in words."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from urllib.parse import parse_qsl

from django.contrib.auth.models import User

from batches.forms.saved_views import ViewForm, to_query
from batches.services.views.read import SHARED_AT_MOST, default_view_of
from batches.services.views.types import View
from batches.templatetags.addresses import page_url, whole_url
from batches.templatetags.statuses import status_label
from batches.views.addresses import own_page_size, view_url
from batches.views.batches.addresses import REASONS, days_text
from batches.views.batches.columns import SORT_LABELS
from batches.views.batches.opened import OpenedList
from batches.views.batches.shape import DENSITIES
from batches.views.request import Request

FIND_FROM = 9  # so many views are no longer found at a glance
EVERYTHING = "all batches"


@dataclass(frozen=True, slots=True)
class Entry:
    """A view in a menu or a table. url: the list that it is of. words: what is in it.

    is_changed: the list that is shown is of it, and differs from it.
    """

    view: View
    url: str
    words: str
    is_default: bool
    is_current: bool = False
    is_changed: bool = False

    @property
    def notes(self) -> list[str]:
        said = (("changed", self.is_changed), ("my default", self.is_default))
        return [words for words, is_so in said if is_so]


def entries(user: User, views: Iterable[View], key_ref: str) -> list[Entry]:
    default = default_view_of(user=user)
    return [
        Entry(
            view,
            view_url(view.slug, key_ref),
            query_words(view.query),
            is_default=view.slug == default,
        )
        for view in views
    ]


def menu_context(request: Request, opened: OpenedList, views: tuple[View, ...]) -> dict[str, Any]:
    """The menu on a list, which is as the address says, whatever its view is by now."""
    address, key = opened.address(request.key), request.key.ref
    is_changed = bool(address.is_changed or opened.kept.ignored)
    found = [
        replace(one, is_current=True, is_changed=is_changed) if one.view == opened.view else one
        for one in entries(request.user, views, key)
    ]
    return {
        "own": [one for one in found if one.view.is_own],
        "shared": [one for one in found if not one.view.is_own],
        "can_find": len(found) >= FIND_FROM,
        "current": opened.view,
        "is_changed": is_changed,
        "all_url": page_url("batches:list", **own_page_size(request.user), key=key),
        "list_fields": address.fields,
        "save_url": whole_url("views:save", **address.fields),
        "link": request.build_absolute_uri(address.url()),
        "version": request.GET.get("version", ""),
    }


def page_context(user: User, views: tuple[View, ...], key_ref: str) -> dict[str, Any]:
    found = entries(user, views, key_ref)
    shared = [one for one in found if not one.view.is_own]
    return {
        "own": [one for one in found if one.view.is_own],
        "shared": shared,
        "is_cut": len(shared) == SHARED_AT_MOST,
    }


def save_context(request: Request, opened: OpenedList, form: ViewForm) -> dict[str, Any]:
    address = opened.address(request.key)
    return {
        "form": form,
        "list_fields": address.fields,
        "words": query_words(to_query(address.filters)),
        "back": address.url(),
    }


def changed_context(request: Request, opened: OpenedList, view: View) -> dict[str, Any]:
    """For an update of a view that was changed since its page was drawn."""
    address = opened.address(request.key)
    return {
        "view": view,
        "list_fields": address.fields,
        "save_url": whole_url("views:save", **address.fields),
        "url": view_url(view.slug, request.key.ref),
        "words": query_words(to_query(address.filters)),
        "words_now": query_words(view.query),
    }


def query_words(query: str) -> str:
    """What is in a view: `In progress · created last 7 days · due first`."""
    # from the text, not by the form: a page has hundreds of views
    pairs = dict(parse_qsl(query))
    words = [say(pairs[name]) for name, say in WORDS.items() if pairs.get(name)]
    return " · ".join([*words, *_days(pairs)]) or EVERYTHING


def _days(pairs: Mapping[str, str]) -> list[str]:
    try:
        start, end = (
            date.fromisoformat(pairs[name]) if name in pairs else None
            for name in ("start_time", "end_time")
        )
        words = days_text(pairs.get("created", ""), start, end)
    except (KeyError, ValueError):  # of another version
        return []
    return [f"created {words}"] if words else []


def _order(sort: str) -> str:
    both = SORT_LABELS.get(sort.removeprefix("-"), (sort, sort))
    return both[sort.startswith("-")]


def _density(name: str) -> str:
    words, _icon = DENSITIES.get(name, (name, ""))
    return words.lower()


def _columns(names: str) -> str:
    number = names.count(",") + 1
    return f"{number} column{'' if number == 1 else 's'}"


WORDS: dict[str, Callable[[str], str]] = {
    "project": str,
    "status": status_label,
    "attention": lambda reason: f"needs attention: {REASONS.get(reason, reason)}",
    "q": lambda text: f"name has “{text}”",
    "sort": _order,
    "columns": _columns,
    "density": _density,
    "limit": lambda rows: f"{rows} rows",
}

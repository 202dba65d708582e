"""Addresses of pages, each with the API key that its page is read with."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest

from batches.models import Operation, State, Verb
from batches.services.keys.types import ViewerKey
from batches.services.people.preferences import PAGE_SIZE, preferences_of
from batches.services.views.read import default_view_of
from batches.templatetags.addresses import page_url

# Nothing happened, for sure, and no form is open any more with what was typed.
DID_NOT_HAPPEN = (State.NOT_SENT, State.NOT_DONE)


@dataclass(frozen=True, slots=True)
class Link:
    """`id`, `count` and `is_current` are for tabs and choices."""

    words: str
    url: str
    id: str = ""
    count: int | None = None
    is_current: bool = False
    icon: str = ""


def named_keys(request: HttpRequest) -> list[str]:
    """The keys that a form and its address name."""
    # the form's first: it is the key of the page that the form was on, whatever the address has now
    named = [*request.POST.getlist("key")[-1:], *request.GET.getlist("key")[-1:]]
    return [ref for ref in named if ref]


def named_key(request: HttpRequest) -> str:
    return next(iter(named_keys(request)), "")


def same_key_url(request: HttpRequest, route: str) -> str:
    """The address of another page under the key that this request names."""
    return page_url(route, key=named_key(request))


def batch_url(name: str, key_ref: str) -> str:
    return page_url("batches:detail", name, key=key_ref)


def operation_url(operation: Operation) -> str:
    """With the key that the operation was sent with."""
    return page_url("operations:detail", operation.id, key=operation.key_ref)


def own_list_url(user: User | AnonymousUser, key_ref: str) -> str:
    """The list of batches as this person has it: with the default view, else the page size."""
    return page_url("batches:list", **own_query(user), key=key_ref)


def own_query(user: User | AnonymousUser) -> dict[str, str]:
    """What a bare address of the list stands for."""
    slug = default_view_of(user=user)
    return {"view": slug} if slug else own_page_size(user)


def view_url(slug: str, key_ref: str) -> str:
    """The list that a saved view is of."""
    return page_url("batches:list", view=slug, key=key_ref)


def own_page_size(user: User | AnonymousUser) -> dict[str, str]:
    """The query for this person's page size; empty where it is the default."""
    size = preferences_of(user).page_size
    return {} if size == PAGE_SIZE else {"limit": str(size)}


def send_again_url(operation: Operation, keys: Iterable[ViewerKey]) -> str:
    """The address of the filled form of a write that did not happen. Opening it sends nothing.

    keys: those that the person may operate with. Empty where it cannot be sent again.
    """
    key = next((key for key in keys if operation.fingerprint in key.fingerprints), None)
    if key is None or operation.state not in DID_NOT_HAPPEN:
        return ""
    # flags as the form itself sends them
    fields = {
        name: "on" if value is True else str(value) for name, value in operation.parameters.items()
    }
    if operation.verb != Verb.CREATE:
        return page_url(f"batches:{operation.verb}", operation.batch_name, key=key.ref, **fields)
    fields |= {"project": operation.project, "name": operation.batch_name}
    return page_url("batches:create", key=key.ref, **fields)

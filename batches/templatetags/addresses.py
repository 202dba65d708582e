"""Addresses of this product's pages, as a page links to them."""

import re
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from django import template
from django.template import Context
from django.urls import get_script_prefix, get_urlconf, reverse

from batches.models import Bulk
from batches.models.names import name_digest
from batches.refonte import is_whole as is_whole_text

register = template.Library()

ID_LENGTH = 12  # characters of a digest: two batches with one id are as good as impossible
DOM_ID = re.compile(r"b[0-9a-f]{12}")


def page_url(route: str, /, *args: Any, **query: Any) -> str:
    """The address of a route; of the query only what has a value."""
    return whole_url(route, *args, **{name: value for name, value in query.items() if value})


def whole_url(route: str, /, *args: Any, **query: Any) -> str:
    """The same with the whole query, where an empty value means something."""
    pairs = urlencode(query)
    path = reverse(route, args=args) if args else _path(route, get_urlconf(), get_script_prefix())
    return f"{path}{'?' if pairs else ''}{pairs}"


@lru_cache(maxsize=256)
def _path(route: str, urlconf: str | None, prefix: str) -> str:
    # a list has some sixty links, and all of them have one of three paths
    return reverse(route, urlconf=urlconf)


@register.simple_tag(takes_context=True)
def keyed(context: Context, route: str, *args: Any, **query: Any) -> str:
    """An address with the key of the page that links to it, or with `key` where one is given."""
    # without a key the next page would take the default one: Live after a page of Test
    frame = context.get("frame")
    of_page = frame.key.ref if frame and frame.key else ""
    return page_url(route, *args, **{"key": of_page} | query)


@register.filter
def dom_id(name: str) -> str:
    """A short id for the elements of a batch on a page."""
    # a digest, as a name may have blanks; Refonte's JSON may also have halves of characters in it
    return digest_id(name_digest(name))


def digest_id(digest: str) -> str:
    """The id of the batch whose name has this digest."""
    return f"b{digest[:ID_LENGTH]}"


def id_digest(dom_id: str) -> str:
    """The beginning of the digest that the id was made of; empty where it is no such id."""
    return dom_id[1:] if DOM_ID.fullmatch(dom_id) else ""


@register.filter
def is_whole(text: str | None) -> bool:
    """Whether Refonte's text may be part of an address."""
    # a text that was cut would name another batch or project
    return is_whole_text(text) if text else False


@register.simple_tag
def bulk_url(bulk: Bulk) -> str:
    """The receipt of a bulk."""
    return page_url("bulks:detail", bulk.id, key=bulk.key_ref)

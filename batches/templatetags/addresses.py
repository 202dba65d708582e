"""Addresses of this product's pages, as a page links to them."""

from typing import Any
from urllib.parse import urlencode

from django import template
from django.template import Context
from django.urls import reverse

register = template.Library()


@register.simple_tag(takes_context=True)
def keyed(context: Context, name: str, *args: Any) -> str:
    """With the key of the page it stands on: no way through the console leads into another world.

    Without one the next page would take the default key, and Test could turn into Live.
    """
    address, frame = reverse(name, args=args), context.get("frame")
    return f"{address}?{urlencode({'key': frame.key.ref})}" if frame and frame.key else address

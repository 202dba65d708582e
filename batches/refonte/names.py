"""Encodes a batch name as one segment of the vendor's URL."""

from urllib.parse import quote


class Unaddressable(ValueError):  # noqa: N818 - an adjective for the name
    """A name that no URL can carry: empty, `.`, `..`, or not valid UTF-8."""


def encode_name(name: str) -> str:
    """Percent-encode every reserved character: `a/b` → `a%2Fb`. Raises Unaddressable."""
    # even encoded, dot segments are removed by servers and proxies (RFC 3986 §6.2.2.3): the call
    # would be about another batch
    if name in {"", ".", ".."}:
        raise Unaddressable(f"The name {name!r} cannot stand in a URL")
    # a lone surrogate has no UTF-8 form; with "replace" the call would be about another batch
    if any("\ud800" <= char <= "\udfff" for char in name):
        raise Unaddressable("The name holds half a character, which cannot stand in a URL")
    return quote(name, safe="")

"""A batch name as one segment of the vendor's URL."""

from urllib.parse import quote


class Unaddressable(ValueError):  # noqa: N818 - it says what the name is
    """A name that no URL can carry: empty, `.`, `..`, or not writable as UTF-8."""


def encode_name(name: str) -> str:
    """Percent-encode with no safe characters: `a/b` → `a%2Fb`.

    `.` and `..` are dots even when encoded (RFC 3986 §6.2.2.3), so servers and proxies on the way
    would take them for steps in the path: another URL, hence another batch.
    """
    if name in {"", ".", ".."}:
        raise Unaddressable(f"The name {name!r} cannot stand in a URL")
    # a lone surrogate has no UTF-8; "replace" would silently address another batch
    if any("\ud800" <= char <= "\udfff" for char in name):
        raise Unaddressable("The name holds half a character, which cannot stand in a URL")
    return quote(name, safe="")

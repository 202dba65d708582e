"""A batch name as one path segment, both ways, for every name the vendor may hold.

The plain name where it is safe to read and to route; else `~` and its UTF-8 bytes as URL-safe
base64.
"""

import base64
import re

# First segments that stand beside <ref> in batches/urls.py; a test holds the two together.
RESERVED = frozenset({"new", "live", "name", "export"})

PLAIN = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*")


def is_addressable(name: str) -> bool:
    """Whether the vendor's own URLs can carry the name: a dot segment is gone on the way."""
    return name not in {"", ".", ".."}


def to_ref(name: str) -> str:
    """The path segment for a batch name."""
    if PLAIN.fullmatch(name) and name not in RESERVED:
        return name
    return "~" + base64.urlsafe_b64encode(name.encode()).decode().rstrip("=")


def to_name(ref: str) -> str:
    """The batch name behind a path segment. Raises ValueError where there can be none."""
    if not ref.startswith("~"):
        name = ref
    else:
        padded = ref[1:] + "=" * (-len(ref[1:]) % 4)
        name = base64.b64decode(padded, altchars=b"-_", validate=True).decode()
    if not is_addressable(name) or to_ref(name) != ref:
        raise ValueError(f"not a batch reference: {ref!r}")
    return name


class BatchRefConverter:
    """`<ref:name>` in a URL pattern gives the view the batch name."""

    regex = r"~[A-Za-z0-9_-]+|[A-Za-z0-9_-][A-Za-z0-9._-]*"

    def to_python(self, value: str) -> str:
        return to_name(value)

    def to_url(self, value: str) -> str:
        return to_ref(value)

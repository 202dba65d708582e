"""Converts names of batches and projects to path segments of our URLs and back.

A segment is the plain name where that is safe in a URL, else `~` and the URL-safe base64 of its
UTF-8 bytes.
"""

import base64
import re

# Routes beside <ref> in batches/urls; a test compares the two.
RESERVED = frozenset({"new", "live", "name", "export"})

PLAIN = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*")


def is_addressable(name: str) -> bool:
    """Whether the vendor's URLs can carry the name."""
    # clients and proxies remove dot segments
    return name not in {"", ".", ".."}


def to_ref(name: str) -> str:
    """The path segment of a batch name."""
    if PLAIN.fullmatch(name) and name not in RESERVED:
        return name
    return "~" + base64.urlsafe_b64encode(name.encode()).decode().rstrip("=")


def to_name(ref: str) -> str:
    """The batch name of a path segment. Raises ValueError for an invalid one."""
    name = to_text(ref)
    if not is_addressable(name):
        raise ValueError(f"not a batch reference: {ref!r}")
    return name


def to_text(ref: str) -> str:
    """The name of a path segment. Raises ValueError where the name has another segment."""
    if not ref.startswith("~"):
        name = ref
    else:
        padded = ref[1:] + "=" * (-len(ref[1:]) % 4)
        name = base64.b64decode(padded, altchars=b"-_", validate=True).decode()
    # one URL a name: a plain one may not be written as base64
    if not name or to_ref(name) != ref:
        raise ValueError(f"not a reference: {ref!r}")
    return name


class BatchRefConverter:
    """`<ref:name>` in a URL pattern passes the batch name to the view."""

    regex = r"~[A-Za-z0-9_-]+|[A-Za-z0-9_-][A-Za-z0-9._-]*"

    def to_python(self, value: str) -> str:
        return to_name(value)

    def to_url(self, value: str) -> str:
        return to_ref(value)


class ProjectRefConverter(BatchRefConverter):
    """`<project:name>`: the same for a project, whose name is part of no path of Refonte."""

    def to_python(self, value: str) -> str:
        return to_text(value)

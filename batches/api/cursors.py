"""Where the next page of a list begins, as a text that only this console can make."""

from collections.abc import Mapping
from typing import Any

from django.core.signing import BadSignature, Signer
from django.http import HttpRequest, QueryDict

from batches.api.queries import bad_parameter
from batches.services.batches.digests import digest

# Of parameters that may change from page to page.
NOT_THE_QUESTION = frozenset({"cursor", "limit", "key"})


def next_address(request: HttpRequest, key_ref: str, place: Any) -> str | None:
    """The address of the page behind a place; None for None. place: whatever JSON holds."""
    if place is None:
        return None
    query = QueryDict(mutable=True)
    for name in request.GET:
        query[name] = request.GET[name]
    # signed, as an odd number or time in it could be one that a database refuses
    signed = _signer().sign_object({"of": _question(request, key_ref), "at": place})
    query["key"], query["cursor"] = key_ref, signed
    return f"{request.path}?{query.urlencode()}"


def read_place(request: HttpRequest, key_ref: str, cursor: str) -> Any:
    """Raises Problem for what is no cursor, and for one of another list, key or filter."""
    try:
        found: Mapping[str, Any] = _signer().unsign_object(cursor)
    except (BadSignature, ValueError):
        raise bad_parameter("cursor", "It is not a cursor of this console.") from None
    if found["of"] != _question(request, key_ref):
        raise bad_parameter("cursor", "It belongs to another list, key or filter.")
    return found["at"]


def _question(request: HttpRequest, key_ref: str) -> str:
    pairs = sorted(pair for pair in request.GET.items() if pair[0] not in NOT_THE_QUESTION)
    return digest((request.path, key_ref, pairs))


def _signer() -> Signer:
    return Signer(salt="batches.api.cursors")

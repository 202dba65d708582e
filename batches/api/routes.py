"""All endpoints by their path, in which `{ref}` stands for a batch; and the document of them."""

from functools import cache

import msgspec

from batches.api.attention import show_attention
from batches.api.batches import show_batch, show_batches, show_observations, show_status
from batches.api.estimates import show_estimate
from batches.api.guards import ApiRequest, View, endpoint
from batches.api.openapi import document
from batches.api.operations import show_operations
from batches.api.projects import show_projects
from batches.api.queries import Nothing
from batches.views.access import Key


@endpoint(summary="This document", query=Nothing, answer=None, key=Key.NONE)
def show_document(request: ApiRequest, query: Nothing) -> bytes:
    """OpenAPI 3.1, for programs that make clients or tests of it."""
    return _document()


ENDPOINTS: dict[str, View] = {
    "openapi.json": show_document,
    "batches/": show_batches,
    "batches/{ref}/": show_batch,
    "batches/{ref}/status/": show_status,
    "batches/{ref}/observations/": show_observations,
    "batches/{ref}/estimate/": show_estimate,
    "attention/": show_attention,
    "operations/": show_operations,
    "projects/": show_projects,
}


@cache
def _document() -> bytes:
    return msgspec.json.format(msgspec.json.encode(document(ENDPOINTS)))

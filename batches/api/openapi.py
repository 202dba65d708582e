"""The OpenAPI 3.1 document, made from the endpoints and the types of their queries and answers."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from batches.api.answers import ProblemDocument
from batches.api.guards import REQUESTS_A_MINUTE, Endpoint, View
from batches.api.problems import CONTENT_TYPE
from batches.models import TokenScope

VERSION = "1.0.0"
ABOVE = "/api/v1/"
REF_PATTERN = "^(~[A-Za-z0-9_-]+|[A-Za-z0-9_-][A-Za-z0-9._-]*)$"
REFS = "#/components/schemas/{name}"
ABOUT = (
    "What the console has stored, read-only. It asks Refonte nothing: each value comes with its "
    "age. Batches are seen with one API key at a time, named by `key`."
)
PROBLEMS = {
    400: "A parameter is refused.",
    401: "The token is missing, or does not work.",
    403: "The account has no role, or the token may not read this.",
    404: "There is no such batch, key or address.",
    409: "The API key cannot be used now: Refonte refuses it, or it cannot be read.",
    429: f"More than {REQUESTS_A_MINUTE} requests in a minute with this token.",
    503: "The console cannot read its database just now.",
}
LIMIT_HEADERS = {
    "RateLimit-Limit": "Requests a minute with this token.",
    "RateLimit-Remaining": "Of these, how many are left in this minute.",
    "RateLimit-Reset": "Seconds until the next minute begins.",
}


def document(endpoints: Mapping[str, View]) -> dict[str, Any]:
    """endpoints: by their path below /api/v1/, in which `{ref}` stands for a batch."""
    paths = {ABOVE + path: _path(path, view) for path, view in endpoints.items()}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Refonte console", "version": VERSION, "description": ABOUT},
        "servers": [{"url": "/"}],
        "security": [{"personalToken": []}],
        "paths": paths,
        "components": {
            "schemas": _schemas(endpoints.values()),
            "securitySchemes": {"personalToken": {"type": "http", "scheme": "bearer"}},
            "headers": {
                name: {"description": text, "schema": {"type": "integer", "minimum": 0}}
                for name, text in LIMIT_HEADERS.items()
            },
            "responses": {f"Problem{status}": _problem(status) for status in PROBLEMS},
        },
    }


def _path(path: str, view: View) -> dict[str, Any]:
    about: Endpoint = view.endpoint  # type: ignore[attr-defined]  # set by the guard
    has_batch = "{ref}" in path
    found = [] if not has_batch else [_ref_parameter()]
    statuses = [status for status in PROBLEMS if status != 404 or about.answer]
    responses = {"200": _answered(about)} | {
        str(status): {"$ref": f"#/components/responses/Problem{status}"} for status in statuses
    }
    scope = "" if about.scope == TokenScope.BATCHES else "\n\nThe token must include operations."
    return {
        "get": {
            "operationId": view.__name__,
            "summary": about.summary,
            "description": about.description + scope,
            "parameters": found + _parameters(about.query),
            "responses": responses,
        }
    }


def _answered(about: Endpoint) -> dict[str, Any]:
    schema = {"$ref": REFS.format(name=about.answer.__name__)} if about.answer else {}
    return {
        "description": about.summary,
        "headers": _limit_headers(),
        "content": {"application/json": {"schema": schema}},
    }


def _problem(status: int) -> dict[str, Any]:
    schema = {"$ref": REFS.format(name=ProblemDocument.__name__)}
    headers = {} if status in (401, 503) else _limit_headers()
    if status == 429:
        seconds = {"type": "integer", "minimum": 1}
        headers["Retry-After"] = {"description": "Seconds to wait.", "schema": seconds}
    return {
        "description": PROBLEMS[status],
        "headers": headers,
        "content": {CONTENT_TYPE: {"schema": schema}},
    }


def _limit_headers() -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in LIMIT_HEADERS}


def _parameters(query: type[msgspec.Struct]) -> list[dict[str, Any]]:
    [_], components = msgspec.json.schema_components([query], ref_template=REFS)
    found = components[query.__name__]["properties"]
    return [_parameter(name, dict(schema)) for name, schema in found.items()]


def _parameter(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    described = {"name": name, "in": "query", "description": schema.pop("description", "")}
    return described | {"required": False, "schema": schema}


def _ref_parameter() -> dict[str, Any]:
    schema = {"type": "string", "pattern": REF_PATTERN}
    return {
        "name": "ref",
        "in": "path",
        "required": True,
        "description": (
            "The batch: its name, or `~` and the base64url of its UTF-8 without `=` where the name "
            "is no plain word. Lists give it as `ref`."
        ),
        "schema": schema,
    }


def _schemas(views: Iterable[View]) -> dict[str, Any]:
    answers = [view.endpoint.answer for view in views]  # type: ignore[attr-defined]  # as above
    kinds = [answer for answer in answers if answer] + [ProblemDocument]
    return msgspec.json.schema_components(kinds, ref_template=REFS)[1]

"""Errors as RFC 9457 has them: `application/problem+json`, with the id of the request."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus

import msgspec
from django.http import HttpResponse

from batches.api.answers import BadParameter, ProblemDocument
from batches.trace import request_id

CONTENT_TYPE = "application/problem+json"
NO_STORE = "no-store, private"
ALLOWED = {"Allow": "GET, HEAD"}
READ_ONLY = "This API is read-only: GET and HEAD."


class Problem(Exception):  # noqa: N818 - the word of the standard
    """Raised by an endpoint or its guard; the answer is its document.

    code: what a program decides by. detail: for people. headers: of the answer, besides the usual.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        errors: Sequence[BadParameter] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.status, self.code, self.detail = status, code, detail
        self.errors, self.headers = tuple(errors), dict(headers or {})
        super().__init__(detail)

    def response(self) -> HttpResponse:
        document = ProblemDocument(
            # the standard's word for a problem that its status and the members say all of
            type="about:blank",
            title=HTTPStatus(self.status).phrase,
            status=self.status,
            code=self.code,
            detail=self.detail,
            request_id=request_id.get(),
            errors=self.errors,
        )
        response = HttpResponse(
            msgspec.json.encode(document),
            status=self.status,
            headers=self.headers,
            content_type=CONTENT_TYPE,
        )
        response["Cache-Control"] = NO_STORE
        return response


# Of errors before or around an endpoint, by the status that the console answers with.
AROUND = {
    400: ("bad_request", "This request cannot be read: its host, address or charset."),
    404: ("not_found", "There is no such address in this API."),
    405: ("method_not_allowed", READ_ONLY),
    413: ("bad_request", "The request is too large. This API reads no body."),
    503: ("unavailable", "The console cannot read its database just now. Try again in a minute."),
}
OF_OURS = ("server_error", "The console failed. Its log has the request id.")


def around(status: int) -> HttpResponse:
    """The problem in place of a page or text with an error."""
    code, detail = AROUND.get(status, OF_OURS)
    response = Problem(status, code, detail, headers=ALLOWED if status == 405 else {}).response()
    response["Content-Length"] = str(len(response.content))  # CommonMiddleware is further in
    return response


def not_found(what: str) -> Problem:
    return Problem(404, "not_found", what)

"""Words for an address that was asked in a way it does not answer: Django's own page is empty."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase, HttpResponseNotAllowed

from batches.views.errors import not_allowed

Next = Callable[[HttpRequest], HttpResponseBase]


class NotAllowedMiddleware:
    """Here, as the refusal may come from our views, from Django's and from the admin's."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not isinstance(response, HttpResponseNotAllowed):
            return response
        return not_allowed(request, response["Allow"])

"""A form that was sent, drawn once more with what was typed in it, for another try."""

from django.http import HttpRequest, HttpResponse, QueryDict

from dashboard.web.form_replay import typed_fields


def draw_again(request: HttpRequest) -> HttpResponse | None:
    """As a GET of the same address answers it; None where that draws nothing. Writes nothing."""
    typed = typed_fields(request.POST)  # read while it is a POST
    match = request.resolver_match
    if match is None:
        return None
    request.method = "GET"
    request.GET = typed  # type: ignore[assignment]  # a copy is not immutable
    request.POST = QueryDict()
    answer: HttpResponse = match.func(request, *match.args, **match.kwargs)
    return answer if answer.status_code == 200 else None

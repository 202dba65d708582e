"""A form that was sent and not accepted is shown again, with what was typed in it."""

from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.encoding import escape_uri_path
from django.views.debug import SafeExceptionReporterFilter

# A form that is sent twice with one id counts as a repeat, and an address may be opened twice.
NEVER_AGAIN = ("csrfmiddlewaretoken", "form_id")
LONGEST_QUERY = 3000  # `next` encodes it once more, and gunicorn reads lines of 8,190 bytes


def is_secret(name: str) -> bool:
    """Whether Django's own list takes a field of this name for a secret."""
    return bool(SafeExceptionReporterFilter.hidden_settings.search(name))


def typed_fields(fields: QueryDict) -> QueryDict:
    """The fields that may be put on a page or into an address again."""
    typed = fields.copy()
    for name in fields:
        # `key` is no secret: it names an API key in addresses
        if name in NEVER_AGAIN or (is_secret(name) and name != "key"):
            del typed[name]
    return typed


def address_of_form(request: HttpRequest) -> str:
    """Where a form that was sent is found again, filled; unfilled where that would be too long."""
    query = request.GET.copy()
    for name, values in typed_fields(request.POST).lists():
        if any(values):
            query.setlist(name, values)
    filled = query.urlencode()
    if len(filled) > LONGEST_QUERY:
        filled = request.GET.urlencode()
    path = escape_uri_path(request.path)
    return f"{path}?{filled}" if filled else path


def replay_form(request: HttpRequest) -> HttpResponse | None:
    """The response to a GET of the same address; None where that shows no page. Writes nothing."""
    typed = typed_fields(request.POST)  # read while it is a POST
    match = request.resolver_match
    if match is None:
        return None
    request.method = "GET"
    request.GET = typed  # type: ignore[assignment]  # a copy is not immutable
    request.POST = QueryDict()
    # the view itself, not a redirect to it: what was typed need not fit into an address
    response: HttpResponse = match.func(request, *match.args, **match.kwargs)
    return response if response.status_code == 200 else None

"""What a person typed into a form, as far as it may stand on a page or in an address again."""

from django.http import HttpRequest, QueryDict
from django.utils.encoding import escape_uri_path

from dashboard.web.error_reports import is_secret

NEVER_AGAIN = ("csrfmiddlewaretoken", "form_id")
LONGEST_QUERY = 3000  # with all around it still a line that gunicorn reads


def typed_fields(fields: QueryDict) -> QueryDict:
    """Without secrets. `key` is no key, but its name in addresses."""
    typed = fields.copy()
    for name in fields:
        if name in NEVER_AGAIN or (is_secret(name) and name != "key"):
            del typed[name]
    return typed


def address_of_form(request: HttpRequest) -> str:
    """Where a form that was sent is found again, filled; as it was where that is too long."""
    query = request.GET.copy()
    for name, values in typed_fields(request.POST).lists():
        if any(values):
            query.setlist(name, values)
    filled = query.urlencode()
    if len(filled) > LONGEST_QUERY:
        filled = request.GET.urlencode()
    path = escape_uri_path(request.path)
    return f"{path}?{filled}" if filled else path

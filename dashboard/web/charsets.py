"""Refuses any charset but UTF-8 before Django reads the request."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

CHARSET = re.compile(r'charset\s*=\s*("[^"]*"?|[^;]*)', re.IGNORECASE)
UTF8 = frozenset({"utf-8", "utf8"})
REFUSED = "console.charset_refused"  # no header can set it: those begin with HTTP_


def is_utf8(content_type: str) -> bool:
    """Whether it names no charset but UTF-8, however often it names one."""
    parameters = content_type.partition(";")[2]
    named = (value.strip(' \t"').lower() for value in CHARSET.findall(parameters))
    # `name*=latin-1''x` (RFC 2231) has a charset of its own; no browser sends one here
    return "*" not in parameters and UTF8.issuperset(named)


def refuse_other_charsets(application: "WSGIApplication") -> "WSGIApplication":
    """Wraps Django's application: marks such a request, which `CharsetMiddleware` then refuses."""

    def guarded(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        # Django decodes the address with this charset while it makes the request object, outside
        # all middleware: a codec that gives no text would raise there
        if not is_utf8(environ.get("CONTENT_TYPE", "")):
            # without the Content-Type, so that the request object can be made
            environ |= {REFUSED: True, "CONTENT_TYPE": ""}
        return application(environ, start_response)

    return guarded


def is_refused(meta: dict[str, Any]) -> bool:
    """meta: of Django's request."""
    return REFUSED in meta

"""Refuses what is sent in any charset but UTF-8, before Django reads it.

Django decodes the address and the form with the charset that the Content-Type names, while it makes
its request and so outside of all middleware. A codec that gives no text is an error there, whatever
the address.
"""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

CHARSET = re.compile(r'charset\s*=\s*("[^"]*"?|[^;]*)', re.IGNORECASE)
UTF8 = frozenset({"utf-8", "utf8"})
REFUSED = "console.charset_refused"  # no header can set it: those begin with HTTP_


def is_utf8(content_type: str) -> bool:
    """Whether it names no charset but UTF-8, however often it names one.

    A parameter in the form of RFC 2231 (`name*=latin-1''x`) has a charset of its own; no browser
    sends one here.
    """
    parameters = content_type.partition(";")[2]
    named = (value.strip(' \t"').lower() for value in CHARSET.findall(parameters))
    return "*" not in parameters and UTF8.issuperset(named)


def refuse_other_charsets(application: "WSGIApplication") -> "WSGIApplication":
    """Around Django's application: takes the Content-Type away, so that the request can be made,
    and marks it, so that `CharsetMiddleware` answers with our headers and words.
    """

    def guarded(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if not is_utf8(environ.get("CONTENT_TYPE", "")):
            environ |= {REFUSED: True, "CONTENT_TYPE": ""}
        return application(environ, start_response)

    return guarded


def is_refused(meta: dict[str, Any]) -> bool:
    """Of a request's META."""
    return REFUSED in meta

"""Addresses to which the console sends HTTP requests."""

from urllib.parse import urlsplit

from dashboard.env.values import text, wrong

LOOPBACK = {"localhost", "127.0.0.1", "::1"}
LONGEST_BASE = 1_000  # characters


def vendor_url(name: str, default: str) -> str:
    """The base address of the vendor's API."""
    value = text(name, default).rstrip("/")
    host = url_host(name, value)
    scheme = urlsplit(value).scheme
    # API keys are sent there with each call; only the sandbox on this machine has no certificate
    if scheme != "https" and not (scheme == "http" and host in LOOPBACK):
        raise wrong(name, "it must begin with https:// (http:// only for this machine)")
    if "@" in value or "?" in value or "#" in value:
        raise wrong(name, "it must be an address without user, query or fragment")
    return value


def base(name: str, *, plain_http: bool) -> str:
    """An address of this console, as others use it; empty where none is set.

    plain_http: whether the console itself is used over plain http.
    """
    value = text(name, "").rstrip("/")
    if not value:
        return ""
    url_host(name, value)
    schemes = {"https", "http"} if plain_http else {"https"}
    if urlsplit(value).scheme not in schemes:
        raise wrong(name, "it must begin with https:// (http:// only with PLAIN_HTTP=True)")
    if "@" in value or "?" in value or "#" in value:
        raise wrong(name, "it must be an address without user, query or fragment")
    # Refonte may take no longer address than a person's, which has 2,000 characters at most
    if len(value) > LONGEST_BASE:
        raise wrong(name, f"it must have at most {LONGEST_BASE} characters")
    return value


def proxy(name: str) -> str:
    value = text(name, "")
    if value:
        url_host(name, value)
        if urlsplit(value).scheme not in {"http", "https"}:
            raise wrong(name, "it must begin with http:// or https://")
    return value


def url_host(name: str, value: str) -> str:
    # `urlsplit` drops line breaks and tabs without an error, and takes the other characters
    if not (value.isascii() and value.isprintable()) or " " in value or "\\" in value:
        raise wrong(name, "remove spaces, backslashes and letters beyond ASCII")
    try:
        parts = urlsplit(value)
        # read for its check: a port that is no number raises only here
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise wrong(name, "it is not an address") from error
    if not host:
        raise wrong(name, "it names no host")
    return host

"""Which addresses a person can be led to: what is led to is opened by GET, with nothing sent."""

from urllib.parse import unquote, urlsplit

from django.urls import Resolver404, ResolverMatch, resolve

# Led to a sign-in, one is sent on at once, to where one was going: round and round.
DOORS = {"login", "logout", "admin-login", "admin:login", "admin:logout"}
# Led to a file, one gets it and stays where one was: at a sign-in that is over.
FILES = {"batches:export"}


def can_be_opened(address: str) -> bool:
    """Also one that is not there, which says so itself."""
    match = _found(address)
    if match is None:
        return True
    is_page = match.view_name not in DOORS | FILES
    return is_page and "GET" in getattr(match.func, "methods", ("GET",))


def _found(address: str) -> ResolverMatch | None:
    try:
        path = unquote(urlsplit(address).path)
        return resolve(path if path.endswith("/") else f"{path}/")
    except (ValueError, Resolver404):
        return None

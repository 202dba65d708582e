"""What a person opened lately, with each key.

It is kept in the session, so it costs no query, and nothing of it is left after the sign-out: not
in the browser and not in the database.
"""

from django.http import HttpRequest

from batches.services.keys.types import KeyHandle

OPENED, KEPT = "opened", 24  # in the session; of all keys together
BATCH, PROJECT, VIEW = "batch", "project", "view"
Entry = list[str]


def note_opened(request: HttpRequest, key: KeyHandle, kind: str, name: str) -> None:
    """The newest first. One write of the session, none where it was the last one already."""
    opened = [key.fingerprint, kind, name]
    before = _entries(request)
    if before[:1] == [opened]:
        return
    request.session[OPENED] = [opened, *(one for one in before if one != opened)][:KEPT]


def opened_lately(request: HttpRequest, key: KeyHandle, kind: str) -> list[str]:
    """Names, the newest first."""
    known = (key.fingerprint, kind)
    return [name for *where, name in _entries(request) if tuple(where) == known]


def _entries(request: HttpRequest) -> list[Entry]:
    found: list[Entry] = request.session.get(OPENED, [])
    return found

"""Django's sessions in the database, cached where one process serves (`SESSIONS` in settings).

Where the database cannot be written, people go on reading with the session that it has.
"""

import logging
import re
from typing import Any

from django.contrib.sessions.backends import cached_db
from django.contrib.sessions.backends.base import UpdateError

log = logging.getLogger(__name__)

SHAPE = re.compile(r"[a-z0-9]{32}")  # as Django makes session keys


class SessionStore(cached_db.SessionStore):
    def __init__(self, session_key: str | None = None) -> None:
        """Ignores a key of another shape."""
        # anybody can send a cookie: Django warns of odd cache keys, and Python keeps each warning
        super().__init__(session_key if SHAPE.fullmatch(session_key or "") else None)

    def save(self, must_create: bool = False) -> None:
        """A sign-in must be stored; the time of the last activity may wait for the next page."""
        try:
            super().save(must_create)
        except UpdateError:
            stored: Any = self.get_model_class().objects.filter(session_key=self.session_key)
            if not stored.exists():  # ended by another request meanwhile
                raise
            log.exception("a session could not be stored")

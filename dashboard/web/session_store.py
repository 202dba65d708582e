"""Sessions in the database, also where it cannot be written: pages go on with what it knows.

Where one process serves, Django caches them in its memory; Redis never has one.
"""

import logging
import re

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import cached_db
from django.contrib.sessions.backends.base import UpdateError
from django.db import DatabaseError
from django.utils import timezone

log = logging.getLogger(__name__)

SHAPE = re.compile(r"[a-z0-9]{32}")  # as Django makes them


class SessionStore(cached_db.SessionStore):
    def save(self, must_create: bool = False) -> None:
        """A sign-in must be stored; what a page notes of its session is tried again by the next."""
        try:
            super().save(must_create)
        except UpdateError as error:
            # a bare DatabaseError is Django's own: the session was ended meanwhile
            if type(error.__context__) is DatabaseError:
                raise
            log.exception("a session could not be stored")

    def _validate_session_key(self, key: str) -> bool:
        """A cookie of another shape is none, before cache or database is asked: the cache leaves a
        warning in memory for each odd name.
        """
        return bool(key and SHAPE.fullmatch(key))


def end_sessions_of(account_id: int) -> None:
    """Of every process. Asks every session, as Django keeps no account beside it."""
    alive = SessionStore.get_model_class().objects.filter(expire_date__gt=timezone.now())
    for session in alive.iterator():
        if session.get_decoded().get(SESSION_KEY) == str(account_id):
            SessionStore().delete(session.session_key)


def end_all_sessions() -> int:
    """Returns how many went. What a process has cached of them goes with it."""
    return int(SessionStore.get_model_class().objects.all().delete()[0])

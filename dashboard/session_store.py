"""Sessions in the database behind a cache, where either may fail without an error page.

Without the cache they are read from the database. A database that cannot be written keeps what it
knew of a session; pages go on, and the next request tries again.
"""

import logging
import re
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import cached_db
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.backends.db import SessionStore as InDatabase
from django.db import DatabaseError
from django.utils import timezone
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

# Sessions that ended while the cache was away: it still has them when it is back. This process
# knows at once; beside the sessions stand rows of this mark, for the worker and after a restart.
left_in_cache: set[str] = set()
LEFT = "left:"
SHAPE = re.compile(r"[a-z0-9]{32}")  # as Django makes them


class SessionStore(cached_db.SessionStore):
    def load(self) -> dict[str, Any]:
        try:
            found = super().load()
            return {} if self.session_key in self._take_out_what_was_left() else found
        except RedisError:
            log.warning("a session was read without the cache")
        row = self._get_session_from_db()  # type: ignore[attr-defined]  # in no stub
        return self.decode(row.session_data) if row else {}

    def exists(self, session_key: str) -> bool:
        try:
            return bool(super().exists(session_key))
        except RedisError:
            return bool(InDatabase.exists(self, session_key))

    def save(self, must_create: bool = False) -> None:
        try:
            super().save(must_create)
        except UpdateError as error:
            # a bare DatabaseError is Django's own: the session was ended meanwhile
            if type(error.__context__) is DatabaseError:
                raise
            log.exception("a session could not be stored")

    def delete(self, session_key: str | None = None) -> None:
        ended = session_key or self.session_key
        try:
            super().delete(session_key)
        except RedisError:
            if ended:
                left_in_cache.add(ended)
                self._note_left(ended)
            log.exception("an ended session could not be taken out of the cache yet")

    def _validate_session_key(self, key: str) -> bool:
        """A cookie of another shape is none, before cache or database is asked: it could name a
        row that is no session, and the cache leaves a warning in memory for each odd name.
        """
        return bool(key and SHAPE.fullmatch(key))

    def _note_left(self, ended: str) -> None:
        """For as long as the cache may have it."""
        until = timezone.now() + timedelta(seconds=settings.SESSION_COOKIE_AGE)
        row = self.model(session_key=LEFT + ended, session_data=self.encode({}), expire_date=until)
        self.model.objects.bulk_create([row], ignore_conflicts=True)

    def _take_out_what_was_left(self) -> set[str]:
        """Which sessions have ended that the cache may have answered with, this once more."""
        ended = left_in_cache.copy()
        for key in ended:
            self.take_out(key)
            left_in_cache.discard(key)
        return ended

    def take_out(self, key: str) -> None:
        """Of the cache alone. Raises RedisError."""
        self._cache.delete(self.cache_key_prefix + key)  # type: ignore[attr-defined]  # no stub


def take_out_what_any_process_left() -> None:
    """As far as the cache is back: what it does not take is tried again with the next call."""
    rows = SessionStore.get_model_class().objects.filter(session_key__startswith=LEFT)
    try:
        for row in rows:
            SessionStore().take_out(row.session_key.removeprefix(LEFT))
            row.delete()
    except RedisError:
        log.warning("the cache is away, and may have sessions that ended")


def end_sessions_of(account_id: int) -> None:
    """In the database and the cache. Asks every session, as Django keeps no account beside it."""
    alive = SessionStore.get_model_class().objects.filter(expire_date__gt=timezone.now())
    for session in alive.iterator():
        if session.get_decoded().get(SESSION_KEY) == str(account_id):
            SessionStore().delete(session.session_key)


def end_all_sessions() -> int:
    """In the database. Those of the cache go with it: `cache.clear()`. Returns how many went."""
    return int(SessionStore.get_model_class().objects.all().delete()[0])

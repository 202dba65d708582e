"""Sessions in the database behind a cache, where either may fail without an error page.

Without the cache they are read from the database. A database that cannot be written keeps what it
knew of a session; pages go on, and the next request tries again.
"""

import logging
from typing import Any

from django.contrib.sessions.backends import cached_db
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.backends.db import SessionStore as InDatabase
from django.db import DatabaseError
from redis.exceptions import RedisError

log = logging.getLogger(__name__)


class SessionStore(cached_db.SessionStore):
    def load(self) -> dict[str, Any]:
        try:
            return super().load()
        except RedisError:
            log.warning("a session was read without the cache")
        found = self._get_session_from_db()  # type: ignore[attr-defined]  # in no stub
        return self.decode(found.session_data) if found else {}

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
        try:
            super().delete(session_key)
        except RedisError:
            log.exception("an ended session could not be taken out of the cache")

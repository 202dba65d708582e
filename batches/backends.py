"""Loads the account of a request with preferences, role and default view, in one query."""

from typing import Any, cast

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User

from batches.models import Preferences
from batches.services import sql

PREFERENCES = ("zone", "browser_zone", "theme", "page_size", "shortcuts")


class AccountBackend(ModelBackend):
    """A disabled account is signed out with its next request."""

    def get_user(self, user_id: int) -> User | None:
        columns = sql.read_account(user_id=user_id)
        if columns is None:
            return None
        rank, preferences_id = columns.pop("group_rank"), columns.pop("preferences_id")
        unread, default_view = columns.pop("unread"), columns.pop("default_view_slug")
        preferences = {name: columns.pop(name) for name in PREFERENCES}
        user: Any = sql.instance(User, columns)
        if not self.user_can_authenticate(user):
            return None
        user.group_rank, user.preferences, user.unread = rank, Preferences(), unread
        user.default_view_slug = default_view
        if preferences_id is not None:
            user.preferences = Preferences(id=preferences_id, **preferences)
        return cast(User, user)

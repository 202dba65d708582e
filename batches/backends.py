"""Loads the account of a request with all that every page asks of it."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User

from batches.models import Preferences
from batches.services.sql import select

# Written out, as every request asks it: Django would take 15 times as long to build it as the
# database takes to answer. The ranks are those of `services.roles.Role`.
ACCOUNT = """
    SELECT auth_user.*, liked.id AS liked_id, zone, browser_zone, theme,
           page_size, shortcuts,
           (SELECT MAX(CASE auth_group.name WHEN 'Viewers' THEN 1 WHEN 'Operators' THEN 2 END)
              FROM auth_group JOIN auth_user_groups ON group_id = auth_group.id
             WHERE user_id = auth_user.id) AS group_rank
      FROM auth_user LEFT JOIN batches_preferences liked ON liked.user_id = auth_user.id
     WHERE auth_user.id = %s
"""


class AccountBackend(ModelBackend):
    """Preferences and the role come with the account, in one query: role and zone cost nothing.

    A disabled account is nobody from its next request on.
    """

    def get_user(self, user_id: int) -> User | None:
        user = next(iter(select(User, ACCOUNT, [user_id])), None)
        if user is None or not self.user_can_authenticate(user):
            return None
        user.preferences = _preferences(user)
        return user


def _preferences(row: Any) -> Preferences:
    if row.liked_id is None:
        return Preferences()
    return Preferences(
        id=row.liked_id,
        zone=row.zone,
        browser_zone=row.browser_zone,
        theme=row.theme,
        page_size=row.page_size,
        shortcuts=bool(row.shortcuts),
    )

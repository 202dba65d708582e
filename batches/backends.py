"""Loads the account of a request with its preferences and its role."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User

from batches.models import Preferences
from batches.services.people.roles import GROUPS

# Every request reads this: Django takes 15 times as long to build it as the database to answer.
RANKS = " ".join(f"WHEN '{name}' THEN {role:d}" for name, role in GROUPS.items())
ACCOUNT = f"""
    SELECT auth_user.*, chosen.id AS preferences_id, zone, browser_zone, theme,
           page_size, shortcuts,
           (SELECT MAX(CASE auth_group.name {RANKS} END)
              FROM auth_group JOIN auth_user_groups ON group_id = auth_group.id
             WHERE user_id = auth_user.id) AS group_rank
      FROM auth_user LEFT JOIN batches_preferences chosen ON chosen.user_id = auth_user.id
     WHERE auth_user.id = %s
"""  # noqa: S608 - names of this code alone  # nosec B608


class AccountBackend(ModelBackend):
    """A disabled account is signed out with its next request."""

    def get_user(self, user_id: int) -> User | None:
        user = next(iter(User.objects.raw(ACCOUNT, [user_id])), None)
        if user is None or not self.user_can_authenticate(user):
            return None
        user.preferences = _preferences(user)
        return user


def _preferences(row: Any) -> Preferences:
    if row.preferences_id is None:
        return Preferences()
    return Preferences(
        id=row.preferences_id,
        zone=row.zone,
        browser_zone=row.browser_zone,
        theme=row.theme,
        page_size=row.page_size,
        shortcuts=bool(row.shortcuts),
    )

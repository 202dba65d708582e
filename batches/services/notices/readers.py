"""Who may be told something, and when: looked at when a delivery is made, and before it is sent."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User

from batches.models import NoticeSetting
from batches.services.keys.listing import list_readable_keys
from batches.services.keys.types import ViewerKey
from batches.services.notices.hours import quiet_until
from batches.services.people.preferences import zone_of
from batches.services.people.roles import Role, role_of

NOT_ACTIVE = "The account is disabled."
NO_ROLE = "The account has no role."
NO_KEY = "You may no longer read with this key."


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """One person as they are now. keys: none where the account is disabled or has no role."""

    user: User
    keys: tuple[ViewerKey, ...]
    setting: NoticeSetting
    zone: ZoneInfo
    refusal: str = ""

    def key_of(self, fingerprint: str) -> ViewerKey | None:
        """The key that has this record; None where they may not read it."""
        return next((key for key in self.keys if fingerprint in key.fingerprints), None)

    def refusal_of(self, fingerprint: str) -> str:
        """Why they may not be told of this key; empty where they may."""
        return self.refusal or ("" if self.key_of(fingerprint) else NO_KEY)

    def quiet_until(self, now: datetime) -> datetime | None:
        begin, end = self.setting.quiet_from, self.setting.quiet_until
        return quiet_until(now=now, zone=self.zone, begin=begin, end=end)


def read_person(*, user_id: int) -> Reader:
    """A person as the database has them now."""
    user = User.objects.select_related("preferences", "notice_setting").get(pk=user_id)
    refusal = NOT_ACTIVE
    if user.is_active:
        refusal = "" if role_of(user).includes(Role.VIEWER) else NO_ROLE
    return Reader(
        user=user,
        keys=() if refusal else list_readable_keys(user=user),
        setting=setting_of(user),
        zone=zone_of(user),
        refusal=refusal,
    )


def setting_of(user: User) -> NoticeSetting:
    """The person's quiet hours and digest; none of them where nothing was chosen."""
    try:
        return user.notice_setting
    except NoticeSetting.DoesNotExist:
        return NoticeSetting(user=user)

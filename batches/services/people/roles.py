"""The three roles, from Django's groups: Viewers read, Operators also operate, superusers all."""

from enum import IntEnum

from django.contrib.auth.models import User


class Role(IntEnum):
    """What an account may do; a higher one includes the lower."""

    NOBODY = 0
    VIEWER = 1
    OPERATOR = 2
    ADMIN = 3

    def includes(self, other: "Role") -> bool:
        return self >= other

    @property
    def refusal(self) -> str:
        """What a person without this role is told."""
        if self is Role.VIEWER:
            return (
                "Your account has no role yet, so it may not open pages here. "
                "Ask an administrator to add you to Viewers or Operators."
            )
        if self is Role.OPERATOR:
            return (
                "Your account may read batches but not operate on them. "
                "Ask an administrator to add you to Operators."
            )
        return "Only administrators may do this."


GROUPS = {"Viewers": Role.VIEWER, "Operators": Role.OPERATOR}


def role_of(user: User) -> Role:
    """The account's highest role. Costs no query where it was loaded with its rank."""
    if user.is_superuser:
        return Role.ADMIN
    if hasattr(user, "group_rank"):
        return Role(user.group_rank or Role.NOBODY)
    roles = (GROUPS.get(group.name, Role.NOBODY) for group in user.groups.all())
    return max(roles, default=Role.NOBODY)


def may_still_read(user: User) -> bool:
    """As the account is now, whatever it was when it was loaded."""
    now = User.objects.filter(pk=user.pk, is_active=True).first()
    return now is not None and role_of(now).includes(Role.VIEWER)

"""The three roles: Viewers read, Operators also operate, superusers do everything.

Two of them are groups of Django, made by a migration. Code uses the names defined here.
"""

from enum import IntEnum

from django.contrib.auth.models import User


class Role(IntEnum):
    """A higher role includes the lower ones."""

    NOBODY = 0
    VIEWER = 1
    OPERATOR = 2
    ADMIN = 3

    @property
    def label(self) -> str:
        return LABELS[self]

    @property
    def refusal(self) -> str:
        """The message for a person without this role."""
        return REFUSALS[self]

    def includes(self, other: "Role") -> bool:
        return self >= other


VIEWERS, OPERATORS = "Viewers", "Operators"
GROUPS = {VIEWERS: Role.VIEWER, OPERATORS: Role.OPERATOR}
LABELS = {
    Role.NOBODY: "None",
    Role.VIEWER: "Viewer",
    Role.OPERATOR: "Operator",
    Role.ADMIN: "Administrator",
}
REFUSALS = {
    Role.VIEWER: (
        "Your account has no role yet, so it may not open pages here. "
        f"Ask an administrator to add you to {VIEWERS} or {OPERATORS}."
    ),
    Role.OPERATOR: (
        "Your account may read batches but not operate on them. "
        f"Ask an administrator to add you to {OPERATORS}."
    ),
    Role.ADMIN: "Only administrators may do this.",
}


def role_of(user: User) -> Role:
    """The account's highest role."""
    if user.is_superuser:
        return Role.ADMIN
    # no query in a request: `batches/backends.py` loads the rank with the account
    if hasattr(user, "group_rank"):
        return Role(user.group_rank or Role.NOBODY)
    roles = (GROUPS.get(group.name, Role.NOBODY) for group in user.groups.all())
    return max(roles, default=Role.NOBODY)


def may_still_read(user: User) -> bool:
    """Whether the account may read now, by a new query."""
    # an export may run for minutes, and `user` is as it was when its request began
    now = User.objects.filter(pk=user.pk, is_active=True).first()
    return now is not None and role_of(now).includes(Role.VIEWER)

"""People to choose from: those who can sign in and read here."""

from django.contrib.auth.models import User
from django.db.models import Q

from batches.services.people.roles import GROUPS


def people_with_a_role() -> tuple[User, ...]:
    """Active accounts with a role, by name. One query."""
    has_role = Q(is_superuser=True) | Q(groups__name__in=GROUPS)
    return tuple(User.objects.filter(has_role, is_active=True).distinct().order_by("username"))

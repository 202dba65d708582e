"""Makes an account with its groups."""

from django.contrib.auth.models import Group, User


def person(name: str, *groups: str, is_admin: bool = False) -> User:
    make = User.objects.create_superuser if is_admin else User.objects.create_user
    user = make(username=name, password=f"{name}-has-a-password")
    user.groups.set(Group.objects.get_or_create(name=group)[0] for group in groups)
    return user

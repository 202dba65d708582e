"""Roles come from groups that a migration made."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, User

from batches.backends import AccountBackend
from batches.services.people.roles import Role, role_of

pytestmark = pytest.mark.django_db


def test_the_roles_of_our_people(alice: User, vera: User, charlie: User, ada: User) -> None:
    found = [role_of(person) for person in (alice, vera, charlie, ada)]

    assert found == [Role.OPERATOR, Role.VIEWER, Role.NOBODY, Role.ADMIN]


def test_of_two_groups_the_higher_counts_and_others_count_nothing(vera: User) -> None:
    vera.groups.add(Group.objects.get(name="Operators"), Group.objects.create(name="Choir"))

    assert role_of(vera) is Role.OPERATOR


def test_the_role_comes_with_the_account(
    alice: User,
    vera: User,
    charlie: User,
    ada: User,
    django_assert_num_queries: Any,
) -> None:
    vera.groups.add(Group.objects.create(name="Choir"))
    alice.groups.add(Group.objects.get(name="Viewers"))
    with django_assert_num_queries(4):
        people = [AccountBackend().get_user(user.pk) for user in (alice, vera, charlie, ada)]
        roles = [role_of(user) for user in people if user]

    assert roles == [Role.OPERATOR, Role.VIEWER, Role.NOBODY, Role.ADMIN]


def test_an_operator_includes_a_viewer_and_not_the_other_way_round() -> None:
    assert Role.OPERATOR.includes(Role.VIEWER)
    assert not Role.VIEWER.includes(Role.OPERATOR)


def test_each_refusal_says_whom_to_ask_or_what_it_takes() -> None:
    assert "no role yet" in Role.VIEWER.refusal
    assert "add you to Operators" in Role.OPERATOR.refusal
    assert "administrators" in Role.ADMIN.refusal


def test_the_migration_gave_the_groups_their_permissions() -> None:
    viewers, operators = (Group.objects.get(name=name) for name in ("Viewers", "Operators"))

    assert {p.codename for p in viewers.permissions.all()} == {"read_batches"}
    assert {p.codename for p in operators.permissions.all()} == {"read_batches", "operate_batches"}

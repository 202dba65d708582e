"""What every test may lean on: nothing left over from another test, and the people.

Alice operates and owns, Bob operates on her team, Vera views, Charlie has no role, Ada is admin.
"""

from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth.models import Group, User
from django.core.cache import caches
from django.test import Client
from hypothesis import settings

# A server has loaded it before its first request: it counts sign-ins.
import dashboard.web.sessions  # noqa: F401
from batches.services.cooldown import DATABASE, REDIS

settings.register_profile("calm", deadline=None)  # the machine may be busy with other things
settings.load_profile("calm")

pytest_plugins = [
    "tests.support.requirements",
    "tests.support.clock",
    "tests.support.services",
    "tests.support.vendor",
    "tests.faults.table",
]


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Iterator[None]:
    """The cache of one process outlives a test; sessions and counts in it must not."""
    yield
    for service in (REDIS, DATABASE):
        service.answered()
    for kept in caches.all():
        kept.clear()


def person(name: str, *groups: str, is_admin: bool = False) -> User:
    make = User.objects.create_superuser if is_admin else User.objects.create_user
    user = make(username=name, password=f"{name}-has-a-password")
    user.groups.set(Group.objects.get_or_create(name=group)[0] for group in groups)
    return user


@pytest.fixture
def alice(db: None) -> User:
    return person("alice", "Operators")


@pytest.fixture
def bob(db: None) -> User:
    return person("bob", "Operators")


@pytest.fixture
def vera(db: None) -> User:
    return person("vera", "Viewers")


@pytest.fixture
def charlie(db: None) -> User:
    return person("charlie")


@pytest.fixture
def ada(db: None) -> User:
    return person("ada", is_admin=True)


@pytest.fixture
def browse() -> Callable[[User], Client]:
    """A client that is signed in as somebody."""

    def signed_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return signed_in

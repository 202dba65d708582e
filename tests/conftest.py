"""Five accounts and their browsers; nothing remains from one test to the next.

Alice operates and owns, Bob operates on her team, Vera views, Charlie has no role, Ada is admin.
"""

import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from unittest.mock import patch

import pytest
from django.contrib.auth.models import User
from django.core.cache import caches
from django.db import connection
from django.db.backends.base.operations import BaseDatabaseOperations
from django.test import Client
from hypothesis import settings

# A server has loaded it before its first request: it counts sign-ins.
import dashboard.web.sessions  # noqa: F401
from batches.services.cooldown import DATABASE, REDIS
from tests.support.people import person

# No deadline, as the machine may be busy; the same examples in each run, as no test may fail by
# chance.
settings.register_profile("calm", deadline=None, derandomize=True)
settings.load_profile("calm")
ROLES = ("Operators", "Viewers")  # groups that a migration makes

pytest_plugins = [
    "tests.support.requirements",
    "tests.support.clock",
    "tests.support.query_plans",
    "tests.support.selection",
    "tests.support.services",
    "tests.support.static_files",
    "tests.support.vendor",
    "tests.faults.table",
]


@pytest.fixture(scope="session", autouse=True)
def _quick_flush() -> Iterator[None]:
    """After a test that commits, rows are deleted: to truncate the tables takes PostgreSQL half a
    second. What Django and the migrations wrote stays, for tests in whatever order.
    """
    kept = {"django_content_type", "auth_permission", "auth_group_permissions"}
    only = {"auth_group": f"name NOT IN {ROLES}"}

    def sql_flush(
        operations: BaseDatabaseOperations, style: Any, tables: Iterable[str], **options: Any
    ) -> list[str]:
        return [
            f"DELETE FROM {operations.quote_name(table)} WHERE {only.get(table, 'TRUE')}"
            for table in {*tables} - kept
        ]

    with (
        patch.object(type(connection.ops), "sql_flush", sql_flush),
        patch("django.core.management.commands.flush.emit_post_migrate_signal"),
    ):
        yield


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Iterator[None]:
    """The cache of one process outlives a test; sessions and counts in it must not."""
    yield
    for service in (REDIS, DATABASE):
        service.answered()
    for kept in caches.all():
        kept.clear()
    # not imported here: most tests need no numpy
    if rounds := sys.modules.get("batches.services.attention.rounds"):
        rounds.forget()
    if projects := sys.modules.get("batches.services.palette.projects"):
        projects.forget()


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


@pytest.fixture
def as_alice(browse: Callable[[User], Client], alice: User) -> Client:
    """Alice's browser, signed in."""
    return browse(alice)

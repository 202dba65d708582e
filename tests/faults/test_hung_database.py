"""PostgreSQL that says nothing any more: people get words within seconds, machines the truth."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError, close_old_connections, connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from batches.services import cooldown
from batches.services.cooldown import COOLDOWN_SECONDS, DATABASE
from dashboard.databases.postgresql import limits
from tests.faults.databases import only_postgres
from tests.faults.hosts import silent_port
from tests.faults.proxies import Way

pytestmark = [only_postgres, pytest.mark.django_db(transaction=True)]
SECONDS, SPARE = 0.5, 0.2
NOT_FOR_EVER = 30  # seconds: the silence lasts until the test ends it


@pytest.fixture
def way() -> Iterator[Way]:
    """To the tests' own PostgreSQL."""
    way = Way(connection.settings_dict["HOST"], int(connection.settings_dict["PORT"] or 5432))
    yield way
    way.close()


@contextmanager
def reached_at(port: int) -> Iterator[Any]:
    """This thread's requests reach the database there, over a connection that stays open; they wait
    as those of a web process do, but not as long.
    """
    usual = connections["default"]
    facts = usual.settings_dict | {"HOST": "127.0.0.1", "PORT": str(port), "CONN_MAX_AGE": None}
    connections["default"] = other = type(usual)(facts, "default")
    try:
        with patch.multiple(limits, _of_process=[SECONDS], SPARE_SECONDS=SPARE):
            yield other
    finally:
        other.close()
        connections["default"] = usual


def ask(words: str = "SELECT 1") -> None:
    with connection.cursor() as cursor:
        cursor.execute(words)


def test_a_question_that_is_never_answered_ends_and_the_next_is_not_asked(
    way: Way, monkeypatch: pytest.MonkeyPatch
):
    with reached_at(way.port) as reached:
        ask()
        way.freeze()
        began = time.monotonic()
        with pytest.raises(OperationalError):
            ask()
        assert SECONDS < time.monotonic() - began < NOT_FOR_EVER
        reached.close()
        with pytest.raises(OperationalError, match="not asked for now"):
            ask()
        way.thaw()
        monkeypatch.setattr(cooldown, "monotonic", lambda: time.monotonic() + COOLDOWN_SECONDS)
        ask()
        ask()
    assert not DATABASE.is_away


def test_who_waits_already_goes_with_the_first_who_was_not_answered(way: Way):
    with reached_at(way.port), patch.multiple(limits, _of_process=[60.0]):
        ask()
        way.freeze()
        threading.Timer(0.2, DATABASE.failed, [TimeoutError()]).start()
        began = time.monotonic()
        with pytest.raises(OperationalError):
            ask()
        assert time.monotonic() - began < NOT_FOR_EVER


def test_pages_say_so_and_machines_hear_the_truth(
    way: Way, alice: User, browse: Callable[[User], Client]
):
    web = browse(alice)
    web.raise_request_exception = False
    with reached_at(way.port) as reached:
        assert web.get("/preferences/").status_code == 200
        assert web.get("/readyz").status_code == 200
        way.freeze()
        began = time.monotonic()
        with CaptureQueriesContext(reached) as asked:
            assert web.get("/healthz").status_code == 200
        assert not asked.captured_queries
        ready = web.get("/readyz")
        page = web.get("/preferences/")
        assert web.get("/healthz").status_code == 200
        assert time.monotonic() - began < NOT_FOR_EVER
    assert (ready.status_code, ready.content) == (503, b"The database does not answer.\n")
    assert page.status_code == 503
    assert "cannot read its database" in page.text


def test_a_server_that_takes_connections_and_says_nothing_is_not_waited_for(client: Client):
    with silent_port() as silent, reached_at(silent):
        began = time.monotonic()
        assert client.get("/readyz").status_code == 503
        assert time.monotonic() - began < NOT_FOR_EVER
        assert not DATABASE.may_ask()
        assert client.get("/readyz").status_code == 503


def test_what_the_server_is_slow_at_it_ends_itself_and_is_asked_the_next_question(way: Way):
    with reached_at(way.port):
        with pytest.raises(OperationalError, match="statement timeout"):
            ask("SELECT pg_sleep(5)")
        ask()
    assert DATABASE.may_ask()


def test_after_connections_were_cut_the_next_request_is_answered(
    way: Way, alice: User, browse: Callable[[User], Client]
):
    web = browse(alice)
    with reached_at(way.port) as reached:
        assert web.get("/preferences/").status_code == 200
        backend = reached.connection.info.backend_pid
        with connections.create_connection("default").cursor() as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", [backend])
            other.db.close()
        close_old_connections()  # as every request begins, but for those of a test
        assert web.get("/preferences/").status_code == 200
        assert reached.connection.info.backend_pid != backend

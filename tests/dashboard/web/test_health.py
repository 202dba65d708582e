"""Answers for machines."""

import io
import re
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.cache import cache
from django.core.management import call_command
from django.db import DatabaseError, InterfaceError, close_old_connections, connection
from django.test import Client
from django.utils import timezone
from prometheus_client import REGISTRY
from redis.exceptions import ConnectionError as RedisGone

from batches.models import Alarm, AlarmKind, Bulk, BulkState, Lease, LeasePurpose, State
from batches.sandbox import Sandbox
from batches.services import leases
from batches.services.estimates.compute import estimate_due
from batches.services.walks.read_pages import walk_due_keys
from dashboard.web.metrics import counted_estimates, counted_operations
from tests.faults.databases import locked, only_sqlite, opened_at, read_only
from tests.support.bulk_work import plan_of
from tests.support.clock import NOON
from tests.support.operations import READ, abandoned_operation, create, settle_in
from tests.support.vendor import KeyMaker
from tests.support.watched_work import Work, at


@pytest.fixture(autouse=True)
def _nothing_counted_yet() -> None:
    counted_operations.forget()
    counted_estimates.forget()


def test_the_process_is_up_without_asking_the_database(client: Client):
    assert client.get("/healthz").content == b"ok\n"


@pytest.mark.parametrize("path", ["/healthz", "/metrics"])
def test_nor_for_a_session_that_a_browser_sends_along(path: str):
    """A test without a database ends where one is asked."""
    web = Client()
    web.cookies["sessionid"] = "a" * 32
    assert web.get(path).status_code == (200 if path == "/healthz" else 404)


@pytest.mark.django_db
def test_ready_when_database_and_cache_answer(client: Client):
    answer = client.get("/readyz")
    assert (answer.status_code, answer.content) == (200, b"ready\n")


@pytest.mark.django_db
def test_not_ready_says_what_does_not_answer(client: Client, monkeypatch: pytest.MonkeyPatch):
    def refuse(*args: Any, **kwargs: Any) -> None:
        raise DatabaseError("gone")

    def lose(*args: Any, **kwargs: Any) -> None:
        raise RedisGone("gone")

    monkeypatch.setattr(connection, "cursor", refuse)
    monkeypatch.setattr(cache, "set", lose)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.content == b"The database does not answer.\nThe cache does not answer.\n"


def state_of(client: Client) -> tuple[int, bytes]:
    answer = client.get("/readyz")
    return answer.status_code, answer.content


@only_sqlite
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("content", [b"", b"no database at all " * 300], ids=["empty", "damaged"])
def test_not_ready_with_a_file_that_holds_no_database_of_ours(
    client: Client, tmp_path: Path, content: bytes
):
    file = tmp_path / "other.sqlite3"
    file.write_bytes(content)
    with opened_at(file):
        assert state_of(client) == (503, b"The database does not answer.\n")
    assert state_of(client) == (200, b"ready\n")


@pytest.mark.django_db(transaction=True)
def test_not_ready_while_the_database_cannot_be_written(client: Client):
    with read_only():
        assert state_of(client) == (503, b"The database cannot be written.\n")
    assert state_of(client) == (200, b"ready\n")


@only_sqlite
@pytest.mark.django_db(transaction=True)
def test_a_file_that_can_be_written_again_is_opened_anew(client: Client, tmp_path: Path):
    file = tmp_path / "copy.sqlite3"
    call_command("backup_database", str(file), stdout=io.StringIO())
    with closing(sqlite3.connect(file)) as other, opened_at(file, "?mode=ro"):
        other.execute("PRAGMA journal_mode=WAL")
        other.execute("SELECT count(*) FROM django_session")  # the files beside it are there now
        before = state_of(client)
        connection.settings_dict["NAME"] = str(file)
        connection.settings_dict["CONN_MAX_AGE"] = None
        close_old_connections()  # as every request begins and ends, but for those of a test
        after = state_of(client)
        connection.settings_dict["CONN_MAX_AGE"] = 0
    assert (before, after) == ((503, b"The database cannot be written.\n"), (200, b"ready\n"))


@only_sqlite
@pytest.mark.django_db(transaction=True)
def test_ready_while_another_one_writes(client: Client):
    with locked(20):
        assert state_of(client) == (200, b"ready\n")


@only_sqlite
@pytest.mark.django_db(transaction=True)
def test_not_ready_once_the_open_file_is_deleted_or_replaced(client: Client, tmp_path: Path):
    file = tmp_path / "copy.sqlite3"
    call_command("backup_database", str(file), stdout=io.StringIO())
    kept = file.read_bytes()
    with opened_at(file):
        assert state_of(client) == (200, b"ready\n")
        file.unlink()
        gone = state_of(client)
        file.write_bytes(kept)
        replaced = state_of(client)
    assert gone == replaced == (503, b"The database's file was deleted or replaced.\n")


@pytest.mark.django_db
def test_a_cache_that_forgets_at_once_is_no_cache(client: Client, settings: Any):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
    assert client.get("/readyz").status_code == 503


def test_machines_may_only_read(client: Client):
    assert client.post("/healthz").status_code == 405


@pytest.mark.django_db
def test_without_a_token_in_the_settings_there_are_no_metrics(client: Client):
    assert client.get("/metrics").status_code == 404


@pytest.mark.parametrize("given", ["", "Bearer wrong", "Basic s3cret-token", "Bearer é"])
def test_metrics_need_their_token(client: Client, settings: Any, given: str):
    settings.METRICS_TOKEN = "s3cret-token"
    answer = client.get("/metrics", headers={"Authorization": given})
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == "Bearer"


def scraped(client: Client, settings: Any) -> str:
    settings.METRICS_TOKEN = "s3cret-token"
    answer = client.get("/metrics", headers={"Authorization": "Bearer s3cret-token"})
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.django_db
def test_metrics_count_requests_by_view_and_never_by_path(client: Client, settings: Any):
    def counted() -> float:
        labels = {"method": "GET", "status": "2xx", "view": "healthz"}
        return REGISTRY.get_sample_value("console_http_requests_total", labels) or 0

    before = counted()
    for _ in range(2):
        client.get("/healthz?secret=1")
    body = scraped(client, settings)
    assert counted() == before + 2
    assert 'console_http_requests_total{method="GET",status="2xx",view="healthz"}' in body
    assert "secret" not in body


def test_lists_are_counted_where_the_worker_reads_them(
    client: Client, settings: Any, key_for: KeyMaker, alice: User, refonte: Sandbox
):
    key_for(alice, keep_watch=True)
    refonte.add_batch("kitten-07")
    walk_due_keys(now=timezone.now())

    body = scraped(client, settings)

    assert 'console_walks{state="read"} 1.0' in body
    assert 'console_walks{state="failing"} 0.0' in body
    assert "console_walk_calls_total 1.0" in body


@pytest.mark.django_db
def test_estimates_are_counted_with_what_they_cost_and_how_late_they_are(
    client: Client, settings: Any
):
    work, last = Work(total=1000), 3 * 24 * 60
    done = work.work(0, last, step=15, tasks=3)
    Work("kitten-08").see(last, 1)
    with time_machine.travel(at(last + 1), tick=False):
        estimate_due(now=at(last + 1))
    work.see(last + 2, done)
    with time_machine.travel(at(last + 9), tick=False):
        body = scraped(client, settings)
    assert 'console_estimates{kind="range"} 1.0' in body
    assert 'console_estimates{kind="silent"} 1.0' in body
    assert "console_estimates_due 1.0" in body
    assert "console_oldest_due_estimate_seconds 480.0" in body
    assert "console_estimates_computed_total 2.0" in body
    assert "console_estimate_seconds_total 0.0\n" not in body


@pytest.mark.django_db
def test_alarms_are_counted_by_kind(client: Client, settings: Any):
    facts = {"fingerprint": "0" * 16, "since": at(0), "began_at": at(0), "checked_at": at(0)}
    Alarm.objects.create(kind=AlarmKind.AT_REST, **facts)
    Alarm.objects.create(kind=AlarmKind.KEY_REFUSED, dismissed_at=at(1), **facts)
    Alarm.objects.create(kind=AlarmKind.KEY_REFUSED, ended_at=at(1), **facts)
    body = scraped(client, settings)
    assert 'console_alarms{dismissed="no",kind="at_rest"} 1.0' in body
    assert 'console_alarms{dismissed="yes",kind="key_refused"} 1.0' in body
    assert 'console_alarms{dismissed="no",kind="key_refused"} 0.0' in body


def test_keys_are_counted_by_the_operations_that_wait_for_a_worker(
    client: Client, settings: Any, key_for: KeyMaker, alice: User, refonte: Sandbox
):
    key = key_for(alice)
    abandoned_operation(alice, key, State.CHECKING)
    assert 'console_settle_queues{state="due"} 1.0' in scraped(client, settings)
    half_a_minute = timedelta(seconds=30)
    leases.acquire(
        Lease, fingerprint=key.fingerprint, purpose=LeasePurpose.SETTLE, length=half_a_minute
    )

    body = scraped(client, settings)

    assert 'console_settle_queues{state="active"} 1.0' in body


def test_bulks_are_counted_with_the_rows_they_have_left(
    client: Client, settings: Any, key_for: KeyMaker, alice: User, refonte: Sandbox
):
    bulk = plan_of(alice, key_for(alice), ["a", "b"])
    five_minutes = timedelta(minutes=5)
    Bulk.objects.update(next_at=timezone.now() - five_minutes)
    body = scraped(client, settings)
    assert 'console_bulks{state="reading"} 1.0' in body
    assert "console_bulk_late_seconds 30" in body

    bulk.rows.update(is_ticked=True)
    Bulk.objects.update(state=BulkState.RUNNING, next_at=timezone.now() + five_minutes)
    body = scraped(client, settings)
    assert 'console_bulks{state="running"} 1.0' in body
    assert "console_bulk_rows_left 2.0" in body
    assert "console_bulk_late_seconds 0.0" in body


def test_operations_are_counted_where_the_worker_settles_them(
    client: Client, settings: Any, key_for: KeyMaker, alice: User, refonte: Sandbox
):
    refonte.add_project("kittens")
    key = key_for(alice)
    refonte.fault("close_after_acting", match="POST *")
    refonte.fault("status", match=READ, times=1, skip=1, code=503)
    create(alice, key)
    with time_machine.travel(timezone.now() + timedelta(seconds=90)):
        body = scraped(client, settings)
        assert 'console_operations_open{state="checking"} 1.0' in body
        assert 'console_operations_total{state="succeeded"} 0.0' in body
        assert re.search(r"console_oldest_open_operation_seconds 9\d\.", body)
    settle_in(90)
    body = scraped(client, settings)
    assert 'console_operations_open{state="checking"} 0.0' in body
    assert 'console_operations_total{state="succeeded"} 1.0' in body
    assert "console_oldest_open_operation_seconds 0.0" in body


def test_operations_are_counted_once_in_fifteen_seconds_whoever_scrapes(
    client: Client, settings: Any, key_for: KeyMaker, alice: User, refonte: Sandbox
):
    key, counted = key_for(alice), []
    with time_machine.travel(NOON, tick=False) as clock:
        for seconds in (0, 14, 1):
            clock.shift(seconds)
            body = scraped(client, settings)
            counted.append('console_operations_open{state="waiting"} 0.0' in body)
            abandoned_operation(alice, key, State.WAITING)

    assert counted == [True, True, False]


@pytest.mark.django_db
def test_a_database_that_does_not_answer_takes_its_own_series_only(
    client: Client, settings: Any, monkeypatch: pytest.MonkeyPatch
):
    def refuse(*args: Any, **kwargs: Any) -> None:
        raise InterfaceError("gone")

    monkeypatch.setattr(connection, "cursor", refuse)
    body = scraped(client, settings)
    assert "console_operations" not in body
    assert "console_http_requests_total" in body


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_a_wrong_method_is_told_as_such_to_a_machine_without_a_token(path: str):
    answer = Client(enforce_csrf_checks=True).post(path)
    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD")

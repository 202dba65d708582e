"""Reads shared over Redis: JSON there and back, processes as one, and Redis gone in mid-flight."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.models import Session
from django.test import Client, override_settings
from dogpile.cache.api import CantDeserializeException
from pytest_django.fixtures import Settings

from batches.sandbox import Sandbox
from batches.services.cache import region as cache
from batches.services.cache.held import Failure, Held, dump, load
from batches.services.readings import status_query
from tests.faults.cells import ALL, Cell, House
from tests.faults.hosts import port_of_nobody
from tests.faults.table import note_row
from tests.services.asking import all_at_once, read_status
from tests.vendor import KeyMaker

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_a_reading_comes_back_from_json_as_it_went():
    failure = Failure(outcome="no_answer", words="\ud800 it broke", since=NOON, tries=3)
    payload = {"docs": [{"name": "kätzchen\0", "tasks_pending": None}], "total": 1}
    held = Held(payload=payload, as_of=NOON, failure=failure, asked_at=NOON, next_try=NOON)

    assert load(dump(held)) == held
    assert load(dump(NOON)) == NOON


@pytest.mark.parametrize("text", [b"", b"{}", b'{"payload": 1}', b'"noon"', b"7"])
def test_what_another_version_wrote_is_no_value(text: bytes):
    with pytest.raises(CantDeserializeException):
        load(text)


@pytest.fixture
def over_redis(redis_url: str, settings: Settings, refonte: Sandbox) -> Iterator[Sandbox]:
    settings.REDIS_URL = redis_url
    cache.region.cache_clear()
    refonte.add_batch("kitten-07", counts={"pending": 12, "completed": 4321})
    yield refonte
    cache.region.cache_clear()


@pytest.mark.services
def test_what_one_process_read_another_does_not_ask_again(
    over_redis: Sandbox, alice: User, key_for: KeyMaker
):
    key = key_for(alice)
    first = read_status(key)
    cache.region.cache_clear()  # another process starts with a region of its own
    second = read_status(key)

    assert len(over_redis.calls) == 1
    assert (second.data, second.as_of) == (first.data, first.as_of)


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_six_processes_that_look_at_once_cost_one_call(
    over_redis: Sandbox, alice: User, key_for: KeyMaker, monkeypatch: pytest.MonkeyPatch
):
    key = key_for(alice)
    over_redis.fault("latency", seconds=0.3)

    with monkeypatch.context() as patch:
        patch.setattr(cache, "region", cache.region.__wrapped__)  # one a call: nothing shared
        readings = all_at_once(6, lambda: read_status(key))

    assert len(over_redis.calls) == 1
    assert len(readings) == 6
    assert len({reading.as_of for reading in readings}) == 1


@pytest.mark.services
def test_nobody_waits_beyond_the_deadline_for_a_killed_holder(
    over_redis: Sandbox, alice: User, key_for: KeyMaker, settings: Settings
):
    settings.REFONTE_TIMEOUT = 0.5
    key = key_for(alice)
    region = cache.region()
    address = f"console:{key.fingerprint}:{status_query('kitten-07').id}"
    region.backend.get_mutex(address).acquire()

    reading = read_status(key)

    assert reading.failure
    assert reading.failure.outcome == "busy"
    # one without an end would say -1
    assert 0 < region.actual_backend.writer_client.pttl(f"_lock{address}") <= 3000


def test_without_redis_pages_and_writes_go_on(
    house: House, settings: Settings, request: pytest.FixtureRequest
):
    @contextmanager
    def redis_gone(_: Sequence[Cell]) -> Iterator[None]:
        url = f"redis://127.0.0.1:{port_of_nobody()}/0"
        caches = settings.CACHES | {"default": settings.REDIS | {"LOCATION": url}}
        with override_settings(REDIS_URL=url, CACHES=caches):
            cache.region.cache_clear()
            yield
        cache.region.cache_clear()

    cells = house.run(ALL, redis_gone)
    note_row(request, "Redis gone", cells)

    assert {cell.outcome for cell in cells if not cell.call.is_write} == {"live"}
    assert {cell.outcome for cell in cells if cell.call.is_write} == {"succeeded"}


@pytest.mark.parametrize("fault", ["hang", "status"])
def test_without_redis_and_without_the_vendor_the_database_still_knows(fault: str, house: House):
    @contextmanager
    def all_gone(cells: Sequence[Cell]) -> Iterator[None]:
        house.sandbox.fault(fault)
        with override_settings(REDIS_URL=f"redis://127.0.0.1:{port_of_nobody()}/0"):
            cache.region.cache_clear()
            yield
        cache.region.cache_clear()

    cells = house.run(ALL[:4], all_gone, side_by_side=True)

    assert {cell.outcome for cell in cells} == {"last state"}
    assert all(cell.says_enough for cell in cells)


def test_without_redis_people_still_sign_in_and_out(alice: User, settings: Settings):
    url = f"redis://127.0.0.1:{port_of_nobody()}/0"
    settings.CACHES = settings.CACHES | {"default": settings.REDIS | {"LOCATION": url}}
    web = Client()
    who = {"username": "alice", "password": "alice-has-a-password"}

    assert web.post("/accounts/login/", who).status_code == 302
    assert web.get("/preferences/").status_code == 200
    assert web.session.exists(web.cookies["sessionid"].value)
    web.post("/accounts/logout/")
    assert web.get("/preferences/").status_code == 302


def test_a_session_that_was_ended_meanwhile_is_not_brought_back(
    alice: User, browse: Callable[[User], Client]
):
    session = browse(alice).session
    Session.objects.all().delete()

    with pytest.raises(UpdateError):
        session.save()

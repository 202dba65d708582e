"""Reads shared over Redis: JSON there and back, processes as one, and Redis gone in mid-flight."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
import redis
from django.contrib.auth.models import User
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.models import Session
from django.test import Client, override_settings
from pytest_django.fixtures import Settings

from batches.refonte import Deadline
from batches.sandbox import Sandbox
from batches.services.cache import store
from batches.services.cache.entry import CacheEntry, Failure, dump, load
from batches.services.cache.redis_backend import LARGEST, RedisStore
from batches.services.cooldown import REDIS
from batches.services.key_checks.rate_limit import CHECKS_A_MINUTE, TooManyChecks, count_check
from batches.services.readings.queries import status_query
from tests.faults.calls import ALL, Attempt, Console
from tests.faults.hosts import port_of_nobody, silent_port
from tests.faults.table import note_row
from tests.support.reads import read_status, run_together
from tests.support.vendor import KeyMaker

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_a_reading_comes_back_from_json_as_it_went():
    failure = Failure(outcome="no_answer", message="\ud800 it broke", since=NOON, tries=3)
    payload = {"docs": [{"name": "kätzchen\0", "tasks_pending": None}], "total": 1}
    held = CacheEntry(payload=payload, as_of=NOON, failure=failure, asked_at=NOON, next_try=NOON)

    assert load(dump(held)) == held
    assert load(dump(NOON)) == NOON


def changed(**facts: object) -> bytes:
    """What is written of a failed reading, but for these facts."""
    failure = Failure(outcome="busy", message="busy", since=NOON)
    return json.dumps(json.loads(dump(CacheEntry(failure=failure, asked_at=NOON))) | facts).encode()


NO_VALUES = [
    b"",
    b"{}",
    b'{"payload": 1}',
    b'"noon"',
    b'"2026-11-23T12:00:00"',  # without a zone it could be compared to no other
    b"7",
    b"null",
    b"[" * 100_000,
    changed(as_of=7),
    changed(asked_at="2026-11-23"),
    changed(failure=[]),
    changed(failure={"outcome": "busy"}),
    changed(failure={"outcome": "", "words": "", "since": None, "tries": "many"}),
]


@pytest.mark.parametrize("text", NO_VALUES, ids=range(len(NO_VALUES)))
def test_what_another_version_wrote_is_no_value(text: bytes):
    assert load(text) is None


@pytest.fixture
def over_redis(redis_url: str, settings: Settings, refonte: Sandbox) -> Iterator[Sandbox]:
    settings.REDIS_URL = redis_url
    store.backend.cache_clear()
    refonte.add_batch("kitten-07", counts={"pending": 12, "completed": 4321})
    yield refonte
    store.backend.cache_clear()


@pytest.mark.services
def test_what_one_process_read_another_does_not_ask_again(
    over_redis: Sandbox, alice: User, key_for: KeyMaker
):
    key = key_for(alice)
    first = read_status(key)
    store.backend.cache_clear()  # another process starts with a store of its own
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
        patch.setattr(store, "backend", store.backend.__wrapped__)  # one a call: nothing shared
        readings = run_together(6, lambda: read_status(key))

    assert len(over_redis.calls) == 1
    assert len(readings) == 6
    assert len({reading.as_of for reading in readings}) == 1


@pytest.mark.services
def test_nobody_waits_beyond_the_deadline_for_a_killed_holder(
    over_redis: Sandbox, alice: User, key_for: KeyMaker, settings: Settings, redis_url: str
):
    settings.REFONTE_TIMEOUT = 0.5
    key = key_for(alice)
    query = status_query("kitten-07")
    store.lock(key.fingerprint, query.id, Deadline(1)).acquire()
    store.backend.cache_clear()  # by another process

    reading = read_status(key)

    assert reading.failure
    assert reading.failure.outcome == "busy"
    # one without an end would say -1
    with redis.Redis.from_url(redis_url) as server:
        assert 0 < server.pttl(f"console:lock:{key.fingerprint}:{query.id}") <= 3000


GARBAGE = [
    b"",
    b"no JSON",
    b'{"ct": 1, "v": 2}|{}',  # of an earlier version
    b'"2026-11-23T12:00:00+00:00"',  # a time where a reading belongs
    changed(),  # and the other way round
    b"[" * 100_000,
    b"x" * (LARGEST + 2),
    None,  # of another type
]


@pytest.mark.services
@pytest.mark.parametrize("garbage", GARBAGE, ids=range(len(GARBAGE)))
def test_garbage_in_redis_is_a_value_that_is_not_there(
    garbage: bytes | None, over_redis: Sandbox, alice: User, key_for: KeyMaker, redis_url: str
):
    key, query = key_for(alice), status_query("kitten-07")
    with redis.Redis.from_url(redis_url) as server:
        for what in (query.id, "dropped", f"floor:{query.scope}"):
            address = f"console:{key.fingerprint}:{what}"
            if garbage is None:
                server.rpush(address, "a list")
            else:
                server.set(address, garbage)

    first, second = read_status(key), read_status(key)

    assert first.data
    assert (first.failure, second.as_of) == (None, first.as_of)
    assert len(over_redis.calls) == 1
    assert REDIS.may_ask()


def a_reading(minutes: float) -> CacheEntry:
    at = NOON - timedelta(minutes=5 - minutes)
    return CacheEntry(payload={"minutes": minutes}, as_of=at, asked_at=at)


@pytest.fixture
def another(redis_url: str, settings: Settings) -> Iterator[RedisStore]:
    """The store of another process, beside this one's."""
    settings.REDIS_URL = redis_url
    store.backend.cache_clear()
    yield RedisStore()
    store.backend.cache_clear()


@pytest.mark.services
def test_when_redis_is_back_the_newer_of_two_readings_counts(another: RedisStore):
    ours = store.backend()
    for address, minutes in {"a": 1, "b": 3}.items():
        another.set(address, a_reading(minutes))
    REDIS.failed(TimeoutError())
    assert ours.get_many("ab") == [None, None]  # nobody waits for what Redis has
    for address in "ab":
        ours.set(address, a_reading(2))
    REDIS.answered()

    assert ours.get_many("ab") == [a_reading(2), a_reading(3)]
    ours.set("b", a_reading(2))  # asked before the cooldown, answered after it
    assert another.get_many("b") == [a_reading(3)]


@pytest.mark.services
@pytest.mark.usefixtures("clock")
def test_a_reading_of_the_future_replaces_none_when_redis_is_back(another: RedisStore):
    another.set("a", a_reading(65))  # before the clock was set back by an hour
    REDIS.failed(TimeoutError())
    REDIS.answered()
    ours = store.backend()
    ours.set("a", a_reading(4))

    assert ours.get_many("a") == another.get_many("a") == [a_reading(4)]


@pytest.mark.services
def test_a_write_of_ours_while_redis_was_away_makes_old_what_it_holds(another: RedisStore):
    early, late = (NOON - timedelta(minutes=minutes) for minutes in (2, 1))
    another.set("print:floor:theirs", late)
    REDIS.failed(TimeoutError())
    for scope in ("ours", "theirs"):
        store.raise_floor("print", scope, early)
    assert store.floor("print", "ours") == early
    REDIS.answered()

    assert [store.floor("print", scope) for scope in ("ours", "theirs")] == [early, late]
    assert another.get_many(["print:floor:ours"]) == [early]


@pytest.mark.services
def test_a_redis_that_was_emptied_takes_no_write_of_ours_away(another: RedisStore, redis_url: str):
    store.raise_floor("print", "lists", NOON)
    with redis.Redis.from_url(redis_url) as server:
        server.flushdb()

    assert store.floor("print", "lists") == NOON


def test_without_redis_each_process_counts_the_keys_that_are_tried(alice: User, settings: Settings):
    url = f"redis://127.0.0.1:{port_of_nobody()}/0"
    settings.CACHES = settings.CACHES | {"default": settings.REDIS | {"LOCATION": url}}
    for _ in range(CHECKS_A_MINUTE):
        count_check(user=alice)
    with pytest.raises(TooManyChecks):
        count_check(user=alice)


def test_without_redis_pages_and_writes_go_on(
    console: Console, settings: Settings, request: pytest.FixtureRequest
):
    @contextmanager
    def redis_gone(_: Sequence[Attempt]) -> Iterator[None]:
        url = f"redis://127.0.0.1:{port_of_nobody()}/0"
        caches = settings.CACHES | {"default": settings.REDIS | {"LOCATION": url}}
        with override_settings(REDIS_URL=url, CACHES=caches):
            store.backend.cache_clear()
            yield
        store.backend.cache_clear()

    attempts = console.run(ALL, redis_gone)
    note_row(request, "Redis gone", attempts)

    assert {attempt.outcome for attempt in attempts if not attempt.call.is_write} == {"live"}
    assert {attempt.outcome for attempt in attempts if attempt.call.is_write} == {"succeeded"}


@pytest.mark.parametrize("fault", ["hang", "status"])
def test_without_redis_and_without_the_vendor_the_database_still_knows(
    fault: str, console: Console
):
    @contextmanager
    def all_gone(attempts: Sequence[Attempt]) -> Iterator[None]:
        console.sandbox.fault(fault)
        with override_settings(REDIS_URL=f"redis://127.0.0.1:{port_of_nobody()}/0"):
            store.backend.cache_clear()
            yield
        store.backend.cache_clear()

    attempts = console.run(ALL[:4], all_gone, side_by_side=True)

    assert {attempt.outcome for attempt in attempts} == {"last state"}
    assert all(attempt.says_enough for attempt in attempts)


@pytest.mark.parametrize("is_hung", [True, False], ids=["hung", "gone"])
def test_without_redis_people_still_sign_in_and_out(is_hung: bool, alice: User, settings: Settings):
    web = Client()
    who = {"username": "alice", "password": "alice-has-a-password"}
    with silent_port() as silent:
        url = f"redis://127.0.0.1:{silent if is_hung else port_of_nobody()}/0"
        settings.CACHES = settings.CACHES | {
            "default": settings.REDIS | {"LOCATION": url},
            "sessions": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"},
        }
        began = time.monotonic()
        assert web.post("/accounts/login/", who).status_code == 302
        assert web.get("/preferences/").status_code == 200
        assert time.monotonic() - began < 30  # not for ever
        kept = Client(cookies=web.cookies)
        web.post("/accounts/logout/")
        assert [one.get("/preferences/").status_code for one in (web, kept)] == [302, 302]


def test_a_session_that_was_ended_meanwhile_is_not_brought_back(
    alice: User, browse: Callable[[User], Client]
):
    session = browse(alice).session
    Session.objects.all().delete()

    with pytest.raises(UpdateError):
        session.save()

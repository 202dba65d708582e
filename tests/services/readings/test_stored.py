"""Readings in the database: used after a restart, written rarely, deleted after two days."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import DatabaseError
from django.utils import timezone

from batches.models import StoredReading
from batches.sandbox import Sandbox
from batches.services.cache import store
from batches.services.cache.entry import CacheEntry
from batches.services.keys.types import KeyHandle
from batches.services.readings import read, stored
from batches.services.readings.queries import (
    status_query,
)
from batches.services.vendor.calls import Kind
from tests.support.reads import (
    STATUS,
    read_batch,
    read_status,
)
from tests.support.vendor import KeyMaker, forget_readings


def test_after_a_restart_the_stored_reading_stands_in_with_its_age(
    key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    read_status(key)
    forget_readings()
    kitten.fault("status", STATUS, code=500)
    clock.shift(3600)

    reading = read_status(key)

    assert reading.data
    assert reading.data.counts.completed == 30
    assert reading.as_of == timezone.now() - timedelta(hours=1)
    assert reading.failure


def test_after_a_restart_nobody_is_shown_what_was_read_with_another_key(
    alice: User, bob: User, key_for: KeyMaker, kitten: Sandbox
):
    read_status(key_for(alice))
    forget_readings()
    kitten.fault("status", STATUS, code=500)

    reading = read_status(key_for(bob, mode="test"))

    assert StoredReading.objects.count() == 1
    assert (reading.data, reading.payload, reading.as_of) == (None, None, None)
    assert reading.failure


def test_what_was_stored_in_a_shape_that_is_read_no_more_is_nothing(
    key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    read_status(key)
    StoredReading.objects.update(payload='["of an older version"]')
    forget_readings()
    kitten.fault("status", STATUS, times=1, code=500)

    reading = read_status(key, kind=Kind.POLL)

    assert (reading.data, reading.as_of) == (None, None)
    assert reading.failure
    clock.shift(6)
    assert read_status(key, kind=Kind.POLL).data


def test_what_another_version_cached_is_asked_for_anew(
    key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    query = status_query("kitten-07")
    held = CacheEntry(payload=["of another version"], as_of=timezone.now(), asked_at=timezone.now())
    store.put(key.fingerprint, query.id, held)

    assert read.last_known(key=key, query=query).data is None
    assert read_status(key).data


def test_a_stored_reading_is_written_when_it_changed_or_once_a_minute(
    key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    first = timezone.now()
    for _ in range(5):
        read_status(key)
        clock.shift(12)
    assert StoredReading.objects.get().as_of == first

    clock.shift(1)
    read_status(key)
    assert StoredReading.objects.get().as_of == first + timedelta(seconds=61)

    kitten.set_counts("kitten-07", pending=0, completed=42)
    clock.shift(4)
    read_status(key)
    assert '"tasks_completed": 42' in StoredReading.objects.get().payload


def test_reading_goes_on_where_nothing_can_be_written(
    key: KeyHandle, kitten: Sandbox, monkeypatch: pytest.MonkeyPatch
):
    def full(*args: object, **options: object) -> None:
        raise DatabaseError("disk full")

    monkeypatch.setattr(StoredReading.objects, "bulk_create", full)

    assert read_status(key).data


def test_stored_readings_are_kept_for_two_days(
    key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    read_status(key)
    clock.shift(2 * 24 * 3600)
    read_batch(key)
    assert stored.prune(now=timezone.now()) == 0

    clock.shift(1)

    assert stored.prune(now=timezone.now()) == 1
    assert StoredReading.objects.count() == 1


def test_what_an_earlier_process_knew_is_asked_for_once_and_kept(
    key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller, django_assert_num_queries: Any
):
    read_status(key)
    forget_readings()
    kitten.fault("status", STATUS, code=500)
    read_status(key, kind=Kind.POLL)

    clock.shift(6)
    with django_assert_num_queries(1):  # the sealed key
        reading = read_status(key, kind=Kind.POLL)

    assert reading.data
    assert reading.failure
    assert reading.failure.tries == 2

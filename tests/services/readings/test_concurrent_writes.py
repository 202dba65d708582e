"""An answer that was on its way while a write of ours was done: its news is older than the write's.

Reads past the cache know of no write by the cache: of several processes each has one of its own.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.utils import timezone

from batches.models import SeenBatch, StatusChange
from batches.refonte import ListQuery, NotFound
from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from batches.services.operations import names, vendor_session
from batches.services.readings.direct import read_direct
from batches.services.readings.queries import list_query
from batches.services.vendor import calls
from batches.services.walks.read_pages import walk_due_keys
from tests.support import operations
from tests.support.batch_lists import add
from tests.support.vendor import KeyMaker

NAME = "kitten-07"


@pytest.fixture
def key(alice: User, key_for: KeyMaker) -> KeyHandle:
    return key_for(alice, keep_watch=True)


def walk(key: KeyHandle) -> None:
    walk_due_keys(now=timezone.now())


def export(key: KeyHandle) -> None:
    deadline, kind = calls.new_deadline(), calls.Kind.PAGE
    read_direct(key=key, query=list_query(ListQuery()), kind=kind, deadline=deadline)


def check_name(key: KeyHandle) -> None:
    names.name_is_free(key=key, name=NAME)


def while_asked(
    monkeypatch: pytest.MonkeyPatch, clock: time_machine.Traveller, write: Callable[[], object]
) -> None:
    """The next question is answered at once; the answer arrives two seconds later, when the write
    that began after it is done.
    """
    ask = calls.ask_vendor

    def call(**asked: Any) -> Any:
        monkeypatch.setattr(calls, "ask_vendor", ask)
        try:
            answer = ask(**asked)
            return replace(answer, answered_at=timezone.now() + timedelta(seconds=2))
        finally:  # an absence arrives as late
            clock.shift(1)
            write()
            clock.shift(1)

    monkeypatch.setattr(calls, "ask_vendor", call)


@pytest.mark.parametrize("read", [walk, export, check_name])
def test_it_does_not_undo_what_the_write_was_answered(
    read: Callable[[KeyHandle], None],
    alice: User,
    key: KeyHandle,
    refonte: Sandbox,
    clock: time_machine.Traveller,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add(refonte, NAME, status="staging")
    while_asked(monkeypatch, clock, lambda: operations.finalize(alice, key))

    read(key)

    assert SeenBatch.objects.get().status == "in_progress"
    assert [(c.before, c.after) for c in StatusChange.objects.all()] == [("staging", "in_progress")]


def test_an_absence_does_not_undo_a_create(
    alice: User,
    key: KeyHandle,
    refonte: Sandbox,
    clock: time_machine.Traveller,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    refonte.add_project("kittens")
    while_asked(monkeypatch, clock, lambda: operations.create(alice, key))

    # as the page of an open finalize, which looks at its batch
    with pytest.raises(NotFound):
        vendor_session.VendorSession(key=key, deadline=calls.new_deadline()).read(NAME)

    assert SeenBatch.objects.get().absent_at is None

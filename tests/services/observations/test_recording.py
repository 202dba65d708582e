"""What is recorded: every usable answer, of reads and writes alike, in whatever order they end."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.utils import timezone

from batches.models import SeenBatch, StatusChange
from batches.sandbox import LIVE_KEY, Sandbox
from batches.sandbox.raw_answers import Parts
from batches.sandbox.server import Incoming
from batches.services.batches.detail import poll_detail, read_detail
from batches.services.batches.exact_name import find_exact
from batches.services.batches.search import search_seen
from batches.services.key_checks.checks import check_key
from batches.services.keys.types import KeyHandle
from batches.services.operations import names
from batches.services.readings import read
from tests.support import operations
from tests.support.batch_lists import add, filters, first_page, names_of, poll_again
from tests.support.reads import read_batch, read_page, read_status

NAME = "kitten-07"

pytestmark = pytest.mark.usefixtures("clock")


def search(key: KeyHandle) -> list[str]:
    return names_of(search_seen(key=key, filters=filters(q="kitten")))


# Writes


def test_a_batch_that_was_created_here_is_found_by_a_search_here(
    alice: User, key: KeyHandle, refonte: Sandbox
):
    refonte.add_project("kittens")
    operations.create(alice, key)
    refonte.forget_calls()

    assert search(key) == [NAME]
    assert find_exact(key=key, typed=NAME).name == NAME
    assert not refonte.calls


def test_a_create_that_was_settled_by_reading_is_found_too(
    alice: User, key: KeyHandle, refonte: Sandbox
):
    refonte.add_project("kittens")
    refonte.fault("close_after_acting", operations.POST_CREATE)
    # the read before the POST is answered, the one straight after it is not
    refonte.fault("status", operations.READ, times=1, skip=1, code=503)
    operation = operations.create(alice, key)
    assert search(key) == []

    operations.settle_in(3, operation)

    assert search(key) == [NAME]


def test_a_name_that_was_found_taken_is_found(key: KeyHandle, refonte: Sandbox):
    add(refonte, NAME)

    names.name_is_free(key=key, name=NAME)

    assert search(key) == [NAME]


def test_what_the_check_of_a_key_reads_is_found(alice: User, key: KeyHandle, refonte: Sandbox):
    add(refonte, NAME)

    check_key(user=alice, key=key)

    assert search(key) == [NAME]


def test_what_a_finalize_reads_and_is_answered_is_in_the_timeline(
    alice: User, key: KeyHandle, refonte: Sandbox
):
    add(refonte, NAME, status="staging")

    operations.finalize(alice, key)

    assert SeenBatch.objects.get().status == "in_progress"
    assert [(c.before, c.after) for c in StatusChange.objects.all()] == [("staging", "in_progress")]


def test_an_answer_about_another_batch_is_not_recorded(key: KeyHandle, refonte: Sandbox):
    add(refonte, "puppy")
    refonte.fault("wrong_shape", f"GET /v1/batches/{NAME}", shape="missing_names")

    read_batch(key)

    assert not SeenBatch.objects.exists()


# Ages


def test_a_list_without_a_status_does_not_make_the_status_look_newer(
    key: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
):
    first = timezone.now()
    add(refonte, NAME)
    first_page(key)
    refonte.configure(fields="null", detailed="none")
    clock.shift(600)

    [row] = first_page(key).rows

    assert (row.status, row.facts.status_at, row.facts.counts_at) == ("in_progress", first, first)
    assert (row.status_as_of, row.facts.seen_at) == (None, timezone.now())
    assert row.progress.as_of == first


def test_a_status_whose_age_nothing_else_tells_tells_it(
    key: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
):
    refonte.configure(detailed="none")
    add(refonte, NAME)
    first_page(key)
    clock.shift(600)

    [row] = search_seen(key=key, filters=filters(q="kitten")).rows

    assert row.status_as_of == timezone.now() - timedelta(seconds=600)
    assert row.progress.words == "not read yet"


def test_an_answer_from_before_a_write_of_ours_is_not_recorded_after_it(
    key: KeyHandle, refonte: Sandbox, monkeypatch: pytest.MonkeyPatch
):
    """A list that was asked for before a finalize, and came after it, still says staging."""
    add(refonte, NAME, status="staging")
    asked = refonte._respond_as_vendor

    def written_meanwhile(incoming: Incoming) -> Parts:
        parts = asked(incoming)
        read.forget_batch(key=key, name=NAME)
        return parts

    monkeypatch.setattr(refonte, "_respond_as_vendor", written_meanwhile)
    read_page(key)

    assert not SeenBatch.objects.exists()


# A 404


def test_that_a_batch_is_not_known_any_more_is_remembered(
    key: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
):
    seen = timezone.now()
    add(refonte, NAME, "kitten-08")
    first_page(key)
    refonte.remove(NAME)
    clock.shift(30)
    read_status(key)

    row = search_seen(key=key, filters=filters(q=NAME)).rows[0]
    facts = read_detail(key=key, name=NAME).facts

    assert (row.facts.seen_at, row.facts.absent_at) == (seen, timezone.now())
    assert (facts.seen_at, facts.absent_at) == (seen, timezone.now())
    assert row.status == "in_progress"


def test_a_batch_that_is_gone_stays_gone_while_refonte_cannot_be_asked(
    key: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
):
    add(refonte, NAME)
    first_page(key)
    refonte.remove(NAME)
    clock.shift(30)
    read_status(key)
    refonte.fault("status", code=500)
    clock.shift(30)

    assert read_detail(key=key, name=NAME).is_missing


def test_a_batch_that_is_shown_again_is_known_again(
    key: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
):
    add(refonte, NAME)
    first_page(key)
    refonte.fault("status", "GET /v1/batches/kitten-07*", code=404, times=1)
    clock.shift(30)
    read_status(key)
    assert SeenBatch.objects.get().absent_at
    clock.shift(30)
    poll_detail(key=key, name=NAME)

    assert SeenBatch.objects.get().absent_at is None


def test_a_name_that_never_was_seen_leaves_nothing_behind(key: KeyHandle, refonte: Sandbox):
    read_detail(key=key, name=NAME)
    names.name_is_free(key=key, name=NAME)

    assert not SeenBatch.objects.exists()


def test_a_batch_that_is_gone_takes_a_place_in_a_round_once_a_minute(
    key: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
):
    refonte.configure(detailed="none")
    add(refonte, NAME, "kitten-08")
    first_page(key)
    poll_again(key, [NAME])
    refonte.remove(NAME)
    refonte.forget_calls()
    for _ in range(6):
        clock.shift(10)
        poll_again(key, [NAME, "kitten-08"], q="kitten")

    assert len(refonte.calls_to("GET", f"/batches/{NAME}/status")) == 1


def test_a_batch_created_here_that_refonte_does_not_show_yet_is_not_called_gone(
    alice: User, key: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
):
    refonte.add_project("kittens")
    operations.create(alice, key)
    refonte.fault("status", f"GET /v1/batches/{NAME}*", code=404)
    clock.shift(1)

    assert read_detail(key=key, name=NAME).late_create


def test_a_refused_key_says_of_no_batch_that_it_is_gone(
    key: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
):
    add(refonte, NAME)
    first_page(key)
    refonte.refuse_key(LIVE_KEY)
    clock.shift(30)
    read_status(key)

    assert SeenBatch.objects.get().absent_at is None

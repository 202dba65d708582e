"""The list of projects: read every ten minutes, with a time limit of its own."""

from typing import Any

import pytest
import time_machine

from batches.refonte import (
    Deadline,
    ListQuery,
)
from batches.sandbox import LIVE_KEY, Sandbox
from batches.services.keys.types import KeyHandle
from batches.services.readings import read
from batches.services.readings.queries import (
    list_query,
    projects_query,
)
from batches.services.readings.reading import Reading
from batches.services.vendor import calls
from batches.services.vendor.breaker import FAILURES_TO_OPEN
from batches.services.vendor.calls import Kind
from tests.support.reads import (
    as_stored,
    read_page,
    read_query,
    thread_for,
)
from tests.support.vendor import forget_readings

PROJECTS = "GET /v1/projects"


def test_projects_are_asked_for_every_ten_minutes_at_most_whether_they_answer_or_not(
    key: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
):
    refonte.fault("status", "GET /v1/projects", times=1, code=404)
    for _ in range(12):
        read_query(key, projects_query(), Kind.PAGE)
        clock.shift(59)
    assert len(refonte.calls) == 2

    assert read_query(key, projects_query(), Kind.PAGE).data


def test_projects_that_could_not_be_told_just_now_are_asked_for_again_as_soon_as_anything_else(
    key: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
):
    refonte.fault("status", "GET /v1/projects", times=1, code=503)
    assert not read_query(key, projects_query(), Kind.POLL).data
    clock.shift(5)

    assert read_query(key, projects_query(), Kind.POLL).data

    clock.shift(599)
    read_query(key, projects_query(), Kind.POLL)
    assert len(refonte.calls) == 2


def test_projects_that_ask_to_wait_hold_nothing_but_themselves(
    key: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
):
    wait = {"Retry-After": "120"}
    refonte.fault("status", "GET /v1/projects", code=503, headers=wait)
    for _ in range(2):
        assert read_query(as_stored(key), projects_query(), Kind.PAGE).failure
        assert read_query(as_stored(key), list_query(ListQuery()), Kind.PAGE).data
        clock.shift(59)

    assert len(refonte.calls_to("GET", "/projects")) == 1


def test_a_key_that_is_only_kept_from_projects_is_not_refused(
    key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    kitten.fault("status", "GET /v1/projects", code=403)
    for _ in range(2):
        page, projects = read.read_together(
            key=as_stored(key),
            queries=(list_query(ListQuery()), projects_query()),
            kind=Kind.PAGE,
            deadline=calls.new_deadline(),
        )
        clock.shift(10)

    assert page.data
    assert page.failure is None
    assert not projects.data
    assert not as_stored(key).is_refused
    assert len(kitten.calls_to("GET", "/projects")) == 1


def read_with_projects(
    key: KeyHandle, seconds: float
) -> tuple[Reading[Any], Reading[Any], Deadline]:
    """A page of the list and the projects beside it, and what is left of the time for both."""
    queries = list_query(ListQuery()), projects_query()
    deadline = Deadline(seconds)
    page, projects = read.read_together(key=key, queries=queries, kind=Kind.PAGE, deadline=deadline)
    return page, projects, deadline


def test_a_page_does_not_wait_for_projects_that_hang(key: KeyHandle, kitten: Sandbox):
    kitten.fault("hang", PROJECTS)

    page, projects, deadline = read_with_projects(key, seconds=6)

    assert page.data
    assert page.failure is None
    assert projects.data is None
    assert deadline.remaining() > 2


def test_projects_that_hang_stay_as_they_were_known(
    key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    known = read_query(key, projects_query(), Kind.PAGE).data
    kitten.fault("hang", PROJECTS)
    clock.shift(601)
    later = read_with_projects(key, seconds=1)[1]
    forget_readings()
    restarted = read_with_projects(key, seconds=1)[1]

    assert known
    assert (later.data, restarted.data) == (known, known)


@pytest.mark.django_db(transaction=True)
def test_who_waits_for_projects_that_somebody_else_asks_for_does_not_wait_long_either(
    key: KeyHandle, kitten: Sandbox
):
    kitten.fault("hang", PROJECTS)
    first = thread_for(lambda: read_query(key, projects_query(), Kind.PAGE))
    first.start()
    while first.is_alive() and not kitten.calls:
        first.join(0.002)

    page, projects, deadline = read_with_projects(key, seconds=4)
    kitten.stop()
    first.join()

    assert page.data
    assert projects.failure
    assert projects.failure.outcome == "busy"
    assert not deadline.expired


def test_impatience_with_projects_is_no_news_of_the_vendor(
    key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    kitten.fault("hang", PROJECTS)
    for _ in range(FAILURES_TO_OPEN):
        read.read(key=key, query=projects_query(), kind=Kind.PAGE, deadline=Deadline(1))
        clock.shift(61)

    assert len(kitten.calls_to("GET", "/projects")) == FAILURES_TO_OPEN
    assert not calls.safeguards().breaker.is_open


def test_projects_are_asked_for_again_once_a_refused_key_is_accepted(
    key: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
):
    refonte.refuse_key(LIVE_KEY)
    for _ in range(3):
        read_page(as_stored(key))
        read_query(as_stored(key), projects_query(), Kind.PAGE)
        clock.shift(10)
    refonte.reset()
    clock.shift(61)
    read_page(as_stored(key))

    assert read_query(as_stored(key), projects_query(), Kind.PAGE).data

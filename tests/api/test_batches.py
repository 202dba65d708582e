"""Batches as they are stored, each value with its age; pages that nothing shifts."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from pytest_django import DjangoAssertNumQueries

from batches.models import ApiKey, BatchNote, SeenBatch, State, Verb
from batches.refonte import Counts
from batches.refs import to_ref
from batches.services import newest
from batches.services.keys.types import KeyHandle
from batches.services.observations.record import record
from batches.services.observations.sighting import Sighting
from tests.support.api import Program, token_of
from tests.support.clock import NOON
from tests.support.operations import abandoned_operation
from tests.support.vendor import KeyMaker, with_replaced_key
from tests.support.watched_work import Work, at

HOSTILE = ["a/status", "..", "%2F", " kitten ", "<b>&\"'</b>", "=1+1", "名前🐈", "a\nb", "new"]


def names(items: list[Any]) -> list[str]:
    return [item["name"] for item in items]


def see(key: KeyHandle, *names: str, first: float = 0, **facts: Any) -> None:
    """Created a minute after each other."""
    known = {"status": "in_progress", "project": "kittens"} | facts
    sightings = [
        Sighting(name=name, created_at=at(first + number), **known)
        for number, name in enumerate(names)
    ]
    record(fingerprint=key.fingerprint, sightings=sightings, at=at(0))


def test_a_batch_has_every_value_with_its_time(
    program: Program, work: Work, key: KeyHandle, clock: time_machine.Traveller
):
    work.see(3, status="in_progress")
    clock.move_to(at(5))
    found = program.read("batches/kitten-07/")
    assert (found["key"], found["answered_at"]) == (key.ref, "2026-11-23T12:05:00Z")
    batch = found["batch"]
    assert (batch["name"], batch["ref"], batch["project"]) == ("kitten-07", "kitten-07", "kittens")
    assert batch["page"] == f"/batches/kitten-07/?key={key.ref}"
    assert batch["status"] == {
        "value": "in_progress",
        "as_of": "2026-11-23T12:03:00Z",
        "age_seconds": 120,
        "is_stale": False,
    }
    assert batch["tasks"] == {
        "counts": {"pending": 60, "completed": 40, "error": 0, "canceled": 0},
        "total": 100,
        "total_is_at_least": False,
        "settled": 40,
        "as_of": "2026-11-23T12:00:00Z",
        "age_seconds": 300,
        "is_stale": False,
    }
    assert (batch["seen_at"], batch["absent_at"]) == ("2026-11-23T12:03:00Z", None)


def test_every_count_of_refonte_is_given_and_an_unknown_one_is_not_zero(
    program: Program, key: KeyHandle
):
    counts = Counts(completed=2, other={"tasks_in_review": 3}, aggregates={"tasks_total": 9})
    see(key, "kitten-07", counts=counts)
    tasks = program.read("batches/kitten-07/status/")["tasks"]
    assert tasks["counts"] == {"completed": 2, "tasks_in_review": 3, "tasks_total": 9}
    assert (tasks["total"], tasks["total_is_at_least"]) == (5, True)


def test_what_was_never_read_is_null_and_stale(program: Program, key: KeyHandle):
    see(key, "kitten-07", status=None, project=None)
    batch = program.read("batches/kitten-07/")["batch"]
    unread = {"as_of": None, "age_seconds": None, "is_stale": True}
    assert batch["status"] == {"value": None, **unread}
    assert batch["tasks"] == {
        "counts": None,
        "total": None,
        "total_is_at_least": True,
        "settled": None,
        **unread,
    }
    assert batch["project"] is None


@pytest.mark.parametrize(
    ("status", "minutes", "is_stale"),
    [
        ("in_progress", 20, False),
        ("in_progress", 20.1, True),
        ("a new one", 20.1, True),
        ("completed", 900, False),
        ("cancelled", 900, False),
        # written by a clock that was ahead
        ("in_progress", -5, False),
    ],
)
def test_a_value_is_stale_where_nobody_looked_for_long_and_it_may_change(
    program: Program,
    key: KeyHandle,
    clock: time_machine.Traveller,
    status: str,
    minutes: float,
    is_stale: bool,
):
    see(key, "kitten-07", status=status, counts=Counts(completed=1))
    clock.move_to(at(minutes))
    found = program.read("batches/kitten-07/status/")
    assert [found[name]["is_stale"] for name in ("status", "tasks")] == [is_stale, is_stale]
    assert found["status"]["age_seconds"] == max(0, minutes * 60)


def test_a_batch_that_refonte_no_longer_knows_is_dated_and_stale_later(
    program: Program, work: Work, clock: time_machine.Traveller
):
    work.see(1, 100, status="completed")
    work.see_gone(2)
    clock.move_to(at(60))
    found = program.read("batches/kitten-07/status/")
    assert found["absent_at"] == "2026-11-23T12:02:00Z"
    assert found["status"]["is_stale"]


def test_the_last_priority_and_the_note_are_those_of_this_console(
    program: Program, work: Work, key: KeyHandle, alice: User
):
    abandoned_operation(
        alice,
        key,
        State.SUCCEEDED,
        verb=Verb.PRIORITIZE,
        parameters={"priority": 25},
        sent_at=at(-5),
    )
    BatchNote.objects.create(
        fingerprint=key.fingerprint,
        name="kitten-07",
        due_at=at(90),
        owner=alice,
        text="First",
        changed_at=at(-1),
    )
    batch = program.read("batches/kitten-07/")["batch"]
    assert batch["priority"] == {
        "value": 25,
        "state": "succeeded",
        "sent_at": "2026-11-23T11:55:00Z",
    }
    assert batch["note"] == {
        "due_at": "2026-11-23T13:30:00Z",
        "owner": "alice",
        "text": "First",
        "changed_at": "2026-11-23T11:59:00Z",
    }


@pytest.mark.parametrize("path", ["", "status/", "observations/", "estimate/"])
def test_an_unknown_batch_is_not_found(path: str, program: Program, work: Work):
    assert program.get(f"batches/no-such/{path}").json()["code"] == "not_found"
    hidden = to_ref("a\0b")
    assert program.get(f"batches/{hidden}/{path}").status_code == 404


@pytest.mark.parametrize("name", HOSTILE)
def test_every_name_is_given_as_it_is_and_opens(name: str, program: Program, key: KeyHandle):
    see(key, name)
    [item] = program.read("batches/")["items"]
    assert item["name"] == name
    if name == "..":
        assert (item["ref"], item["page"]) == (None, None)
        return
    for path in ("", "status/", "observations/", "estimate/"):
        assert program.get(f"batches/{item['ref']}/{path}").status_code == 200
    assert program.read(f"batches/{item['ref']}/")["batch"] == item


def test_another_keys_batches_are_not_there(
    program: Program, work: Work, bob: User, key_for: KeyMaker, refonte: Any
):
    refonte.add_key("key-of-bob-1234", "live")
    his = key_for(bob, api_key="key-of-bob-1234")
    see(his, "secret-01")
    assert names(program.read_all("batches/")) == ["kitten-07"]
    assert program.get("batches/secret-01/").status_code == 404
    assert program.get("batches/", key=his.ref).json()["code"] == "key_not_found"
    assert names(Program(token_of(bob)).read_all("batches/")) == ["secret-01"]
    ApiKey.objects.filter(id=his.id).update(is_shared=True)
    assert names(program.read_all("batches/", key=his.ref)) == ["secret-01"]


def test_pages_follow_each_other_and_a_new_batch_shifts_none(program: Program, key: KeyHandle):
    see(key, *[f"kitten-{number:02}" for number in range(7)])
    record(
        fingerprint=key.fingerprint,
        sightings=[Sighting(name=f"undated-{number}") for number in range(3)],
        at=at(0),
    )
    first = program.read("batches/", limit=3)
    assert names(first["items"]) == ["kitten-06", "kitten-05", "kitten-04"]
    see(key, "kitten-new", first=60)
    second = program.read(first["next"])
    assert names(second["items"]) == ["kitten-03", "kitten-02", "kitten-01"]
    third = program.read(second["next"])
    assert names(third["items"]) == ["kitten-00", "undated-2", "undated-1"]
    fourth = program.read(third["next"])
    assert (names(fourth["items"]), fourth["next"]) == (["undated-0"], None)


def test_batches_of_one_moment_are_each_given_once(program: Program, key: KeyHandle):
    for name in "abcde":
        see(key, name)
    assert sorted(names(program.read_all("batches/", limit=2))) == list("abcde")


def test_a_page_that_ends_with_the_last_row_has_no_next(program: Program, key: KeyHandle):
    see(key, "a", "b")
    assert program.read("batches/", limit=2)["next"] is None


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"status": "completed"}, ["kitten-1", "puppy-1"]),
        ({"status": "in_progress"}, ["kitten-2"]),
        ({"status": "in_progress", "project": "puppies"}, []),
        ({"project": "puppies"}, ["puppy-1"]),
        ({"q": "KITTEN"}, ["kitten-2", "kitten-1"]),
        ({"q": "%"}, []),
        ({"project": "puppies", "status": "completed", "q": "1"}, ["puppy-1"]),
        ({"status": "a new one"}, []),
    ],
)
@pytest.mark.parametrize("limit", [1, 50])
def test_filters_narrow_all_pages(
    program: Program, key: KeyHandle, limit: int, query: dict[str, str], expected: list[str]
):
    see(key, "puppy-1", project="puppies", status="completed")
    see(key, "kitten-1", status="completed", first=1)
    see(key, "kitten-2", first=2)
    assert names(program.read_all("batches/", limit=limit, **query)) == expected


def test_a_page_looks_through_a_bounded_number_and_goes_on(
    program: Program, key: KeyHandle, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(newest, "AT_ONCE", 4)
    monkeypatch.setattr(newest, "LEAST_OF_A_PART", 4)
    see(key, "wanted", status="completed", first=-1)
    see(key, *[f"kitten-{number:02}" for number in range(9)])
    first = program.read("batches/", status="completed")
    assert (first["items"], bool(first["next"])) == ([], True)
    assert names(program.read_all("batches/", status="completed")) == ["wanted"]


def test_what_a_replaced_key_has_seen_is_still_there(program: Program, key: KeyHandle):
    see(key, "old", "both")
    replaced = with_replaced_key(key)
    ApiKey.objects.update(fingerprint=replaced.fingerprint, earlier=list(replaced.earlier))
    see(replaced, "both", status="completed")
    found = {item["name"]: item for item in program.read_all("batches/")}
    assert found.keys() == {"old", "both"}
    assert found["both"]["status"]["value"] == "completed"
    both = program.read("batches/both/")["batch"]
    assert both == found["both"]
    assert program.read("batches/old/")["batch"] == found["old"]


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "201"}, "limit"),
        ({"limit": "abc"}, "limit"),
        ({"limit": "9" * 23}, "limit"),
        ({"limit": "٣"}, "limit"),
        ({"limit": "1_0"}, "limit"),
        ({"limit": ["1", "2"]}, "limit"),
        ({"status": ""}, "status"),
        ({"status": "a" * 61}, "status"),
        ({"project": "a\0b"}, "project"),
        ({"q": "a" * 1025}, "q"),
        ({"cursor": "abc"}, "cursor"),
        ({"cursor": "a" * 2000}, "cursor"),
        ({"before": "1"}, "before"),
        ({"key": "live-1"}, "key"),
    ],
)
def test_a_parameter_that_is_wrong_is_named(program: Program, query: Any, parameter: str):
    answer = program.get("batches/", **query)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_parameter")
    assert [error["parameter"] for error in answer.json()["errors"]] == [parameter]


def test_a_cursor_is_for_its_own_question_alone(
    program: Program, key: KeyHandle, alice: User, key_for: KeyMaker
):
    see(key, "a", "b", "c")
    address = program.read("batches/", limit=1, status="in_progress")["next"]
    cursor = address.partition("cursor=")[2].partition("&")[0].replace("%3A", ":")
    other = key_for(alice, mode="test")
    ApiKey.objects.filter(id=key.id).update(is_default=True)
    assert len(program.read("batches/", status="in_progress", cursor=cursor, limit=9)["items"]) == 2
    for query in ({}, {"status": "staging"}, {"status": "in_progress", "key": other.ref}):
        assert program.get("batches/", cursor=cursor, **query).status_code == 400
    assert program.get("projects/", cursor=cursor).status_code == 400
    forged = cursor[:-1] + ("A" if cursor[-1] != "A" else "B")
    assert program.get("batches/", status="in_progress", cursor=forged).status_code == 400


def test_a_page_costs_the_same_queries_however_many_batches_it_has(
    program: Program, key: KeyHandle, django_assert_num_queries: DjangoAssertNumQueries
):
    program.get("batches/")
    see(key, *[f"kitten-{number}" for number in range(40)])
    # token, account, keys; ids and rows with a time, ids of those without; priorities, notes
    with django_assert_num_queries(8):
        assert len(program.read("batches/", limit=100)["items"]) == 40


def test_an_age_that_was_written_ahead_is_none(program: Program, work: Work):
    SeenBatch.objects.update(counts_at=NOON + timedelta(hours=1))
    assert program.read("batches/kitten-07/")["batch"]["tasks"]["age_seconds"] == 0

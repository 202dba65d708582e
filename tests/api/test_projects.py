"""The projects of a key: Refonte's last list, and what is open in each."""

import json

import time_machine
from pytest_django import DjangoAssertNumQueries

from batches.models import SeenBatch, StoredReading
from batches.sandbox import Sandbox
from batches.services.batches.projects import known_projects
from batches.services.keys.types import KeyHandle
from tests.support.api import Program
from tests.support.watched_work import Work, at


def see(key: KeyHandle, name: str, completed: int | None, **facts: object) -> None:
    project = str(facts.pop("project", "kittens"))
    Work(name=name, fingerprint=key.fingerprint, project=project).see(0, completed, **facts)


def listed(key: KeyHandle, *names: str) -> None:
    rows = [{"name": name, "type": "annotation"} for name in names]
    StoredReading.objects.create(
        fingerprint=key.fingerprint, query="projects", payload=json.dumps(rows), as_of=at(-5)
    )


def test_a_project_has_the_sums_of_its_open_batches(
    program: Program, key: KeyHandle, clock: time_machine.Traveller
):
    see(key, "a", 40)
    see(key, "b", 2, status="staging")
    see(key, "c", None)
    see(key, "d", 100, status="completed")
    clock.move_to(at(1))
    [found] = program.read("projects/")["items"]
    assert found == {
        "name": "kittens",
        "staging": 1,
        "in_progress": 2,
        "tasks": {
            "total": 200,
            "total_is_at_least": True,
            "settled": 42,
            "uncounted_batches": 1,
            "as_of": "2026-11-23T12:00:00Z",
            "age_seconds": 60,
            "is_stale": False,
        },
        "is_listed": False,
    }
    clock.move_to(at(60))
    assert program.read("projects/")["items"][0]["tasks"]["is_stale"]


def test_refontes_list_has_projects_without_open_batches(program: Program, key: KeyHandle):
    listed(key, "puppies", "Übung")
    see(key, "a", 40)
    SeenBatch.objects.filter(name="a").update(project=None)
    found = program.read("projects/")
    assert [item["name"] for item in found["items"]] == ["puppies", "Übung", None]
    assert [item["is_listed"] for item in found["items"]] == [True, True, False]
    assert found["listed_at"] == "2026-11-23T11:55:00Z"
    assert not found["items"][0]["tasks"]["is_stale"]


def test_the_list_is_that_which_pages_read(program: Program, key: KeyHandle, refonte: Sandbox):
    listed = sorted(project.name for project in known_projects(key=key))
    assert listed
    assert [item["name"] for item in program.read("projects/")["items"]] == listed


def test_pages_follow_each_other(program: Program, key: KeyHandle):
    listed(key, "c", "a")
    see(key, "x", 1, project="b")
    see(key, "y", 1)
    SeenBatch.objects.filter(name="y").update(project=None)
    items = program.read_all("projects/", limit=1)
    assert [item["name"] for item in items] == ["a", "b", "c", None]


def test_what_is_no_list_of_projects_is_left_out(program: Program, key: KeyHandle):
    StoredReading.objects.create(
        fingerprint=key.fingerprint, query="projects", payload='"nothing"', as_of=at(-5)
    )
    found = program.read("projects/")
    assert (found["items"], found["listed_at"]) == ([], None)


def test_it_costs_two_queries(
    program: Program, key: KeyHandle, django_assert_num_queries: DjangoAssertNumQueries
):
    program.get("projects/")
    for number in range(20):
        see(key, f"kitten-{number}", 1, project=f"project-{number}")
    with django_assert_num_queries(5):  # token, account, keys
        assert len(program.read("projects/")["items"]) == 20

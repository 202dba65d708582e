"""Projects by a part of their name."""

from dataclasses import replace

import pytest
from pytest_django import DjangoAssertNumQueries

from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from batches.services.palette.projects import SHOWN, FoundProject, find_projects
from tests.support.batch_lists import first_page

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def projects(key: KeyHandle, refonte: Sandbox) -> KeyHandle:
    for name, project, status in (
        ("a", "street_lidar", "completed"),
        ("b", "Lidar", "in_progress"),
        ("c", "Lidar", "staging"),
        ("d", "Lidar", "completed"),
        ("e", "dogs", "in_progress"),
    ):
        refonte.add_batch(name, project=project, status=status)
    first_page(key)
    refonte.forget_calls()
    return key


def test_those_with_open_batches_come_first(projects: KeyHandle, refonte: Sandbox):
    found = find_projects(key=projects, q=" lidar")
    assert found == (FoundProject(name="Lidar", open=2), FoundProject(name="street_lidar", open=0))
    assert find_projects(key=projects, q="cats") == ()
    assert not refonte.calls


def test_many_letters_cost_one_query(
    projects: KeyHandle, django_assert_num_queries: DjangoAssertNumQueries
):
    with django_assert_num_queries(1):
        for q in ("l", "li", "lid"):
            find_projects(key=projects, q=q)


def test_some_are_shown(key: KeyHandle, refonte: Sandbox):
    for number in range(SHOWN + 2):
        refonte.add_batch(f"kitten-{number}", project=f"kittens-{number}")
    first_page(key)
    assert len(find_projects(key=key, q="kit")) == SHOWN


def test_of_a_refused_key_none_is_shown(projects: KeyHandle):
    assert find_projects(key=replace(projects, is_refused=True), q="lidar") == ()

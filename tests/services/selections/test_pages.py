"""The rows of a selection for a file: all of them, from what is recorded, without a call."""

from dataclasses import replace
from uuid import uuid4

from django.contrib.auth.models import User
from pytest_django import DjangoAssertNumQueries

from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from batches.services.selections.pages import pages_of
from batches.services.selections.store import change_selection
from tests.support.batch_lists import add, first_page


def test_every_name_has_its_row_in_the_order_in_which_it_was_chosen(
    alice: User,
    key: KeyHandle,
    refonte: Sandbox,
    django_assert_num_queries: DjangoAssertNumQueries,
):
    add(refonte, "a", "b")
    first_page(key)
    calls = len(refonte.calls)
    names = ["b", "never seen", "a", *(f"kitten-{number}" for number in range(98))]
    selection = change_selection(user=alice, key=key, selection_id=uuid4(), add=names).selection
    with django_assert_num_queries(6):
        pages = list(pages_of(selection=selection, key=key))
    assert [row.name for page in pages for row in page.rows] == names
    first, second, third = pages[0].rows[:3]
    assert (first.progress.counts.completed, first.progress.as_of is not None) == (30, True)
    assert (second.status, second.facts.seen_at) == (None, None)
    assert third.project == "kittens"
    assert len(refonte.calls) == calls

    refused = replace(key, is_refused=True)
    hidden = [row for page in pages_of(selection=selection, key=refused) for row in page.rows]
    assert [row.name for row in hidden] == names
    assert {row.status for row in hidden} == {None}

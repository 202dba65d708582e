"""What the search over everything offers for the batches that are ticked on the page."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from batches.models import ApiKey, Selection
from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from batches.services.selections.store import change_selection
from tests.support.batch_lists import first_page
from tests.support.pages import Browse, add, text_of
from tests.support.palettes import ask, lines, words
from tests.support.selections import SELECTION, selected, selection_address
from tests.support.vendor import KeyMaker

pytestmark = pytest.mark.usefixtures("clock")
ID = str(SELECTION)


@pytest.fixture
def ticked(key: KeyHandle, alice: User, refonte: Sandbox) -> KeyHandle:
    """Alice's key, with four of its batches ticked."""
    add(refonte, "a", "b")
    add(refonte, "c", "d", status="staging", counts={"pending": 12, "completed": 0})
    first_page(key)
    selected(alice, key, "a", "b", "c", "d")
    return key


def test_each_action_says_how_many_it_fits(as_alice: Client, ticked: KeyHandle):
    answer = ask(as_alice, ticked, selection=ID)
    assert lines(answer, "selected") == [
        ("Set priority…", "prioritize"),
        ("Finalize…", "finalize"),
        ("Follow…", selection_address(ticked, "follow")),
        ("Due date…", selection_address(ticked, "note")),
        ("Export", selection_address(ticked, "export")),
    ]
    text = text_of(answer)
    assert "With the 4 selected" in text
    assert "Set priority… 4 batches" in text
    assert "Finalize… 2 of 4 are in staging" in text


def test_they_stand_there_whatever_is_typed_and_alone_where_they_were(
    as_alice: Client, ticked: KeyHandle
):
    assert len(words(ask(as_alice, ticked, "ti", selection=ID), "selected")) == 5
    assert words(ask(as_alice, ticked, "finalize", selection=ID), "selected") == ["Finalize…"]


def test_what_fits_none_is_not_offered(as_alice: Client, alice: User, ticked: KeyHandle):
    change_selection(user=alice, key=ticked, selection_id=SELECTION, remove=["b", "c", "d"])
    answer = ask(as_alice, ticked, selection=ID)
    assert "Finalize…" not in words(answer, "selected")
    assert "Set priority… 1 batch" in text_of(answer)


@pytest.mark.parametrize("other", ["", "no-id", "12345678-1234-4234-8234-123456789099"])
def test_no_selection_offers_nothing(as_alice: Client, ticked: KeyHandle, other: str):
    assert words(ask(as_alice, ticked, selection=other), "selected") == []


def test_another_persons_selection_and_another_keys_offer_nothing(
    as_alice: Client, alice: User, bob: User, ticked: KeyHandle, key_for: KeyMaker, browse: Browse
):
    ApiKey.objects.update(is_shared=True)
    assert words(ask(browse(bob), ticked, selection=ID), "selected") == []
    assert words(ask(as_alice, key_for(alice, mode="test"), selection=ID), "selected") == []


def test_who_may_not_operate_is_offered_no_write(
    ticked: KeyHandle, alice: User, vera: User, browse: Browse
):
    ApiKey.objects.update(is_shared=True)
    Selection.objects.update(user=vera)
    answer = ask(browse(vera), ticked, selection=ID)
    assert words(answer, "selected") == ["Follow…", "Export"]


def test_with_a_selection_a_letter_costs_two_queries_more(
    as_alice: Client,
    ticked: KeyHandle,
    django_assert_max_num_queries: Callable[[int], Any],
):
    ask(as_alice, ticked, "a", selection=ID)
    # account and keys, names, what is known of them, views; the selection, and what fits it
    with django_assert_max_num_queries(7):
        ask(as_alice, ticked, "a", selection=ID)


def test_the_bar_has_the_buttons_that_are_pressed(as_alice: Client, ticked: KeyHandle):
    page = as_alice.get(selection_address(ticked)).content.decode()
    for verb in ("finalize", "prioritize"):
        assert f'data-act="{verb}"' in page
    assert 'aria-keyshortcuts="f"' in page
    assert f'data-selected="{SELECTION}"' in page

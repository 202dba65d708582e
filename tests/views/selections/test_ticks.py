"""Ticks: kept by the server, answered with the bar; without a script they are a plain form."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from time_machine import Traveller

from batches.models import ApiKey, SelectedBatch, Selection
from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from batches.services.selections import matching
from batches.templatetags.addresses import dom_id
from tests.support.pages import HOSTILE, Browse, add, list_address, text_of
from tests.support.selections import SELECTION, selected, tick, ticked_ids
from tests.support.vendor import KeyMaker

pytestmark = pytest.mark.usefixtures("clock")
HTMX = {"HX-Request": "true"}


def ids(*names: str) -> list[str]:
    return [dom_id(name) for name in names]


def chosen() -> list[str]:
    return [row.name for row in SelectedBatch.objects.all()]


@pytest.fixture
def kittens(clock: Traveller, refonte: Sandbox, key: KeyHandle, as_alice: Client) -> None:
    """Seen on a list: three in staging, two in progress."""
    add(refonte, "s1", "s2", "s3", status="staging")
    add(refonte, "p1", "p2")
    as_alice.get(list_address(key))


@pytest.mark.usefixtures("kittens")
def test_a_tick_is_kept_and_the_bar_says_what_fits(key: KeyHandle, as_alice: Client):
    bar = tick(as_alice, key, "s1", "s2", "p1")
    assert ticked_ids(bar) == ids("s1", "s2", "p1")
    text = text_of(bar)
    assert "3 selected Finalize 2… 2 of 3 are in staging. The other one is already in" in text
    assert "Set priority… Export Follow… Due date…" in text
    assert 'aria-describedby="tip-finalize"' in bar.content.decode()

    fewer = tick(as_alice, key, remove=("s1", "s2"))
    assert "1 selected Finalize… None is in staging." in text_of(fewer)
    assert fewer.content.decode().count('aria-disabled="true"') >= 1
    assert "selected" not in text_of(tick(as_alice, key, remove=("p1",)))


@pytest.mark.usefixtures("kittens")
def test_a_tick_and_a_look_cost_few_queries(
    key: KeyHandle, as_alice: Client, django_assert_max_num_queries: DjangoAssertNumQueries
):
    with django_assert_max_num_queries(16):
        tick(as_alice, key, "s1", "s2", "p1")
    with django_assert_max_num_queries(8):
        assert len(ticked_ids(tick(as_alice, key))) == 3


@pytest.mark.usefixtures("kittens")
def test_who_may_only_read_exports_and_follows(vera: User, key: KeyHandle, browse: Browse):
    ApiKey.objects.update(is_shared=True)
    text = text_of(tick(browse(vera), key, "s1"))
    assert "1 selected Export Follow…" in text
    assert "Finalize" not in text
    assert "Due date" not in text


def test_hostile_names_are_kept_as_they_are(key: KeyHandle, as_alice: Client, refonte: Sandbox):
    add(refonte, *HOSTILE)
    as_alice.get(list_address(key))
    bar = tick(as_alice, key, *HOSTILE)
    assert chosen() == [*HOSTILE]
    assert ticked_ids(bar) == ids(*HOSTILE)


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({}, 400),
        ({"selection": "no-id"}, 400),
        ({"selection": str(SELECTION), "add": f"~broken,,..,b{12 * '0'}"}, 200),
    ],
)
def test_what_no_page_sends_selects_nothing(
    key: KeyHandle, as_alice: Client, fields: dict[str, str], status: int
):
    answer = as_alice.post("/selections/tick/", {"key": key.ref} | fields)
    assert answer.status_code == status
    assert not Selection.objects.exists()


def test_a_selection_of_another_person_or_key_is_404(
    alice: User, bob: User, key: KeyHandle, key_for: KeyMaker, browse: Browse, as_alice: Client
):
    selected(bob, key_for(bob), "theirs")
    assert tick(as_alice, key, "mine").status_code == 404
    Selection.objects.all().delete()
    selected(alice, key_for(alice, mode="test"), "mine")
    assert tick(as_alice, key, "mine").status_code == 404
    gone = as_alice.post("/selections/begin/", {"key": "live-00000000", "tick": "a"})
    assert gone.status_code == 404


@pytest.mark.usefixtures("kittens")
def test_all_that_match_are_selected_for_a_script(key: KeyHandle, as_alice: Client):
    address = f"/selections/all/?key={key.ref}&status=staging&limit=2"
    fields = {"key": key.ref, "selection": str(SELECTION)}
    bar = as_alice.post(address, fields, headers=HTMX)
    assert chosen() == ["s1", "s2", "s3"]
    assert "3 selected all that match Status: Staging Finalize 3…" in text_of(bar)


@pytest.mark.usefixtures("kittens")
def test_what_cannot_be_selected_is_said_in_the_bar(
    key: KeyHandle, as_alice: Client, monkeypatch: pytest.MonkeyPatch
):
    tick(as_alice, key, "p1")
    monkeypatch.setattr(matching, "_seconds", lambda: -1)
    monkeypatch.setattr("batches.services.batches.export.ROWS_A_CALL", 2)
    address, fields = f"/selections/all/?key={key.ref}", {"selection": str(SELECTION)}
    bar = as_alice.post(address, fields, headers=HTMX)
    assert "1 selected Nothing was selected: Refonte answers too slowly" in text_of(bar)
    assert chosen() == ["p1"]
    plain = as_alice.post(address, {"key": key.ref}, follow=True)
    assert "Nothing was selected: Refonte answers too slowly" in text_of(plain)


def test_filters_that_are_wrong_select_nothing(key: KeyHandle, as_alice: Client):
    answer = as_alice.post(f"/selections/all/?key={key.ref}&status=%3F%3F")
    assert answer.status_code == 400
    assert not Selection.objects.exists()


@pytest.mark.usefixtures("kittens")
def test_without_a_script_the_boxes_are_a_form(key: KeyHandle, as_alice: Client):
    page = as_alice.get(list_address(key, "limit=2"))
    assert "Go on with the ticked Select all 5" in text_of(page)
    ticked: Any = {"key": key.ref, "tick": ids("s2", "p1")}
    answer = as_alice.post(f"/selections/begin/?key={key.ref}", ticked, follow=True)
    assert "2 selected in Live Finalize 1…" in text_of(answer)
    assert chosen() == ["s2", "p1"]

    everything = as_alice.post(f"/selections/all/?key={key.ref}", {"key": key.ref}, follow=True)
    assert "All of the list, as they were when they were selected." in text_of(everything)
    nothing = as_alice.post(f"/selections/begin/?key={key.ref}", {"key": key.ref}, follow=True)
    assert "Nothing was ticked." in text_of(nothing)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("", ""),
        ("limit=2", "Select all 5"),
        ("limit=2&status=staging", "Select all 3 that match"),
        ("limit=2&q=s", "Select all 3 that match"),
    ],
)
@pytest.mark.usefixtures("kittens")
def test_the_second_step_is_offered_where_there_is_more(
    key: KeyHandle, as_alice: Client, query: str, words: str
):
    text = text_of(as_alice.get(list_address(key, query)))
    assert ("Select all" in text) == bool(words)
    assert words in text


@pytest.mark.usefixtures("kittens")
def test_more_than_a_selection_holds_is_said_before(
    key: KeyHandle, as_alice: Client, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("batches.views.batches.messages.NAMES_AT_MOST", 4)
    text = text_of(as_alice.get(list_address(key, "limit=2")))
    assert "Select the first 4 of 5" in text

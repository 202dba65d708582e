"""All that match, fixed as a list of names: exactly those, whatever the list does afterwards."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import User

from batches.models import ExportLease, SeenBatch, Selection
from batches.sandbox import Sandbox
from batches.services import leases
from batches.services.batches import export
from batches.services.batches.listing import read_rows
from batches.services.keys.types import KeyHandle
from batches.services.selections import matching
from batches.services.selections.matching import NotSelected, select_matching
from batches.services.selections.store import Ticked, change_selection, names_of
from tests.support.batch_lists import add, filters, first_page

ID = UUID("12345678-1234-4234-8234-123456789012")


def select(user: User, key: KeyHandle, words: str = "", **fields: Any) -> Ticked:
    return select_matching(
        user=user, key=key, selection_id=ID, filters=filters(**fields), words=words
    )


def many(refonte: Sandbox, number: int, **facts: Any) -> list[str]:
    names = [f"kitten-{place:04}" for place in range(number)]
    add(refonte, *names, **facts)
    return names


@pytest.mark.slow
def test_a_thousand_are_named_once_while_others_come_and_go(
    alice: User, key: KeyHandle, refonte: Sandbox, monkeypatch: pytest.MonkeyPatch
):
    names = many(refonte, 1_000, status="staging")
    read = read_rows
    pages = 0

    def while_things_happen(**arguments: Any) -> Any:
        nonlocal pages
        pages += 1
        if 2 <= pages <= 6:
            refonte.add_batch(f"late-{pages}", status="staging")
            refonte.set_status(names[-pages], "in_progress")
        return read(**arguments)

    monkeypatch.setattr(export, "read_rows", while_things_happen)
    ticked = select(alice, key, "Status: Staging", status="staging")
    named = names_of(selection=ticked.selection)
    # what left before it was read is not named; what came is on the first page, which was read
    assert named == tuple(name for name in names if name not in names[-6:-1])
    assert ticked.selection.words == "all that match Status: Staging"

    for place in range(5):
        refonte.add_batch(f"later-{place}", status="staging")
        refonte.set_status(names[place], "in_progress")
    assert names_of(selection=Selection.objects.get()) == named
    assert len(refonte.calls_to("GET", "/batches")) <= 12


def test_it_takes_the_place_of_what_was_ticked(alice: User, key: KeyHandle, refonte: Sandbox):
    names = many(refonte, 3)
    change_selection(user=alice, key=key, selection_id=ID, add=["elsewhere"])
    ticked = select(alice, key)
    assert names_of(selection=ticked.selection) == tuple(names)
    assert ticked.selection.words == "all of the list"


def test_of_more_than_a_thousand_the_first_are_taken_and_it_is_said(
    alice: User, key: KeyHandle, refonte: Sandbox, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(matching, "NAMES_AT_MOST", 2)
    names = many(refonte, 3)
    ticked = select(alice, key, "Project: kittens", project="kittens")
    assert names_of(selection=ticked.selection) == tuple(names[:2])
    assert ticked.selection.words == "the first 2 of more that match Project: kittens"


def test_a_list_made_of_what_is_known_here_says_so(alice: User, key: KeyHandle, refonte: Sandbox):
    names = many(refonte, 3)
    first_page(key)
    before = len(refonte.calls)
    ticked = select(alice, key, "Name: kitten", q="kitten")
    assert set(names_of(selection=ticked.selection)) == set(names)
    assert ticked.selection.words == "perhaps not all that match Name: kitten"
    assert len(refonte.calls) == before
    assert SeenBatch.objects.count() == 3


def fails(refonte: Sandbox, user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    refonte.fault("status", code=503, times=10)


def fails_later(refonte: Sandbox, user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    read, pages = read_rows, iter((False, True))

    def once(**arguments: Any) -> Any:
        if next(pages):
            refonte.fault("status", code=503, times=10)
        return read(**arguments)

    monkeypatch.setattr(export, "read_rows", once)


def is_slow(refonte: Sandbox, user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matching, "_seconds", lambda: -1)


def exports(refonte: Sandbox, user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    leases.acquire(ExportLease, length=timedelta(minutes=1), user_id=user.pk)


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (fails, "the list could not be read"),
        (fails_later, "the list could not be read to its end"),
        (is_slow, "Refonte answers too slowly"),
        (exports, "your last export is still under way"),
    ],
)
def test_where_the_list_cannot_be_read_what_was_ticked_stays(
    alice: User,
    key: KeyHandle,
    refonte: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    trouble: Callable[..., None],
    words: str,
):
    many(refonte, 130)
    change_selection(user=alice, key=key, selection_id=ID, add=["kitten-0001"])
    trouble(refonte, alice, monkeypatch)
    with pytest.raises(NotSelected, match=words):
        select(alice, key)
    assert names_of(selection=Selection.objects.get()) == ("kitten-0001",)

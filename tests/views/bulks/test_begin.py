"""Making a plan of what was chosen in a list."""

from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client

from batches.models import Bulk, Operation, Selection
from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from tests.support.pages import Browse, hidden_fields
from tests.support.selections import SELECTION, selected
from tests.support.vendor import KeyMaker
from tests.views.bulks.conftest import STAGING


def plan(client: Client, key: KeyHandle, **fields: Any) -> Any:
    form = {"key": key.ref, "form_id": str(uuid4()), "verb": "finalize", "name": STAGING}
    return client.post("/bulks/plan/", form | fields)


def test_names_become_a_plan_and_nothing_is_sent(
    refonte: Sandbox, as_alice: Client, key: KeyHandle
) -> None:
    answer = plan(as_alice, key)
    bulk = Bulk.objects.get()
    assert answer.status_code == 302
    assert answer["Location"] == f"/bulks/{bulk.id}/?key={key.ref}"
    assert (bulk.verb, bulk.rows_chosen, bulk.username) == ("finalize", 3, "alice")
    assert (refonte.calls, Operation.objects.count()) == ([], 0)


def test_a_form_that_is_posted_twice_makes_one_plan(as_alice: Client, key: KeyHandle) -> None:
    form_id = str(uuid4())
    first, second = plan(as_alice, key, form_id=form_id), plan(as_alice, key, form_id=form_id)
    assert first["Location"] == second["Location"]
    other = plan(as_alice, key, form_id=form_id, name=["kitten-01"])
    assert other.status_code == 422
    assert Bulk.objects.count() == 1


def test_a_form_without_an_id_is_taken(as_alice: Client, key: KeyHandle) -> None:
    assert plan(as_alice, key, form_id="").status_code == 302


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": []}, "No batch was chosen"),
        ({"name": ["", ""]}, "No batch was chosen"),
        ({"verb": "note"}, "Part of this form was missing"),
        ({"verb": "create"}, "Part of this form was missing"),
        ({"selection": "all"}, "Part of this form was missing"),
        ({"name": ["kitten\0"]}, "cannot be recorded"),
    ],
)
def test_what_is_no_plan_says_why(
    as_alice: Client, key: KeyHandle, fields: dict[str, Any], words: str
) -> None:
    answer = plan(as_alice, key, **fields)
    assert answer.status_code == 422
    assert words in answer.text
    assert Bulk.objects.count() == 0


def test_a_priority_that_is_not_given_is_asked_for(as_alice: Client, key: KeyHandle) -> None:
    asked = plan(as_alice, key, verb="prioritize")
    assert asked.status_code == 200
    for words in ("Lowest 10", "Middle 20", "Highest 30", "For 3 batches"):
        assert words in asked.text
    assert hidden_fields(asked, "name") == [*STAGING, *STAGING]  # of both forms
    form_id = hidden_fields(asked, "form_id")[0]
    answer = plan(as_alice, key, verb="prioritize", priority="20", form_id=form_id)
    assert answer.status_code == 302
    assert Bulk.objects.get().parameters == {"priority": 20}


def test_a_wrong_priority_is_told_at_its_field(as_alice: Client, key: KeyHandle) -> None:
    answer = plan(as_alice, key, verb="prioritize", priority="31")
    assert answer.status_code == 422
    assert "whole number from 10 to 30" in answer.text
    assert hidden_fields(answer, "name")[:3] == [*STAGING]


def test_in_a_dialog_it_is_a_piece_and_leads_on_as_a_page(as_alice: Client, key: KeyHandle) -> None:
    form = {"key": key.ref, "verb": "prioritize", "name": STAGING}
    piece = as_alice.post("/bulks/plan/", form, headers={"HX-Request": "true"})
    assert "<html" not in piece.text
    answer = as_alice.post(
        "/bulks/plan/", form | {"priority": "20"}, headers={"HX-Request": "true"}
    )
    assert answer["HX-Redirect"].startswith(f"/bulks/{Bulk.objects.get().id}/")


def test_who_may_not_operate_plans_nothing(
    browse: Browse, vera: User, alice: User, key_for: KeyMaker
) -> None:
    key = key_for(alice, is_shared=True)
    assert plan(browse(vera), key).status_code == 403
    assert Bulk.objects.count() == 0


def test_a_key_that_is_shared_for_reading_plans_nothing(
    browse: Browse, bob: User, alice: User, key_for: KeyMaker
) -> None:
    key = key_for(alice, is_shared=True)
    assert plan(browse(bob), key).status_code == 403


def test_a_thousand_and_one_names_are_too_many(
    as_alice: Client, key: KeyHandle, settings: Any
) -> None:
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000
    answer = plan(as_alice, key, name=[f"kitten-{number}" for number in range(1_001)])
    assert answer.status_code == 422
    assert "at most 1,000 batches" in answer.text


def of_selection(client: Client, key: KeyHandle, **fields: str) -> Any:
    """As the bar below a list posts it."""
    form = {"key": key.ref, "selection": str(SELECTION), "verb": "finalize"}
    return client.post("/bulks/plan/", form | fields)


def test_a_selection_becomes_a_plan_with_the_words_of_what_was_chosen(
    as_alice: Client, alice: User, key: KeyHandle
) -> None:
    words = "all that match Created: last 7 days"
    selected(alice, key, *STAGING)
    Selection.objects.update(words=words)
    assert of_selection(as_alice, key).status_code == 302
    bulk = Bulk.objects.get()
    assert [row.name for row in bulk.rows.all()] == [*STAGING]
    assert bulk.chosen == words


def test_the_priority_of_a_selection_is_asked_for_with_its_number(
    as_alice: Client, alice: User, key: KeyHandle
) -> None:
    selected(alice, key, *STAGING)
    asked = of_selection(as_alice, key, verb="prioritize")
    assert "For 3 batches" in asked.text
    assert hidden_fields(asked, "selection")[0] == str(SELECTION)
    assert of_selection(as_alice, key, verb="prioritize", priority="30").status_code == 302


def test_a_selection_of_somebody_else_or_of_another_key_is_none(
    browse: Browse, alice: User, bob: User, key: KeyHandle, key_for: KeyMaker
) -> None:
    selected(alice, key, *STAGING)
    for client, other in (
        (browse(bob), key_for(bob)),
        (browse(alice), key_for(alice, mode="test")),
    ):
        answer = of_selection(client, other)
        assert answer.status_code == 422
        assert "not kept any more, or was ticked with another key" in answer.text
    assert Bulk.objects.count() == 0

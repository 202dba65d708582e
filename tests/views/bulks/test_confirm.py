"""Ticks, kept by the server, and the confirmation, which acts on exactly what was shown."""

from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client

from batches.models import Bulk, BulkRow, BulkState, Operation
from batches.sandbox import Sandbox
from batches.services.bulks import plan
from batches.services.keys.types import ViewerKey
from tests.support.bulk_pages import address_of, confirm, confirmation, post, send, ticked
from tests.support.bulk_work import plan_of, planned
from tests.support.pages import Browse, hidden_fields, swapped_ids, text_of
from tests.support.vendor import KeyMaker
from tests.views.bulks.conftest import STAGING

HTMX = {"HX-Request": "true"}


def tick(client: Client, bulk: Bulk, **fields: Any) -> Any:
    return client.post(f"/bulks/{bulk.id}/tick/", {"key": bulk.key_ref} | fields, headers=HTMX)


def places(bulk: Bulk, *names: str) -> list[str]:
    rows = BulkRow.objects.filter(bulk=bulk, name__in=names)
    return [str(row.position) for row in rows]


def ticked_names(bulk: Bulk) -> set[str]:
    return {*BulkRow.objects.filter(bulk=bulk, is_ticked=True).values_list("name", flat=True)}


def test_a_tick_is_kept_and_the_figures_follow(as_alice: Client, finalize_plan: Bulk) -> None:
    (place,) = places(finalize_plan, "kitten-02")
    answer = tick(as_alice, finalize_plan, position=place)
    assert ticked_names(finalize_plan) == {"kitten-01", "kitten-03"}
    assert swapped_ids(answer) >= {"bulk-title", "bulk-counts", "dock-words", "dock-send"}
    assert f"tick-{place}" in answer.text
    assert "<html" not in answer.text
    for words in ("Finalize 2 batches in", "2 batches, 200 tasks", "1 left out by you"):
        assert words in text_of(answer)
    assert "2 batches, 200 tasks ticked." in answer["HX-Trigger"]
    tick(as_alice, finalize_plan, position=place, ticked=place)
    assert ticked_names(finalize_plan) == {*STAGING}


def test_what_is_to_be_looked_at_is_sent_only_where_it_is_ticked(
    as_alice: Client, finalize_plan: Bulk
) -> None:
    (place,) = places(finalize_plan, "empty")
    answer = tick(as_alice, finalize_plan, position=place, ticked=place)
    assert "Finalize 4 batches in" in text_of(answer)
    assert "1 ticked by you" in text_of(answer)


def test_what_cannot_be_done_cannot_be_ticked(as_alice: Client, finalize_plan: Bulk) -> None:
    for place in places(finalize_plan, "started", "no-such"):
        tick(as_alice, finalize_plan, position=place, ticked=place)
    assert ticked_names(finalize_plan) == {*STAGING}


def test_the_box_in_the_head_takes_all_away_then_ticks_what_needs_no_look(
    as_alice: Client, finalize_plan: Bulk
) -> None:
    answer = tick(as_alice, finalize_plan, all="1")
    assert ticked_names(finalize_plan) == set()
    assert "Nothing is ticked." in answer.text
    assert "plan-rows" in swapped_ids(answer)
    assert "Nothing ticked." in answer["HX-Trigger"]
    tick(as_alice, finalize_plan, all="1")
    assert ticked_names(finalize_plan) == {*STAGING}


def test_without_a_script_all_boxes_of_a_page_are_kept_and_the_reason_too(
    as_alice: Client, finalize_plan: Bulk
) -> None:
    page = as_alice.get(address_of(finalize_plan))
    fields = confirmation(page) | {"ticked": places(finalize_plan, "empty"), "reason": "week 48"}
    kept = post(as_alice, finalize_plan, "tick", **fields)
    answer = as_alice.get(kept["Location"])
    assert ticked_names(finalize_plan) == {"empty"}
    assert 'value="week 48"' in answer.text
    assert ticked(answer) == places(finalize_plan, "empty")


def test_a_tick_on_a_plan_that_runs_leads_to_its_page(
    as_alice: Client, finalize_plan: Bulk
) -> None:
    confirm(as_alice, finalize_plan)
    (place,) = places(finalize_plan, "kitten-02")
    answer = tick(as_alice, finalize_plan, position=place)
    assert answer["HX-Redirect"] == address_of(finalize_plan)
    assert ticked_names(finalize_plan) == {*STAGING}
    assert post(as_alice, finalize_plan, "tick", all="1").status_code == 302


def test_a_confirmation_lets_it_run_at_the_same_address(
    refonte: Sandbox, as_alice: Client, finalize_plan: Bulk, clock: time_machine.Traveller
) -> None:
    answer = confirm(as_alice, finalize_plan, reason=" week 48 goes to work ")
    assert answer.status_code == 302
    assert answer["Location"] == address_of(finalize_plan)
    finalize_plan.refresh_from_db()
    assert finalize_plan.state == BulkState.RUNNING
    assert finalize_plan.reason == "week 48 goes to work"
    assert Operation.objects.count() == 0  # the worker sends, not the page
    send(finalize_plan, clock)
    assert {*Operation.objects.values_list("batch_name", flat=True)} == {*STAGING}


def test_confirmed_twice_it_runs_once(as_alice: Client, finalize_plan: Bulk) -> None:
    fields = confirmation(as_alice.get(address_of(finalize_plan)))
    first = post(as_alice, finalize_plan, "confirm", **fields)
    second = post(as_alice, finalize_plan, "confirm", **fields)
    assert first.status_code == second.status_code == 302


def test_a_plan_that_has_changed_is_drawn_again_with_words_and_the_reason(
    as_alice: Client, alice: User, finalize_plan: Bulk
) -> None:
    fields = confirmation(as_alice.get(address_of(finalize_plan)))
    positions = [int(place) for place in places(finalize_plan, "empty")]
    plan.tick(user=alice, bulk=finalize_plan, positions=positions, ticked=True)
    fields["ticked"] = [*fields["ticked"], str(positions[0])]  # the box, not yet the stamp
    answer = post(as_alice, finalize_plan, "confirm", reason="late <b>", **fields)
    assert answer.status_code == 409
    assert "The plan has changed since this page showed it" in answer.text
    assert 'value="late &lt;b&gt;"' in answer.text
    assert hidden_fields(answer, "stamp")[0] != fields["stamp"]
    assert Bulk.objects.get().confirmed_at is None


def test_boxes_that_the_server_does_not_have_yet_are_kept_and_shown_before_anything_is_sent(
    as_alice: Client, finalize_plan: Bulk
) -> None:
    fields = confirmation(as_alice.get(address_of(finalize_plan)))
    fields["ticked"] = places(finalize_plan, "kitten-01")
    answer = post(as_alice, finalize_plan, "confirm", **fields)
    assert answer.status_code == 409
    assert "Your ticks are kept now" in answer.text
    assert ticked_names(finalize_plan) == {"kitten-01"}
    assert Bulk.objects.get().confirmed_at is None
    assert confirm(as_alice, finalize_plan).status_code == 302


def test_an_old_plan_is_not_confirmed(
    as_alice: Client, finalize_plan: Bulk, clock: time_machine.Traveller
) -> None:
    fields = confirmation(as_alice.get(address_of(finalize_plan)))
    clock.shift(700)
    answer = post(as_alice, finalize_plan, "confirm", **fields)
    assert answer.status_code == 409
    assert "read them again first" in answer.text


@pytest.mark.parametrize(
    ("reason", "words"), [("a\u202eb", "invisible"), ("x" * 301, "at most 300 characters")]
)
def test_a_reason_that_cannot_be_is_told(
    as_alice: Client, finalize_plan: Bulk, reason: str, words: str
) -> None:
    answer = confirm(as_alice, finalize_plan, reason=reason)
    assert answer.status_code == 422
    assert words in answer.text
    assert Bulk.objects.get().confirmed_at is None


def test_another_key_cannot_confirm_it(
    as_alice: Client, alice: User, key_for: KeyMaker, finalize_plan: Bulk
) -> None:
    other = key_for(alice, mode="test")
    answer = confirm(as_alice, finalize_plan, key=other.ref)
    assert answer.status_code == 409
    assert "made with another key" in answer.text
    assert Bulk.objects.get().confirmed_at is None


def test_a_confirmation_after_a_sign_in_leads_to_the_plan(
    as_alice: Client, finalize_plan: Bulk
) -> None:
    answer = as_alice.get(f"{address_of(finalize_plan, 'confirm/')}&reason=week")
    assert answer.status_code == 302
    assert "reason=week" in answer["Location"]


def test_nobody_else_confirms_ticks_or_reads_it_again(
    browse: Browse, ada: User, bob: User, vera: User, alice: User, key_for: KeyMaker
) -> None:
    shared = key_for(alice, is_shared=True)
    bulk = planned(alice, shared, STAGING)
    key_for(ada)
    key_for(bob)
    for person in (ada, bob, vera):
        web = browse(person)
        for path in ("confirm", "tick", "read-again", "go-on", "retry"):
            answer = post(web, bulk, path, position="0", form_id=str(uuid4()))
            assert answer.status_code == 403, path
    for person, status in ((bob, 403), (vera, 403), (ada, 302)):  # an admin may stop any
        assert post(browse(person), bulk, "stop").status_code == status


def test_it_is_read_again(
    refonte: Sandbox, as_alice: Client, finalize_plan: Bulk, clock: time_machine.Traveller
) -> None:
    clock.shift(700)
    answer = post(as_alice, finalize_plan, "read-again")
    assert answer.status_code == 302
    assert "Reading 0 of 7" in as_alice.get(address_of(finalize_plan)).text
    send(finalize_plan, clock)
    assert "button--danger" in as_alice.get(address_of(finalize_plan)).text


def test_a_bulk_that_runs_is_not_read_again(as_alice: Client, finalize_plan: Bulk) -> None:
    confirm(as_alice, finalize_plan)
    answer = as_alice.post(
        f"/bulks/{finalize_plan.id}/read-again/", {"key": finalize_plan.key_ref}, follow=True
    )
    assert "at another step by now" in answer.text


def test_reading_is_stopped_and_taken_up_again(
    as_alice: Client, alice: User, key: ViewerKey
) -> None:
    bulk = plan_of(alice, key, STAGING)
    post(as_alice, bulk, "stop")
    page = as_alice.get(address_of(bulk))
    assert "confirm-send" in page.text
    assert "button--primary" not in page.text.partition("<main")[2].partition("</main>")[0]
    assert "Read again" in page.text
    post(as_alice, bulk, "read-again")
    bulk.refresh_from_db()
    assert bulk.state == BulkState.READING

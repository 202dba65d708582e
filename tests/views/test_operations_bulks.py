"""Bulks in the list of operations, and what the page says of its record."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from batches.models import Operation, RecordCheck, State, Verb
from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from tests.support.bulks import made_bulk
from tests.support.operations import prioritize, unsaved_operation
from tests.support.pages import text_of
from tests.support.seals import findings, settled

DONE, FAILED = State.SUCCEEDED, State.REFUSED
Browse = Callable[[User], Client]


def test_a_bulk_is_one_row_with_its_split_and_reason(
    alice: User, key: KeyHandle, as_alice: Client
) -> None:
    states = (*[DONE] * 18, FAILED, FAILED, State.CHECKING, State.NO_EFFECT)
    bulk = made_bulk(alice, key, states)
    page = as_alice.get(f"/operations/?key={key.ref}")
    text = text_of(page)
    assert "22 batches, created in 7 days" in text
    assert "18 of 22" in text
    assert "Reason week 48 goes to work" in text
    assert 'aria-label="18 done, 2 failed, 1 unknown, 1 without effect"' in page.text
    assert 'class="split-bad" x="90.91%" width="9.09%"' in page.text
    assert f'href="/bulks/{bulk.id}/?key={key.ref}"' in page.text
    assert "row-000" not in text


def test_it_opens_in_place_trouble_first(alice: User, key: KeyHandle, as_alice: Client) -> None:
    bulk = made_bulk(alice, key, (*[DONE] * 18, FAILED))
    page = as_alice.get(f"/operations/?key={key.ref}")
    [toggle] = re.findall(r'href="(/operations/\?[^"]*open=[^"]*)"', page.text)
    assert toggle == f"/operations/?key={key.ref}&amp;open={bulk.id}"
    opened = as_alice.get(toggle.replace("&amp;", "&"))
    names = re.findall(r'title="(row-\d+)"', opened.text)
    assert names == ["row-018", "row-000", "row-001"]
    assert "16 more done · open the receipt" in text_of(opened)
    assert 'aria-expanded="true"' in opened.text
    # its link closes it again, and it is no filter
    assert f'href="/operations/?key={key.ref}"' in opened.text
    assert "Clear all" not in opened.text


def test_what_cannot_be_opened_changes_nothing(
    alice: User, key: KeyHandle, as_alice: Client
) -> None:
    made_bulk(alice, key, [DONE])
    for odd in ("x", "00000000-0000-0000-0000-000000000000"):
        assert "1 batch, created" in text_of(as_alice.get(f"/operations/?open={odd}"))


def test_the_search_finds_a_bulk_and_a_request(
    alice: User, key: KeyHandle, as_alice: Client
) -> None:
    bulk = made_bulk(alice, key, [DONE, DONE])
    settled(alice, key, "asked", request_id="req_7Kq2")
    page = as_alice.get(f"/operations/?q={bulk.id}&key={key.ref}")
    assert re.findall(r'title="(row-\d+|asked)"', page.text) == ["row-001", "row-000"]
    assert f'value="{bulk.id}"' in page.text
    page = as_alice.get("/operations/?q=req_7Kq2")
    assert re.findall(r'title="(row-\d+|asked)"', page.text) == ["asked"]


def test_a_bulk_is_a_filter_of_the_address(alice: User, key: KeyHandle, as_alice: Client) -> None:
    bulk = made_bulk(alice, key, [DONE, FAILED])
    page = as_alice.get(f"/operations/?bulk={bulk.id}&state=refused&key={key.ref}")
    assert re.findall(r'title="(row-\d+)"', page.text) == ["row-001"]
    assert f"Bulk {bulk.id}" in text_of(page)
    assert f'href="/operations/?key={key.ref}&amp;state=refused"' in page.text


def test_an_operation_of_a_bulk_leads_to_it(alice: User, key: KeyHandle, as_alice: Client) -> None:
    bulk = made_bulk(alice, key, [DONE])
    page = as_alice.get(f"/operations/{Operation.objects.get().id}/")
    assert f'href="/bulks/{bulk.id}/?key={key.ref}"' in page.text
    assert "week 48 goes to work" in text_of(page)


def test_a_priority_says_what_it_replaced(
    refonte: Sandbox, alice: User, key: KeyHandle, as_alice: Client
) -> None:
    refonte.add_batch("puppy")
    prioritize(alice, key, "puppy", priority=20)
    prioritize(alice, key, "puppy", priority=30)
    text = text_of(as_alice.get("/operations/"))
    assert "Priority 30 was 20" in text
    assert text.count("was 20") == 1


def test_a_refusal_quotes_refonte(
    refonte: Sandbox, alice: User, key: KeyHandle, as_alice: Client
) -> None:
    refonte.add_batch("puppy")
    refonte.fault(
        "status",
        match="POST /v1/batches/*/prioritize",
        times=1,
        code=400,
        body={"error": "Batch has no calibration batch"},
    )
    prioritize(alice, key, "puppy")
    assert "400 · “Batch has no calibration batch”" in text_of(as_alice.get("/operations/"))


def test_the_list_costs_as_many_queries_with_bulks(
    alice: User,
    key: KeyHandle,
    as_alice: Client,
    django_assert_max_num_queries: Any,
) -> None:
    for _ in range(5):
        opened = made_bulk(alice, key, [DONE, FAILED])
    as_alice.get("/operations/")
    with django_assert_max_num_queries(13):
        as_alice.get(f"/operations/?open={opened.id}")


@pytest.mark.parametrize(
    ("check", "words"),
    [
        (None, "Not checked yet"),
        ({"found": 0, "count": 5}, "Unaltered, checked at 14:00"),
        ({"found": 3}, "The check at 14:00 found something: 3 places"),
        ({"found": 1}, "found something: 1 place"),
    ],
)
def test_the_page_says_what_the_last_check_found_and_no_more(
    alice: User, key: KeyHandle, as_alice: Client, check: dict[str, int] | None, words: str
) -> None:
    at = timezone.now().replace(hour=14, minute=0)
    if check:
        RecordCheck.objects.create(at=at, **check)
    text = text_of(as_alice.get("/operations/"))
    assert words in text
    assert ("Unaltered" in text) == (words.startswith("Unaltered"))


def test_a_run_of_the_command_is_what_it_says(
    alice: User, key: KeyHandle, as_alice: Client
) -> None:
    settled(alice, key)
    assert findings() == []
    assert "Unaltered, checked at" in text_of(as_alice.get("/operations/"))
    Operation.objects.update(username="bob")
    assert "Unaltered" in text_of(as_alice.get("/operations/"))  # nobody looked since
    assert len(findings()) == 1
    assert "Unaltered" not in text_of(as_alice.get("/operations/"))


def test_no_page_edits_or_deletes_a_row_not_even_the_admins(
    alice: User, ada: User, key: KeyHandle, browse: Browse
) -> None:
    assert {model._meta.app_label for model in admin.site._registry} == {"auth"}
    operation = settled(alice, key)
    for method in ("put", "delete", "patch", "post"):
        answer = getattr(browse(ada), method)(f"/operations/{operation.id}/")
        assert answer.status_code == 405
    alice.delete()
    assert Operation.objects.filter(id=operation.id).exists()


def test_the_newest_of_both_kinds_come_first(alice: User, key: KeyHandle, as_alice: Client) -> None:
    now = timezone.now()
    made_bulk(alice, key, [DONE], at=now - timedelta(minutes=5))
    for name, minutes in (("newer", 1), ("older", 9)):
        unsaved_operation(
            alice,
            key,
            verb=Verb.FINALIZE,
            batch_name=name,
            state=DONE,
            created_at=now - timedelta(minutes=minutes),
        ).save()
    text = text_of(as_alice.get("/operations/"))
    assert text.index("newer") < text.index("1 batch, created") < text.index("older")

"""Many new batches from pasted rows or a file: nothing typed is lost, and a plan comes first."""

from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from batches.models import Bulk, Operation
from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from tests.support.bulk_pages import address_of, confirm, counts_of, send
from tests.support.bulk_work import read_plan
from tests.support.operations import settle_in
from tests.support.pages import Browse, text_of
from tests.support.vendor import KeyMaker

ROWS = "project\tname\tpriority\nkittens\tnew-1\t25\nkittens\tnew-2\t\n"


def create(client: Client, key: KeyHandle, rows: str = ROWS, **fields: Any) -> Any:
    form = {"key": key.ref, "form_id": str(uuid4()), "rows": rows}
    return client.post("/bulks/new/", form | fields)


def test_right_rows_become_a_plan_and_nothing_is_sent(
    refonte: Sandbox, as_alice: Client, key: KeyHandle
) -> None:
    answer = create(as_alice, key)
    bulk = Bulk.objects.get()
    assert answer.status_code == 302
    assert answer["Location"] == address_of(bulk)
    assert (bulk.verb, bulk.rows_chosen) == ("create", 2)
    assert [row.parameters for row in bulk.rows.all()] == [{"priority": 25}, {}]
    assert (refonte.calls, Operation.objects.count()) == ([], 0)


def test_names_are_checked_for_being_free_then_created(
    refonte: Sandbox, as_alice: Client, key: KeyHandle, clock: time_machine.Traveller
) -> None:
    refonte.add_project("kittens")
    create(as_alice, key, ROWS + "kittens\tkitten-01\t\n")
    bulk = read_plan(Bulk.objects.get())
    page = as_alice.get(address_of(bulk))
    assert counts_of(page)["Will be created"] == "2"
    assert counts_of(page)["Impossible"] == "1"
    text = text_of(page)
    for words in ("Create 2 batches in Live", "priority 25", "Name taken", "Settings"):
        assert words in text
    confirm(as_alice, bulk)
    send(bulk, clock)
    page = as_alice.get(address_of(bulk))
    assert "Created 2 of 2 batches in" in text_of(page)
    settle_in(5)  # a first priority follows its create
    assert refonte.priorities_of("new-1") == [25]


def test_wrong_rows_are_told_each_at_its_place_and_stay_as_they_were(
    as_alice: Client, key: KeyHandle
) -> None:
    rows = "project,name,priority\nkittens,<b>new</b>,99\n,two,\nkittens,<b>new</b>,\n"
    answer = create(as_alice, key, rows)
    assert answer.status_code == 422
    assert "kittens,&lt;b&gt;new&lt;/b&gt;,99\n,two," in answer.text
    text = text_of(answer)
    for words in (
        "3 of 3 rows need a correction",
        "Line 2",
        "Enter a whole number from 10 to 30.",
        "Enter a project.",
        "Line 2 has this name already.",
    ):
        assert words in text
    assert 'aria-invalid="true"' in answer.text
    assert Bulk.objects.count() == 0


def test_a_file_that_is_wrong_can_be_corrected_on_the_page(
    as_alice: Client, key: KeyHandle
) -> None:
    file = SimpleUploadedFile("rows.csv", "\ufeffproject;name\nkittens;\n".encode())
    answer = create(as_alice, key, "", file=file)
    assert answer.status_code == 422
    assert "project;name\nkittens;\n</textarea>" in answer.text
    assert "Enter a name for the batch." in answer.text


def test_a_file_is_a_plan_like_pasted_rows(as_alice: Client, key: KeyHandle) -> None:
    file = SimpleUploadedFile("rows.tsv", ROWS.encode())
    assert create(as_alice, key, "", file=file).status_code == 302


def test_of_many_lines_only_the_wrong_ones_are_shown(as_alice: Client, key: KeyHandle) -> None:
    lines = "".join(f"kittens,new-{number}\n" for number in range(300))
    answer = create(as_alice, key, f"project,name\n{lines},lost\n")
    assert answer.text.count("<tr>") == 2  # the head, and one line
    assert "1 of 301 rows needs a correction" in text_of(answer)
    assert "300 more lines are not shown" in answer.text


def test_unknown_columns_are_left_out_only_where_a_person_says_so(
    as_alice: Client, key: KeyHandle
) -> None:
    rows = "project,name,colour\nkittens,new-1,red\n"
    answer = create(as_alice, key, rows)
    assert answer.status_code == 422
    assert "Not known here: colour." in answer.text
    assert 'name="leave_out"' in answer.text
    assert create(as_alice, key, rows, leave_out="on").status_code == 302


def test_a_callback_without_tls_is_warned_of(as_alice: Client, key: KeyHandle) -> None:
    rows = "project,name,callback\nkittens,new-1,http://hooks.example.com/\n"
    form = {"key": key.ref, "form_id": str(uuid4()), "rows": rows}
    assert "plain http" in as_alice.post("/bulks/new/", form, follow=True).text


def test_what_was_typed_before_a_sign_in_is_there_after_it(
    as_alice: Client, key: KeyHandle
) -> None:
    page = as_alice.get("/bulks/new/", {"key": key.ref, "rows": "project,name\na,<b>"})
    assert "project,name\na,&lt;b&gt;</textarea>" in page.text


def test_a_form_that_is_used_again_with_other_rows_keeps_them(
    as_alice: Client, key: KeyHandle
) -> None:
    form_id = str(uuid4())
    create(as_alice, key, form_id=form_id)
    answer = create(as_alice, key, "project,name\nkittens,other\n", form_id=form_id)
    assert answer.status_code == 422
    assert "kittens,other" in answer.text
    assert "Check it and send it again" in answer.text


def test_who_may_not_operate_creates_nothing(
    browse: Browse, vera: User, alice: User, key_for: KeyMaker
) -> None:
    key = key_for(alice, is_shared=True)
    assert browse(vera).get(f"/bulks/new/?key={key.ref}").status_code == 403
    assert create(browse(vera), key).status_code == 403


@pytest.mark.parametrize("address", ["/batches/", "/batches/new/"])
def test_it_is_found_from_the_list_and_from_the_form_of_one(
    as_alice: Client, key: KeyHandle, address: str
) -> None:
    assert f"/bulks/new/?key={key.ref}" in as_alice.get(address, {"key": key.ref}).text

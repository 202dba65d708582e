"""The page of a selection and its file: exactly these batches, for its owner, under its key."""

import csv
import io
import json

import pytest
from django.contrib.auth.models import User
from django.test import Client

from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from tests.support.pages import HOSTILE, Browse, add, list_address, text_of
from tests.support.selections import selected, selection_address
from tests.support.vendor import KeyMaker

pytestmark = pytest.mark.usefixtures("clock")
PIECES = ("", "export", "follow", "note")


def test_the_page_names_every_batch(
    alice: User, key: KeyHandle, as_alice: Client, refonte: Sandbox
):
    add(refonte, "kitten-1", status="staging")
    as_alice.get(list_address(key))
    selected(alice, key, "kitten-1", *HOSTILE)
    page = as_alice.get(selection_address(key))
    text = text_of(page)
    assert f"{len(HOSTILE) + 1} selected in Live" in text
    assert "Finalize 1…" in text
    assert all(" ".join(name.split()) in text for name in ("kitten-1", "{{7*7}}"))
    assert "<script>alert(1)" not in page.content.decode()


def test_an_empty_selection_leads_back_to_the_list(alice: User, key: KeyHandle, as_alice: Client):
    selected(alice, key, "a")
    selected(alice, key).batches.all().delete()
    assert "Nothing is selected." in text_of(as_alice.get(selection_address(key)))


def test_the_file_has_exactly_these_in_their_order(
    alice: User, key: KeyHandle, as_alice: Client, refonte: Sandbox
):
    add(refonte, "kitten-1", "kitten-2", "kitten-3")
    as_alice.get(list_address(key))
    calls = len(refonte.calls)
    selected(alice, key, "kitten-3", "=never seen", "kitten-1")
    answer = as_alice.get(selection_address(key, "export"))
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert 'filename="batches-live-selected-2026-11-23T1200Z.csv"' in answer["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))
    assert [row["name"] for row in rows] == ["kitten-3", "'=never seen", "kitten-1"]
    assert [row["completed"] for row in rows] == ["30", "", "30"]
    assert rows[0]["counts_as_of_utc"] == "2026-11-23 12:00:00"
    assert len(refonte.calls) == calls

    semicolons = as_alice.get(selection_address(key, "export", "separator=semicolon"))
    assert semicolons.getvalue().decode("utf-8-sig").startswith("name;project;")
    lines = as_alice.get(selection_address(key, "export", "format=jsonl")).getvalue()
    assert [json.loads(line)["name"] for line in lines.splitlines()][1] == "=never seen"
    odd = as_alice.get(selection_address(key, "export", "format=x"))
    assert odd.getvalue() == answer_again(as_alice, key)


def answer_again(client: Client, key: KeyHandle) -> bytes:
    body: bytes = client.get(selection_address(key, "export")).getvalue()
    return body


@pytest.mark.parametrize("piece", PIECES)
def test_a_selection_of_somebody_else_is_404(
    bob: User, key: KeyHandle, key_for: KeyMaker, as_alice: Client, piece: str
):
    selected(bob, key_for(bob), "theirs")
    assert as_alice.get(selection_address(key, piece)).status_code == 404


@pytest.mark.parametrize("piece", PIECES)
def test_under_another_key_it_is_refused_in_words(
    alice: User, key: KeyHandle, key_for: KeyMaker, as_alice: Client, piece: str
):
    selected(alice, key, "kitten-1")
    other = key_for(alice, mode="test")
    for headers in ({}, {"HX-Request": "true"}):
        answer = as_alice.get(selection_address(other, piece), headers=headers)
        assert answer.status_code == 409
        assert "selected with another key, in Live" in text_of(answer)
        assert "nothing was done" in text_of(answer)


def test_a_form_under_another_key_is_refused_in_its_dialog(
    alice: User, key: KeyHandle, key_for: KeyMaker, as_alice: Client
):
    selected(alice, key, "kitten-1")
    other = key_for(alice, mode="test")
    fields = {"key": other.ref, "due": "2026-12-01T12:00"}
    answer = as_alice.post(selection_address(other, "note"), fields, headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Retarget"]) == (409, "closest .sheet")


def test_who_may_only_read_sees_no_plan(alice: User, vera: User, key_for: KeyMaker, browse: Browse):
    shared = key_for(alice, is_shared=True)
    selected(vera, shared, "kitten-1")
    client = browse(vera)
    text = text_of(client.get(selection_address(shared)))
    assert "Export Follow…" in text
    assert "Finalize" not in text
    assert client.get(selection_address(shared, "note")).status_code == 403
    assert client.get(selection_address(shared, "export")).status_code == 200

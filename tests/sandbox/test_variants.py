"""Each form an answer may take, alone."""

from typing import Any

import pytest

from batches.sandbox import Sandbox
from batches.sandbox.variants import CHOICES

from .conftest import Caller


@pytest.fixture(autouse=True)
def _kittens(sandbox: Sandbox) -> None:
    sandbox.add_batch("kittens", counts={"pending": 4, "completed": 5}, callback="a@example.com")


@pytest.mark.parametrize(
    ("envelope", "keys"),
    [
        ("default", "docs totalDocs total limit offset has_more hasNextPage"),
        ("docs_totalDocs", "docs totalDocs limit offset has_more"),
        ("docs_total", "docs total limit offset has_more"),
        ("has_next_page", "docs totalDocs limit offset hasNextPage"),
        ("no_total", "docs limit offset has_more"),
        ("docs_only", "docs"),
        ("small_pages", "docs totalDocs total limit offset has_more hasNextPage"),
        ("unmarked_small_pages", "docs totalDocs"),
    ],
)
def test_the_envelope_has_these_keys_and_no_other(
    sandbox: Sandbox, alice: Caller, envelope: str, keys: str
):
    sandbox.configure(envelope=envelope)
    assert list(alice.get("/batches").json()) == keys.split()


def test_an_array_has_no_envelope(sandbox: Sandbox, alice: Caller):
    sandbox.configure(envelope="array")
    assert [doc["name"] for doc in alice.get("/batches").json()] == ["kittens"]


def test_a_page_may_be_smaller_than_was_asked_for(sandbox: Sandbox, alice: Caller):
    sandbox.configure(envelope="small_pages")
    for number in range(11):
        sandbox.add_batch(f"kitten-{number:02}")
    page = alice.get("/batches", limit=100).json()
    rest = alice.get("/batches", limit=100, offset=10).json()
    assert (len(page["docs"]), page["limit"], page["has_more"]) == (10, 10, True)
    assert (len(rest["docs"]), rest["has_more"]) == (2, False)


def test_a_page_may_be_smaller_and_not_say_so(sandbox: Sandbox, alice: Caller):
    sandbox.configure(envelope="unmarked_small_pages")
    for number in range(11):
        sandbox.add_batch(f"kitten-{number:02}")
    page = alice.get("/batches", limit=100).json()
    assert (len(page["docs"]), page["totalDocs"]) == (10, 12)


@pytest.mark.parametrize(
    ("paging", "place"), [("no_end_time", {"end_time": "2000-01-01"}), ("no_offset", {"offset": 1})]
)
def test_a_list_may_be_deaf_to_a_parameter_of_its_pages(
    paging: str, place: dict[str, Any], sandbox: Sandbox, alice: Caller
):
    assert alice.names(**place) == []
    sandbox.configure(paging=paging)
    assert alice.names(**place) == ["kittens"]


@pytest.mark.parametrize(
    ("counts", "answered"),
    [
        ("default", {"tasks_pending": 4, "tasks_completed": 5, "pending": 4, "completed": 5}),
        ("tasks", {"tasks_pending": 4, "tasks_completed": 5}),
        ("plain", {"pending": 4, "completed": 5}),
        ("partial", {"tasks_completed": 5}),
        ("missing", {}),
        ("unknown", {"tasks_pending": 4, "tasks_completed": 5, "tasks_in_review": 3}),
    ],
)
def test_counts_have_these_keys(
    sandbox: Sandbox, alice: Caller, counts: str, answered: dict[str, int]
):
    sandbox.configure(counts=counts)
    assert alice.status("kittens") == {"status": "in_progress", **answered}


@pytest.mark.parametrize(
    ("detailed", "top", "nested"),
    [
        ("default", True, True),
        ("top", True, False),
        ("nested", False, True),
        ("none", False, False),
    ],
)
def test_progress_stands_at_the_top_or_nested(
    sandbox: Sandbox, alice: Caller, detailed: str, top: bool, nested: bool
):
    sandbox.configure(detailed=detailed)
    doc = alice.get("/batches", detailed="true").json()["docs"][0]
    assert ("tasks_pending" in doc, "progress" in doc) == (top, nested)


@pytest.mark.parametrize(
    ("dates", "written"),
    [
        ("default", "2026-11-23T10:00:00.250Z"),
        ("offset", "2026-11-23T10:00:00.250+00:00"),
        ("no_fraction", "2026-11-23T10:00:00Z"),
        ("no_zone", "2026-11-23T10:00:00.250"),
    ],
)
def test_dates_are_written_so(sandbox: Sandbox, alice: Caller, dates: str, written: str):
    sandbox.configure(dates=dates)
    assert alice.get("/batches/kittens").json()["created_at"] == written


def test_only_the_name_can_be_relied_on(sandbox: Sandbox, alice: Caller):
    sandbox.configure(fields="null")
    answer = alice.get("/batches/kittens").json()
    assert answer.pop("name") == "kittens"
    assert set(answer.values()) == {None}
    sandbox.configure(fields="absent")
    assert alice.get("/batches/kittens").json() == {"name": "kittens"}


@pytest.mark.parametrize(("writes", "body"), [("empty", ""), ("text", "OK")])
def test_writes_may_be_answered_without_json(
    sandbox: Sandbox, alice: Caller, writes: str, body: str
):
    sandbox.configure(writes=writes)
    answer = alice.post("/batches/kittens/prioritize", {"priority": 20})
    assert (answer.status_code, answer.text) == (200, body)


@pytest.mark.parametrize(("writes", "status"), [("created", 201), ("accepted", 202)])
def test_writes_may_be_answered_with_another_yes(
    sandbox: Sandbox, alice: Caller, writes: str, status: int
):
    sandbox.configure(writes=writes)
    answer = alice.post("/batches/kittens/prioritize", {"priority": 20})
    assert (answer.status_code, answer.json()) == (status, {"result": "success"})


@pytest.mark.parametrize(
    ("errors", "kind", "begins"),
    [("object", "json", '{"status'), ("text", "plain", "No batch"), ("html", "html", "<html>")],
)
def test_errors_may_be_written_otherwise(
    sandbox: Sandbox, alice: Caller, errors: str, kind: str, begins: str
):
    sandbox.configure(errors=errors)
    answer = alice.get("/batches/nobody")
    assert answer.status_code == 404
    assert kind in answer.headers["Content-Type"]
    assert answer.text.startswith(begins)


@pytest.mark.parametrize("choice", [{"envelope": "round"}, {"colour": "red"}])
def test_a_variant_that_is_not_offered_is_refused(sandbox: Sandbox, choice: dict[str, Any]):
    with pytest.raises(ValueError, match="is not a variant"):
        sandbox.configure(**choice)


def test_every_thing_has_a_default(sandbox: Sandbox):
    assert sandbox.variants.as_json() == dict.fromkeys(CHOICES, "default")

"""What the list of operations has, as a file: all pages, inert, in constant memory."""

import csv
import json
import tracemalloc
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any
from unittest import mock

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from batches.models import Operation, Preferences, State, Verb
from batches.services.keys.types import KeyHandle
from batches.services.operations import export
from batches.services.operations.listing import list_operations
from tests.support.bulks import made_bulk
from tests.support.operations import unsaved_operation
from tests.support.pages import HOSTILE
from tests.support.seals import settled

DONE, FAILED = State.SUCCEEDED, State.REFUSED
Browse = Callable[[User], Client]


def objects_in(answer: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in answer.getvalue().decode("ascii").splitlines()]


def rows_in(answer: Any) -> list[dict[str, str]]:
    text = answer.getvalue().decode().removeprefix("\ufeff")
    return list(csv.DictReader(StringIO(text, newline="")))


def many(user: User, key: KeyHandle, number: int) -> None:
    now = timezone.now()
    Operation.objects.bulk_create(
        unsaved_operation(
            user,
            key,
            verb=Verb.NOTE,
            batch_name=f"batch-{place:04}",
            state=DONE,
            created_at=now - timedelta(seconds=place),
        )
        for place in range(number)
    )


def test_a_row_has_all_of_an_operation(alice: User, key: KeyHandle, as_alice: Client) -> None:
    Preferences.objects.create(user=alice, zone="Europe/Berlin")
    operation = settled(
        alice,
        key,
        "kitten",
        project="cats",
        answer_message="ok",
        http_status=200,
        request_id="req_7",
        status_before="staging",
        status_after="in_progress",
    )
    [row] = objects_in(as_alice.get(f"/operations/export/?format=jsonl&key={key.ref}"))
    at = operation.created_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert row == {
        "id": str(operation.id),
        "requested_at": at,
        "sent_at": None,
        "settled_at": at,
        "person": "alice",
        "what": "prioritize",
        "batch": "kitten",
        "project": "cats",
        "parameters": {"priority": 20},
        "outcome": "succeeded",
        "result": operation.message,
        "answer": "ok",
        "http_status": 200,
        "request_id": "req_7",
        "status_before": "staging",
        "status_after": "in_progress",
        "key": key.label,
        "key_mode": "live",
        "bulk": None,
        "reason": None,
        "follows": None,
    }
    [cells] = rows_in(as_alice.get(f"/operations/export/?key={key.ref}"))
    assert cells["requested_at_utc"] == at.replace("T", " ").removesuffix("Z")
    assert (cells["request_id"], cells["local_zone"]) == ("req_7", "Europe/Berlin")
    assert cells["parameters"] == '{"priority": 20}'


def test_a_request_id_that_is_none_is_a_dash(alice: User, key: KeyHandle, as_alice: Client) -> None:
    settled(alice, key)
    assert rows_in(as_alice.get("/operations/export/"))[0]["request_id"] == "—"


def test_operations_of_a_bulk_are_rows_with_its_id_and_reason(
    alice: User, key: KeyHandle, as_alice: Client
) -> None:
    bulk = made_bulk(alice, key, [DONE, FAILED])
    settled(alice, key, "alone")
    rows = objects_in(as_alice.get("/operations/export/?format=jsonl"))
    ids = {row["batch"]: (row["bulk"], row["reason"]) for row in rows}
    own = (str(bulk.id), "week 48 goes to work")
    assert ids == {"alone": (None, None), "row-000": own, "row-001": own}


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("state=refused", ["row-001"]),
        ("verb=finalize", ["row-001", "row-000"]),
        ("batch=alone", ["alone"]),
        ("q=req_1", ["alone"]),
        ("person=bob", []),
        ("verb=finalize&state=succeeded&person=alice", ["row-000"]),
    ],
)
def test_it_obeys_the_filters(
    alice: User, key: KeyHandle, as_alice: Client, query: str, names: list[str]
) -> None:
    made_bulk(alice, key, [DONE, FAILED])
    settled(alice, key, "alone", request_id="req_1")
    rows = objects_in(as_alice.get(f"/operations/export/?format=jsonl&{query}"))
    assert [row["batch"] for row in rows] == names


def test_the_list_links_to_it_with_its_filters(
    alice: User, key: KeyHandle, as_alice: Client
) -> None:
    settled(alice, key)
    page = as_alice.get(f"/operations/?verb=prioritize&key={key.ref}").text
    link = f"/operations/export/?key={key.ref}&amp;verb=prioritize"
    assert f'href="{link}"' in page
    assert f'href="{link}&amp;format=jsonl"' in page
    assert 'href="/operations/export/?format=jsonl"' in as_alice.get("/operations/").text


@pytest.mark.parametrize("wrong", ["format=xls", "separator=tab", "state=odd", "before=x"])
def test_what_is_wrong_in_an_address_is_told_on_the_list(
    alice: User, key: KeyHandle, as_alice: Client, wrong: str
) -> None:
    answer = as_alice.get(f"/operations/export/?{wrong}")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/operations/?")


def test_others_get_what_they_may_see(
    alice: User, bob: User, ada: User, key: KeyHandle, browse: Browse
) -> None:
    settled(alice, key)
    assert objects_in(browse(bob).get("/operations/export/?format=jsonl")) == []
    assert len(objects_in(browse(ada).get("/operations/export/?format=jsonl"))) == 1


@pytest.mark.parametrize("separator", ["comma", "semicolon"])
def test_hostile_names_are_inert(
    alice: User, key: KeyHandle, as_alice: Client, separator: str
) -> None:
    for name in HOSTILE:
        settled(alice, key, name, message=f"={name}")
    rows = as_alice.get(f"/operations/export/?separator={separator}").getvalue().decode()
    mark = {"comma": ",", "semicolon": ";"}[separator]
    cells = csv.reader(StringIO(rows.removeprefix("\ufeff"), newline=""), delimiter=mark)
    assert not [cell for row in cells for cell in row if cell[:1] in set("=+-@\t\r")]


def test_the_file_is_named_by_its_filters(alice: User, key: KeyHandle, as_alice: Client) -> None:
    answer = as_alice.get("/operations/export/?verb=prioritize&format=jsonl")
    assert 'filename="operations-prioritize-20' in answer["Content-Disposition"]
    answer.getvalue()
    head = as_alice.head("/operations/export/")
    assert head.status_code == 200
    assert head["Content-Disposition"].endswith('.csv"')


def test_a_second_one_at_once_is_told_to_wait(
    alice: User, key: KeyHandle, as_alice: Client
) -> None:
    settled(alice, key)
    first = as_alice.get("/operations/export/")
    second = as_alice.get("/operations/export/")
    assert (second.status_code, second["Retry-After"]) == (429, "5")
    assert len(rows_in(first)) == 1
    assert as_alice.get("/operations/export/").status_code == 200


@pytest.mark.parametrize("chosen", ["csv", "jsonl"])
def test_a_database_that_fails_midway_is_the_last_line_and_told(
    alice: User, key: KeyHandle, as_alice: Client, monkeypatch: pytest.MonkeyPatch, chosen: str
) -> None:
    monkeypatch.setattr(export, "ROWS_A_PAGE", 3)
    many(alice, key, 5)
    calls: list[Any] = []

    def failing(**asked: Any) -> Any:
        calls.append(asked)
        if len(calls) > 1:
            raise OperationalError("gone")
        return list_operations(**asked)

    with mock.patch.object(export, "list_operations", failing):
        answer = as_alice.get(f"/operations/export/?format={chosen}")
        text = answer.getvalue().decode()
    assert "Incomplete: the database could not be read" in text.splitlines()[-1]
    assert text.count("batch-0") == 3
    told = as_alice.get("/batches/export/told/").text
    assert "Your file: Incomplete: the database could not be read." in told


def test_who_lost_the_right_gets_no_more(
    alice: User, key: KeyHandle, as_alice: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "ROWS_A_PAGE", 3)
    many(alice, key, 5)
    answer: Any = as_alice.get("/operations/export/?format=jsonl")
    lines = iter(answer)
    next(lines)
    alice.groups.clear()
    assert "your account can no longer read" in next(lines).decode()


def test_memory_is_that_of_a_page(
    alice: User, key: KeyHandle, as_alice: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """5,000 operations; the last pages take no more than the first ones."""
    monkeypatch.setattr(export, "ROWS_A_PAGE", 250)
    many(alice, key, 5_000)
    answer: Any = as_alice.get("/operations/export/?format=jsonl")
    peaks, rows = [], 0
    tracemalloc.start()
    try:
        for part in answer:
            peaks.append(tracemalloc.get_traced_memory()[1])
            rows += part.count(b"\n")
            tracemalloc.reset_peak()
    finally:
        tracemalloc.stop()
    assert rows == 5_000
    assert len(peaks) == 20
    assert max(peaks[-5:]) < max(peaks[:5]) * 1.2, peaks

"""The list as JSON Lines: every line parses alone, and the last one says what is missing."""

import gc
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client
from pytest_django.fixtures import Settings

from batches.models import AlarmKind
from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from tests.support import operations
from tests.support.clock import NOON
from tests.support.known import alarmed, estimated, noted
from tests.support.pages import HOSTILE, add, list_address, text_of

LIST = "GET /v1/batches"
AT = "2026-11-23T12:00:00Z"

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture(autouse=True)
def ends_exports(db: None) -> Iterator[None]:
    yield
    gc.collect()  # those of which the test read the headers alone, while it has its database


def export(key: KeyHandle, query: str = "") -> str:
    query = "&".join(filter(None, (query, "format=jsonl")))
    return list_address(key, query).replace("/batches/", "/batches/export/")


def objects_in(answer: Any) -> list[dict[str, Any]]:
    text = answer.getvalue().decode("ascii")
    assert text.endswith("\n")
    return [json.loads(line) for line in text.removesuffix("\n").split("\n")]


def kittens(count: int) -> list[str]:
    return [f"kitten-{number:03}" for number in range(count)]


def test_all_pages_come_as_one_file(key: KeyHandle, as_alice: Client, refonte: Sandbox) -> None:
    add(refonte, *kittens(250))
    answer = as_alice.get(export(key))
    assert answer["Content-Type"] == "application/jsonl; charset=utf-8"
    assert answer["Content-Disposition"].endswith('batches-live-2026-11-23T1200Z.jsonl"')
    assert [row["name"] for row in objects_in(answer)] == kittens(250)


def test_a_row_has_what_the_page_has(
    alice: User, key: KeyHandle, as_alice: Client, refonte: Sandbox, clock: time_machine.Traveller
) -> None:
    add(refonte, "kitten", counts={"pending": 10, "completed": 25, "error": 5, "tasks_held": 4})
    as_alice.get(list_address(key))
    estimated(key, "kitten", hours=(2, 5), speed=44.04)
    alarmed(key, "kitten", AlarmKind.AT_RISK)
    noted(key, "kitten", due_at=NOON + timedelta(hours=3), owner=alice)
    operations.prioritize(alice, key, "kitten", priority=25)

    assert objects_in(as_alice.get(export(key))) == [
        {
            "name": "kitten",
            "project": "kittens",
            "status": "in_progress",
            "created_at": AT,
            "pending": 10,
            "completed": 25,
            "error": 5,
            "canceled": None,
            "other_counts": {"tasks_held": 4},
            "total": 44,
            "settled_percent": 68.0,
            "counts_as_of": AT,
            "priority_sent": 25,
            "priority_sent_by": "alice",
            "priority_sent_at": AT,
            "priority_sent_state": "succeeded",
            "status_as_of": AT,
            "due_at": "2026-11-23T15:00:00Z",
            "owner": "alice",
            "estimate_low": "2026-11-23T14:00:00Z",
            "estimate_high": "2026-11-23T17:00:00Z",
            "speed_per_hour": 44.0,
            "alarms": ["at_risk"],
            "as_of": AT,
        }
    ]


@pytest.mark.parametrize("name", [*HOSTILE, "line\r\nbreak", "\u2028\u2029\x85", "🐈"])
def test_a_name_of_any_kind_is_one_value_of_one_line(
    key: KeyHandle, as_alice: Client, refonte: Sandbox, name: str
) -> None:
    add(refonte, name)
    [row] = objects_in(as_alice.get(export(key)))
    assert row["name"] == name


def test_chosen_columns_are_those_of_the_file(
    key: KeyHandle, as_alice: Client, refonte: Sandbox
) -> None:
    add(refonte, "kitten")
    always = ["name", "project", "status", "created_at"]
    end = ["alarms", "as_of"]
    for columns, own in {
        "due,owner": ["status_as_of", "due_at", "owner"],
        "errors": ["error", "counts_as_of", "status_as_of"],
    }.items():
        [row] = objects_in(as_alice.get(export(key, f"columns={columns}")))
        assert list(row) == [*always, *own, *end]
    csv = as_alice.get(list_address(key, "columns=owner").replace("/batches/", "/batches/export/"))
    assert (
        csv.getvalue()
        .decode()
        .partition("\r\n")[0]
        .endswith("status_as_of_local,owner,alarms,as_of_utc,as_of_local,local_zone")
    )


def test_a_format_that_is_none_is_told_of_on_the_list(
    key: KeyHandle, as_alice: Client, refonte: Sandbox
) -> None:
    page = as_alice.get(as_alice.get(export(key).replace("jsonl", "xls"))["Location"])
    assert "Ignored unknown filters: format" in text_of(page)


def told(browser: Client) -> str:
    return browser.get("/batches/export/told/", headers={"HX-Request": "true"}).text


def test_a_failure_midway_is_the_last_line_and_told_on_the_page(
    key: KeyHandle, as_alice: Client, refonte: Sandbox, settings: Settings
) -> None:
    add(refonte, *kittens(250))
    assert 'id="export-told"' in as_alice.get(list_address(key)).text
    answer = as_alice.get(export(key))
    assert "load delay:2s" in told(as_alice)  # under way: asked again
    refonte.fault("hang", LIST)
    settings.REFONTE_TIMEOUT = 1

    *rows, last = objects_in(answer)

    words = "Incomplete: Refonte did not answer; 100 of 250 batches are in this file"
    assert [row["name"] for row in rows] == kittens(100)
    assert last == {"incomplete": words}
    page = told(as_alice)
    assert "load delay:2s" not in page
    assert f"Your file: {words}." in page
    assert 'hx-swap-oob="beforeend:#messages"' in page


def test_a_whole_file_and_none_at_all_are_not_told_of(
    key: KeyHandle, as_alice: Client, refonte: Sandbox
) -> None:
    add(refonte, "kitten")
    assert "Your file" not in told(as_alice)
    assert len(objects_in(as_alice.get(export(key)))) == 1
    assert "Your file" not in told(as_alice)


def test_the_next_export_ends_the_words_about_the_last(
    key: KeyHandle, as_alice: Client, refonte: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(refonte, *kittens(3))
    with monkeypatch.context() as patch:
        patch.setattr("batches.services.batches.export.ROWS_AT_MOST", 2)
        assert "incomplete" in objects_in(as_alice.get(export(key)))[-1]
    assert "Incomplete: only the newest 2" in told(as_alice)
    as_alice.get(export(key)).getvalue()
    assert "Your file" not in told(as_alice)

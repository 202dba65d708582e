"""Envelopes that contradict their rows or themselves: no page and no file repeats it."""

import csv
import re
from datetime import timedelta
from html import unescape
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.test import Client

from batches.refonte import format_time
from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from tests.support.clock import NOON
from tests.support.pages import list_address, poll_list, text_of

LIST = "GET /v1/batches"

pytestmark = pytest.mark.usefixtures("clock")


def named(count: int) -> list[Any]:
    return [
        {"name": f"kitten-{place:02}", "created_at": format_time(NOON - timedelta(minutes=place))}
        for place in range(count)
    ]


UNREAD: list[Any] = [None, 7, "kitten", {}, {"name": ""}, {"name": 7, "status": "staging"}]
TWICE = [*named(10), *named(2)]

# rows of the answer, its envelope; the range on the page, whether Older is there, words beside it
ENVELOPES = [
    (named(10), {}, "1–10 of 10", False, ""),
    (named(10), {"totalDocs": 10, "has_more": False}, "1–10 of 10", False, ""),
    (named(10), {"totalDocs": 2}, "1–10 of many", False, ""),
    (named(10), {"totalDocs": 2, "has_more": True}, "1–10 of many", True, ""),
    (named(10), {"total": 0}, "1–10 of many", False, ""),
    (named(10), {"total": 120, "has_more": True}, "1–10 of 120", True, ""),
    (named(10), {"total": 120}, "1–10 of 120", True, ""),
    (named(10), {"total": 120, "has_more": False}, "1–10 of 120", False, "ends after 10 rows"),
    (named(50), {"total": 50, "has_more": True}, "1–50 of many", True, ""),
    (named(50), {"total": 50, "hasNextPage": True}, "1–50 of many", True, ""),
    (named(50), {"total": 50, "has_more": False}, "1–50 of 50", False, ""),
    (named(50), {}, "1–50 of many", True, ""),
    (named(50), {"total": "many", "has_more": True}, "1–50 of many", True, ""),
    ([*named(1), {}, None], {"total": 3}, "1–3 of 3", False, "2 rows could not be read"),
    ([*named(2), {}], {"total": 3}, "1–3 of 3", False, "1 row could not be read"),
    (UNREAD, {"total": 120, "has_more": True}, "1–6 of 120", True, "6 rows could not be read"),
    (UNREAD, {"total": 6}, "1–6 of 6", False, "None of these rows could be read"),
    (UNREAD, {"total": 2}, "1–6 of many", False, "6 rows could not be read"),
    (TWICE, {"total": 12}, "1–12 of 12", False, "2 rows came twice"),
    ([], {"total": 0}, "", False, "No batches with this key yet"),
    ([], {"total": 120, "has_more": True}, "", False, "before the 120 batches it reported"),
]


def tab_of(page: Any) -> list[str]:
    """The count on the tab, where the tabs are drawn."""
    return re.findall(r'id="tab-all"[^>]*>([^<]*)<', page.content.decode())


@pytest.mark.parametrize(("rows", "envelope", "place", "has_older", "words"), ENVELOPES)
def test_no_page_contradicts_itself(
    rows: list[Any],
    envelope: dict[str, Any],
    place: str,
    has_older: bool,
    words: str,
    key: KeyHandle,
    as_alice: Client,
    refonte: Sandbox,
    clock: time_machine.Traveller,
):
    refonte.fault("status", LIST, code=200, body={"docs": rows, **envelope})

    page = as_alice.get(list_address(key))

    text, total = text_of(page), place.rpartition(" ")[2]
    assert place in text
    assert words in text
    assert ('rel="next"' in page.content.decode()) == has_older
    assert ("No batches with this key yet" in text) == (not rows)
    assert tab_of(page) in ([""], [total if rows else "0"])
    clock.shift(10)
    poll = poll_list(as_alice, page)
    # a poll leaves out the tabs where nothing on them has changed
    assert poll.status_code == 204 or tab_of(poll) in ([], tab_of(page))


@pytest.mark.parametrize(("rows", "envelope", "place", "has_older", "words"), ENVELOPES)
def test_a_file_that_lacks_rows_says_so(
    rows: list[Any],
    envelope: dict[str, Any],
    place: str,
    has_older: bool,
    words: str,
    key: KeyHandle,
    as_alice: Client,
    refonte: Sandbox,
):
    refonte.fault("status", LIST, code=200, body={"docs": rows, **envelope})

    answer = as_alice.get(list_address(key).replace("/batches/", "/batches/export/"))
    names = [
        line["name"] for line in csv.DictReader(StringIO(answer.getvalue().decode("utf-8-sig")))
    ]

    known = list(
        dict.fromkeys(r["name"] for r in rows if isinstance(r, dict) and "created_at" in r)
    )
    unread = sum(row in UNREAD for row in rows)
    last = names.pop() if len(names) > len(known) else ""
    assert names == known
    assert (f"{unread} row" in last) == bool(unread)
    is_whole = not (unread or envelope.get("has_more") or envelope.get("hasNextPage"))
    is_whole &= (
        len(rows) >= int(envelope["total"]) if str(envelope.get("total")).isdigit() else True
    )
    assert (last == "") == is_whole


def test_a_list_is_read_past_a_page_of_rows_without_names(
    key: KeyHandle, as_alice: Client, refonte: Sandbox
):
    for place in range(60):
        refonte.add_batch(f"kitten-{place:02}", created_at=NOON - timedelta(minutes=place))
    refonte.fault("wrong_shape", LIST, shape="nameless")
    first = as_alice.get(list_address(key, "limit=25"))

    [older] = re.findall(r'href="([^"]*)" rel="next"', first.content.decode())

    assert "1–25 of 60 · 25 rows could not be read" in text_of(first)
    assert "26–50 of 60 · 25 rows could not be read" in text_of(as_alice.get(unescape(older)))

"""The chart's data and table: what is sent, when nothing is, and who gets it."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client

from batches.models import BatchNote, Estimate, StatusChange
from batches.models.names import name_digest
from batches.services.keys.types import KeyHandle
from tests.support.clock import NOON
from tests.support.pages import POLL, Browse, text_of
from tests.support.samples import NAME, counted, keep, seen_batch
from tests.support.vendor import KeyMaker

pytestmark = pytest.mark.usefixtures("clock")
AT = int(NOON.timestamp())
HTMX = {"HX-Request": "true"}


@pytest.fixture
def kept(key: KeyHandle) -> KeyHandle:
    keep(key.fingerprint, [counted(AT - 7200 + 60 * n, n, error=n // 9) for n in range(121)])
    return key


def ask(client: Client, key: KeyHandle, path: str = "", headers: Any = POLL, **query: Any) -> Any:
    known = urlencode({"key": key.ref, **query})
    return client.get(f"/batches/{NAME}/chart/{path}?{known}", headers=headers)


def later(client: Client, key: KeyHandle) -> dict[str, Any]:
    """The query of a page that has all there is."""
    data = ask(client, key).json()
    at = data["points"]["at"]
    return {"since": at[-1], "start": data["start"], "rest": data["rest"]}


def test_the_columns_are_equally_long_and_as_they_were_stored(as_alice: Client, kept: KeyHandle):
    data = ask(as_alice, kept).json()
    points = data["points"]
    assert {len(points[name]) for name in points if name not in ("breaks", "steps")} == {121}
    assert (points["at"][-1], points["completed"][-1], points["error"][-1]) == (AT, 120, 13)
    assert (data["start"], data["now"], data["is_open"]) == (AT - 7200, AT, True)
    assert (data["lead"], data["samples"]) == ("Watched since Mon 23 Nov 10:00", 121)
    assert (data["width"], data["bars"][-1]) == (3600, [AT - 3600, 60, 7, 67])
    assert data["due"] is None


@pytest.mark.parametrize(("status", "whose"), [("in_progress", "the"), ("completed", "its")])
def test_the_last_hours_of_an_ended_batch_are_its_own(
    status: str, whose: str, as_alice: Client, kept: KeyHandle
):
    seen_batch(kept.fingerprint, status=status)
    assert ask(as_alice, kept, window="6h").json()["lead"] == f"In {whose} last 6 hours"


def test_nothing_new_is_204(as_alice: Client, kept: KeyHandle):
    answer = ask(as_alice, kept, **later(as_alice, kept))
    assert (answer.status_code, answer.content) == (204, b"")


def test_a_due_date_is_news_without_a_sample(as_alice: Client, kept: KeyHandle):
    known = later(as_alice, kept)
    due_at = NOON + timedelta(minutes=30)
    BatchNote.objects.create(
        fingerprint=kept.fingerprint, name=NAME, due_at=due_at, changed_at=NOON
    )
    data = ask(as_alice, kept, **known).json()
    assert (data["due"], data["due_words"]) == (AT + 1800, "due today 12:30")
    assert ask(as_alice, kept, **known | {"rest": data["rest"]}).status_code == 204


def test_a_new_sample_comes_alone(as_alice: Client, kept: KeyHandle, clock: time_machine.Traveller):
    known = later(as_alice, kept)
    clock.shift(60)
    keep(kept.fingerprint, [counted(AT + 60, 125)])

    data = ask(as_alice, kept, **known).json()

    assert (data["points"]["at"], data["points"]["completed"]) == ([AT + 60], [125])
    assert (data["samples"], data["start"]) == (1, AT - 7200)


def a_change(key: KeyHandle) -> None:
    StatusChange.objects.create(
        fingerprint=key.fingerprint,
        name=NAME,
        digest=name_digest(NAME),
        before="in_progress",
        after="paused",
        at=NOON,
    )


def an_estimate(key: KeyHandle) -> None:
    Estimate.objects.create(
        batch=seen_batch(key.fingerprint),
        at=NOON,
        as_of=NOON,
        status="in_progress",
        total=900,
        low=NOON + timedelta(hours=3),
        mid=NOON + timedelta(hours=4),
        high=NOON + timedelta(hours=5),
        path=[[AT - 60, 1, 2, 3], [AT + 3600, 200, 210, 220]],
    )


@pytest.mark.parametrize("happens", [a_change, an_estimate])
def test_news_without_a_sample_come_too(happens: Any, as_alice: Client, kept: KeyHandle):
    known = later(as_alice, kept)
    happens(kept)
    answer = ask(as_alice, kept, **known)
    assert answer.status_code == 200
    assert answer.json()["points"]["at"] == []


def test_a_mark_has_its_number_and_words(as_alice: Client, kept: KeyHandle):
    a_change(kept)
    assert ask(as_alice, kept).json()["marks"] == [
        {"at": AT, "number": 1, "words": "In progress → Paused"}
    ]
    page = as_alice.get(f"/batches/{NAME}/?key={kept.ref}")
    assert page.status_code in (200, 404, 503)


def test_the_fan_begins_now(as_alice: Client, kept: KeyHandle):
    an_estimate(kept)
    data = ask(as_alice, kept).json()
    assert data["range"] == [AT + 3 * 3600, AT + 5 * 3600]
    assert data["fan"] == [[AT + 3600, 200, 210, 220]]


def silence(key: KeyHandle, reason: str, **facts: Any) -> None:
    values = {"at": NOON, "as_of": NOON, "status": "in_progress", "reason": reason}
    Estimate.objects.create(batch=seen_batch(key.fingerprint), **values, **facts)


def test_a_stall_says_since_when_and_has_no_fan(as_alice: Client, kept: KeyHandle):
    silence(kept, "quiet", since=NOON - timedelta(minutes=20))
    data = ask(as_alice, kept).json()
    assert (data["stall"], data["fan"], data["range"]) == ([AT - 1200, "11:40"], [], None)


def test_growth_is_said_while_tasks_arrive(as_alice: Client, key: KeyHandle):
    keep(key.fingerprint, [counted(AT - 3600, 0, total=600), counted(AT, 1, total=814)])
    silence(key, "growing")
    assert ask(as_alice, key).json()["growth"] == "+214 in the last hour"


@pytest.mark.parametrize(
    "query",
    [
        {"window": "1y"},
        {"since": "now"},
        {"since": "-5"},
        {"since": "9" * 30},
        {"start": "x"},
        {"start": "9" * 12, "since": "1"},
        {"since": "٣"},
    ],
)
def test_what_is_no_window_and_no_time_is_ignored(
    query: dict[str, str], as_alice: Client, kept: KeyHandle
):
    assert ask(as_alice, kept, **query).status_code == 200


def test_a_viewer_reads_the_chart_of_a_shared_key(
    alice: User, vera: User, key_for: KeyMaker, browse: Browse
):
    shared = key_for(alice, is_shared=True)
    keep(shared.fingerprint, [counted(AT, 3)])
    assert ask(browse(vera), shared).json()["points"]["completed"] == [3]


def test_the_table_says_the_same_in_a_dialog_and_as_a_page(as_alice: Client, kept: KeyHandle):
    sheet = ask(as_alice, kept, "table/", headers=HTMX)
    page = ask(as_alice, kept, "table/", headers={})
    for answer in (sheet, page):
        assert "Mon 23 Nov 12:00 120 13 900 67" in text_of(answer)
    assert "<html" not in sheet.text
    assert "<html" in page.text


def test_a_gap_stands_in_the_table(as_alice: Client, key: KeyHandle):
    keep(key.fingerprint, [counted(AT - 9000, 1), counted(AT, 9)])
    text = text_of(ask(as_alice, key, "table/", headers={}))
    assert "not read for 2 h, Mon 09:30 – 12:00" in text


def test_a_batch_that_is_seldom_read_is_not_called_unwatched(as_alice: Client, key: KeyHandle):
    keep(key.fingerprint, [counted(AT - 2400, 1), counted(AT, 9)])
    chart, text = ask(as_alice, key).json(), text_of(ask(as_alice, key, "table/", headers={}))
    assert [gap[2] for gap in chart["gaps"]] == ["for 40 min, Mon 11:20 – 12:00"]
    assert chart["bars"] == []  # the work across it belongs to no hour
    assert "not read for 40 min, Mon 11:20 – 12:00" in text
    assert "not watched" not in text


def test_a_table_of_nothing_says_so(as_alice: Client, key: KeyHandle):
    assert "No counts have been kept yet" in text_of(ask(as_alice, key, "table/", headers={}))

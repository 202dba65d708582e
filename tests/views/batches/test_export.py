"""The list as a file: its name, how its cells are written, how it comes and how it ends."""

import csv
import gc
import logging
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any
from urllib.parse import unquote

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client
from pytest_django.fixtures import Settings

from batches.models import AlarmKind, Operation, Preferences, SeenBatch
from batches.sandbox import Sandbox
from batches.services.batches import export as batch_export
from batches.services.batches.export_pages import Bound, Cut
from batches.services.keys.types import KeyHandle
from batches.services.vendor import calls
from batches.views.batches import messages
from batches.views.batches.file_rows import cut_text
from dashboard.web.logs import IdsFilter
from tests.support import operations
from tests.support.clock import NOON
from tests.support.known import alarmed, estimated, noted
from tests.support.pages import HOSTILE, add, hrefs_of, list_address, text_of

LIST = "GET /v1/batches"
HEAD = (
    "name,project,status,created_at_utc,created_at_local,pending,completed,error,canceled,"
    "other_counts,total,settled_percent,counts_as_of_utc,counts_as_of_local,"
    "priority_sent,priority_sent_by,priority_sent_at_utc,priority_sent_at_local,"
    "priority_sent_state,status_as_of_utc,status_as_of_local,due_at_utc,due_at_local,owner,"
    "estimate_low_utc,estimate_low_local,estimate_high_utc,estimate_high_local,speed_per_hour,"
    "alarms,as_of_utc,as_of_local,local_zone\r\n"
)
NOON_TWICE = "2026-11-23 12:00:00,2026-11-23 13:00:00"  # in UTC and in Berlin
BEYOND_THE_NAME = HEAD.count(",")
FILE = 'attachment; filename="batches-live-2026-11-23T1200Z.csv"'

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture(autouse=True)
def ends_exports(db: None) -> Iterator[None]:
    yield
    gc.collect()  # those of which the test read the headers alone, while it has its database


def export(key: KeyHandle, query: str = "") -> str:
    return list_address(key, query).replace("/batches/", "/batches/export/")


def text_in(answer: Any) -> str:
    whole: str = answer.getvalue().decode()
    assert whole.startswith("\ufeff")
    return whole[1:]


def rows_in(answer: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(text_in(answer), newline="")))


def names_in(answer: Any) -> list[str]:
    return [row["name"] for row in rows_in(answer)]


def kittens(count: int) -> list[str]:
    return [f"kitten-{number:03}" for number in range(count)]


# The file


def test_all_pages_come_as_one_file(key: KeyHandle, as_alice: Client, refonte: Sandbox):
    add(refonte, *kittens(250))

    answer = as_alice.get(export(key))

    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert (
        answer["Content-Disposition"] == 'attachment; filename="batches-live-2026-11-23T1200Z.csv"'
    )
    assert answer["Cache-Control"] == "no-store, private"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
    assert "Content-Length" not in answer
    assert names_in(answer) == kittens(250)


def test_a_row_says_what_the_page_says(
    alice: User, key: KeyHandle, as_alice: Client, refonte: Sandbox, clock: time_machine.Traveller
):
    Preferences.objects.create(user=alice, zone="Europe/Berlin")
    add(refonte, "kitten", counts={"pending": 10, "completed": 25, "error": 5, "tasks_held": 4})
    operations.prioritize(alice, key, "kitten", priority=25)

    text = text_in(as_alice.get(export(key)))

    assert text == HEAD + (
        f"kitten,kittens,in_progress,{NOON_TWICE},"
        f'10,25,5,,"{{""tasks_held"": 4}}",44,68,{NOON_TWICE},'
        f"25,alice,{NOON_TWICE},succeeded,{NOON_TWICE},,,,,,,,,,{NOON_TWICE},Europe/Berlin\r\n"
    )


def test_a_row_says_what_this_console_alone_knows(
    alice: User, key: KeyHandle, as_alice: Client, refonte: Sandbox, clock: time_machine.Traveller
):
    Preferences.objects.create(user=alice, zone="Europe/Berlin")
    add(refonte, "kitten")
    as_alice.get(list_address(key))
    estimated(key, "kitten", hours=(2, 5), speed=44.04)
    alarmed(key, "kitten", AlarmKind.ERRORS)
    alarmed(key, "kitten", AlarmKind.AT_RISK)
    noted(key, "kitten", due_at=NOON + timedelta(hours=3), owner=alice)

    [row] = rows_in(as_alice.get(export(key)))

    assert (row["due_at_utc"], row["due_at_local"], row["owner"]) == (
        "2026-11-23 15:00:00",
        "2026-11-23 16:00:00",
        "alice",
    )
    assert row["estimate_low_utc"] == "2026-11-23 14:00:00"
    assert row["estimate_high_local"] == "2026-11-23 18:00:00"
    assert (row["speed_per_hour"], row["alarms"]) == ("44.0", "at_risk; errors")


def test_a_list_that_refonte_does_not_have_is_a_file_too(
    key: KeyHandle, as_alice: Client, refonte: Sandbox, clock: time_machine.Traveller
):
    add(refonte, "kitten-1", "kitten-2", "kitten-3")
    as_alice.get(list_address(key))
    alarmed(key, "kitten-2", AlarmKind.STALLED)
    noted(key, "kitten-3", due_at=NOON)
    refonte.forget_calls()

    assert names_in(as_alice.get(export(key, "attention=any"))) == ["kitten-2"]
    *rows, last = names_in(as_alice.get(export(key, "sort=due")))
    assert rows == ["kitten-3", "kitten-1", "kitten-2"]
    assert last.startswith("Incomplete: only batches known here were sorted; 3 batches")
    assert not refonte.calls


def test_what_is_not_known_is_an_empty_cell(key: KeyHandle, as_alice: Client, refonte: Sandbox):
    refonte.configure(fields="absent", detailed="none")
    add(refonte, "kitten")

    line = f"kitten{',' * (BEYOND_THE_NAME - 2)}2026-11-23 12:00:00,2026-11-23 12:00:00,UTC\r\n"
    assert text_in(as_alice.get(export(key))) == HEAD + line


def test_a_total_that_may_be_larger_is_not_known(
    key: KeyHandle, as_alice: Client, refonte: Sandbox
):
    refonte.configure(counts="partial")
    add(refonte, "kitten")

    [row] = rows_in(as_alice.get(export(key)))

    assert (row["completed"], row["pending"]) == ("30", "")
    assert (row["total"], row["settled_percent"]) == ("", "")


def test_counts_that_are_older_than_the_list_have_their_own_time(
    key: KeyHandle, as_alice: Client, refonte: Sandbox, clock: time_machine.Traveller
):
    add(refonte, "kitten")
    as_alice.get(list_address(key))
    refonte.configure(detailed="none")
    clock.shift(3600)

    [row] = rows_in(as_alice.get(export(key)))

    assert (row["completed"], row["counts_as_of_utc"]) == ("30", "2026-11-23 12:00:00")


def test_a_priority_nobody_confirmed_says_so(
    alice: User, key: KeyHandle, as_alice: Client, refonte: Sandbox
):
    add(refonte, "kitten")
    refonte.fault("close_after_acting", operations.POST_PRIORITIZE)
    operations.prioritize(alice, key, "kitten", priority=25)

    [row] = rows_in(as_alice.get(export(key)))

    assert (row["priority_sent"], row["priority_sent_state"]) == ("25", "unconfirmed")


@pytest.mark.parametrize("year", [1, 1970, 9999])
def test_a_time_that_says_never_is_left_empty(
    alice: User, key: KeyHandle, as_alice: Client, refonte: Sandbox, year: int
):
    Preferences.objects.create(user=alice, zone="Pacific/Kiritimati")
    refonte.add_batch("kitten", created_at=datetime(year, 12, 31, 23, tzinfo=UTC))

    [row] = rows_in(as_alice.get(export(key)))
    assert (row["created_at_utc"], row["created_at_local"]) == ("", "")


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("project=annotation team&status=in_progress", "live-annotation-team-in_progress"),
        ("created=7d&q=..%2F..%2Fetc", "live-7d-etc"),
        ("start_time=2026-11-01&end_time=2026-11-09", "live-from-2026-11-01-to-2026-11-09"),
        ('q=a";filename="x.exe', "live-a-filename-x-exe"),
        ("project=" + "x" * 300, "live-" + "x" * 48),
        ("q=...", "live"),
    ],
)
def test_the_files_name_tells_its_filters_and_the_time(
    query: str, name: str, key: KeyHandle, as_alice: Client, refonte: Sandbox
):
    sent = as_alice.get(export(key, query))["Content-Disposition"]

    assert sent == f'attachment; filename="batches-{name}-2026-11-23T1200Z.csv"'


def test_a_name_in_another_script_is_told_as_browsers_read_it(
    key: KeyHandle, as_alice: Client, refonte: Sandbox
):
    sent = as_alice.get(export(key, f"project={'ж' * 100}&q={'猫' * 100}"))["Content-Disposition"]

    start, name = sent.split("''")
    assert start == "attachment; filename*=utf-8"
    assert unquote(name) == f"batches-live-{'ж' * 24}-{'猫' * 16}-2026-11-23T1200Z.csv"


def test_semicolons_are_a_choice_of_the_address(key: KeyHandle, as_alice: Client, refonte: Sandbox):
    add(refonte, "a;b", project="c,=1")

    head, row, *_ = text_in(as_alice.get(export(key, "separator=semicolon"))).split("\r\n")

    assert head == HEAD.strip().replace(",", ";")
    assert row.startswith('"a;b";c,\'=1;in_progress;2026-11-23 12:00:00;')


def test_a_separator_that_is_none_is_told_of_on_the_list(
    key: KeyHandle, as_alice: Client, refonte: Sandbox
):
    page = as_alice.get(as_alice.get(export(key, "separator=tab"))["Location"])

    assert "Ignored unknown filters: separator" in text_of(page)


APART = {
    "=1+1": "'=1+1",
    "'=1+1": "''=1+1",
    "''=1+1": "'''=1+1",
    "'": "''",
    "it's": "it's",
    "a;=1": "a;'=1",
    "a;'=1": "a;''=1",
    " =1": "' =1",
    " '=1": " '=1",
    "' =1": "'' =1",
}


def test_every_text_stays_apart_from_what_it_would_be_written_like(
    key: KeyHandle, as_alice: Client, refonte: Sandbox
):
    add(refonte, *APART)

    written = names_in(as_alice.get(export(key)))

    assert dict(zip(APART, written, strict=True)) == APART
    assert len(set(written)) == len(APART)


@pytest.mark.parametrize(
    "start", ["=", "+", "-", "@", "\t", "\r", "\n", " =", "\u00a0-", "＝", "＋"]
)
def test_what_begins_like_a_formula_is_text(
    start: str, alice: User, key: KeyHandle, as_alice: Client, refonte: Sandbox
):
    evil = f'{start}HYPERLINK("https://evil.example","x")'
    add(refonte, evil, project=evil, status=evil)
    operations.prioritize(alice, key, evil)
    Operation.objects.update(username=evil)

    [row] = rows_in(as_alice.get(export(key)))

    told = ("name", "project", "status", "priority_sent_by")
    assert {row[name] for name in told} == {f"'{evil}"}
    assert not [cell for cell in row.values() if cell.startswith(start)]


@pytest.mark.parametrize("between", [";", "\t", "\n", "\r\n"])
@pytest.mark.parametrize("blank", ["", " "])
def test_a_formula_behind_what_another_program_takes_for_a_separator_is_text(
    blank: str, between: str, key: KeyHandle, as_alice: Client, refonte: Sandbox
):
    add(refonte, f"kitten{between}{blank}=1+1{between}{blank}-2", project="a;b")

    [row] = rows_in(as_alice.get(export(key)))

    assert (row["name"], row["project"]) == (
        f"kitten{between}'{blank}=1+1{between}'{blank}-2",
        "a;b",
    )


@pytest.mark.parametrize("name", [*HOSTILE, 'a "quoted", one', "line\r\nbreak,=1+1", "🐈", ";;"])
def test_a_name_of_any_kind_is_one_cell(
    name: str, key: KeyHandle, as_alice: Client, refonte: Sandbox
):
    add(refonte, name, project=name, counts={"pending": 1, f"tasks_{name}": 2})

    [row] = rows_in(as_alice.get(export(key)))

    written = f"'{name}" if name.startswith("'") else name
    assert (row["name"], row["project"]) == (written, written)
    assert None not in row


# What is in it


def test_it_obeys_the_filters_of_the_address(key: KeyHandle, as_alice: Client, refonte: Sandbox):
    add(refonte, "cat", project="cats")
    add(refonte, "cat-done", project="cats", status="completed")
    add(refonte, "kitten")
    refonte.add_batch("cat-old", project="cats", created_at=NOON - timedelta(days=40))

    assert names_in(as_alice.get(export(key, "project=cats&status=completed"))) == ["cat-done"]
    assert set(names_in(as_alice.get(export(key, "project=cats&created=30d")))) == {
        "cat",
        "cat-done",
    }
    assert names_in(as_alice.get(export(key, "end_time=2026-11-01"))) == ["cat-old"]
    found = names_in(as_alice.get(export(key, "q=cat")))
    assert set(found[:-1]) == {"cat", "cat-done", "cat-old"}
    assert found[-1].startswith("Incomplete: only batches seen here before were searched; 3 batch")


def test_days_are_those_of_the_list(key: KeyHandle, as_alice: Client, refonte: Sandbox):
    days = "start_time=2026-11-20&end_time=2026-11-22&tz=Asia/Tokyo"
    as_alice.get(list_address(key, days))
    as_alice.get(export(key, days))

    listed, exported = (call.query for call in refonte.calls_to("GET", "/batches"))

    bounds = ("start_time", "end_time")
    assert [listed[name] for name in bounds] == [exported[name] for name in bounds]


def test_the_list_links_to_it_with_its_filters_from_any_page(
    key: KeyHandle, as_alice: Client, refonte: Sandbox
):
    add(refonte, *kittens(60))
    page = as_alice.get(list_address(key, "project=kittens&limit=25&seen=25"))

    link, semicolons, json_lines = hrefs_of(page, "button button--quiet")

    assert link == f"/batches/export/?project=kittens&limit=25&key={key.ref}"
    assert semicolons == f"{link}&separator=semicolon"
    assert json_lines == f"{link}&format=jsonl"
    assert "Download CSV" in text_of(page)
    assert names_in(as_alice.get(link)) == kittens(60)


def test_an_empty_list_links_to_no_file_and_its_file_is_its_head(
    key: KeyHandle, as_alice: Client, refonte: Sandbox
):
    page = as_alice.get(list_address(key))
    assert "<h1" in page.text
    assert "Download CSV" not in text_of(page)
    assert text_in(as_alice.get(export(key))) == HEAD


def test_what_a_file_has_no_room_to_say_is_said_on_the_list(
    alice: User, key: KeyHandle, as_alice: Client, refonte: Sandbox
):
    other = as_alice.get("/batches/export/?key=live-00000000&status=staging")
    misspelt = as_alice.get(export(key, "staus=staging"))

    assert other["Location"] == "/batches/?key=live-00000000&status=staging"
    assert "made with another Live key" in text_of(as_alice.get(other["Location"]))
    assert "Ignored unknown filters: staus" in text_of(as_alice.get(misspelt["Location"]))


def test_a_filter_that_cannot_be_read_is_refused(
    key: KeyHandle, as_alice: Client, refonte: Sandbox
):
    answer = as_alice.get(export(key, "limit=abc"))

    assert answer.status_code == 400
    assert "A whole number from 1 to 100" in text_of(answer)
    assert not refonte.calls


def test_without_a_key_in_the_address_the_own_one_is_written_there(
    key: KeyHandle, as_alice: Client, refonte: Sandbox
):
    answer = as_alice.get("/batches/export/?status=staging")

    assert answer["Location"] == f"/batches/export/?status=staging&key={key.ref}"


# How it comes


def test_to_a_head_it_tells_no_length_either(key: KeyHandle, as_alice: Client, refonte: Sandbox):
    file = as_alice.get(export(key))
    file.getvalue()
    head = as_alice.head(export(key))

    assert head.status_code == 200
    assert "Content-Length" not in (*file.headers, *head.headers)


def test_to_a_head_it_answers_the_same_and_reads_one_page(
    key: KeyHandle, as_alice: Client, refonte: Sandbox
):
    add(refonte, *kittens(250))

    head = as_alice.head(export(key))

    assert head["Content-Disposition"] == FILE
    assert len(refonte.calls_to("GET", "/batches")) == 1
    assert len(names_in(as_alice.get(export(key)))) == 250


def test_each_page_is_sent_before_the_next_is_asked_for(
    key: KeyHandle, as_alice: Client, refonte: Sandbox
):
    add(refonte, *kittens(250))
    answer: Any = as_alice.get(export(key), headers={"Accept-Encoding": "gzip"})

    came = [
        (piece.count(b"\r\n"), len(refonte.calls_to("GET", "/batches")))
        for piece in answer.streaming_content
    ]

    assert came == [(1, 1), (100, 1), (99, 2), (51, 3)]


@pytest.mark.django_db(transaction=True)  # Django lets go of the connection as well
def test_a_browser_that_goes_away_ends_the_walk_and_the_turn(
    key: KeyHandle, as_alice: Client, refonte: Sandbox
):
    add(refonte, *kittens(250))
    answer: Any = as_alice.get(export(key))
    next(answer.streaming_content)

    answer.close()

    assert len(refonte.calls_to("GET", "/batches")) == 1
    assert as_alice.get(export(key)).status_code == 200


def test_calls_of_later_pages_are_logged_under_the_same_request(
    key: KeyHandle, as_alice: Client, refonte: Sandbox, caplog: pytest.LogCaptureFixture
):
    caplog.handler.addFilter(IdsFilter())
    caplog.set_level(logging.INFO)
    add(refonte, *kittens(250))

    answer = as_alice.get(export(key))
    answer.getvalue()

    loggers = {"batches.services.vendor.calls", "dashboard.access"}
    lines = [record for record in caplog.records if record.name in loggers]
    assert len(lines) == 4
    assert {vars(line)["request_id"] for line in lines} == {answer["X-Request-ID"]}


# How it ends


def test_a_failure_midway_is_the_last_line(
    key: KeyHandle, as_alice: Client, refonte: Sandbox, settings: Settings
):
    add(refonte, *kittens(250))
    answer = as_alice.get(export(key))
    refonte.fault("hang", LIST)
    settings.REFONTE_TIMEOUT = 1

    *rows, last = rows_in(answer)

    assert [row["name"] for row in rows] == kittens(100)
    words = "Incomplete: Refonte did not answer; 100 of 250 batches are in this file"
    assert [*last.values()] == [words, *[""] * BEYOND_THE_NAME]


def test_words_of_our_own_stand_whole_in_it(key: KeyHandle, as_alice: Client, refonte: Sandbox):
    refonte.configure(envelope="no_total")
    add(refonte, *kittens(250))
    answer = as_alice.get(export(key))

    with ExitStack() as rooms:
        for _ in range(calls.READERS):
            rooms.enter_context(calls.safeguards().readers.enter())
        *_, last = names_in(answer)

    assert last == (
        "Incomplete: Too many requests are waiting for Refonte; 100 batches are in this file"
    )


def test_the_most_there_may_be_is_said_before_and_at_the_end(
    key: KeyHandle, as_alice: Client, refonte: Sandbox, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(batch_export, "ROWS_AT_MOST", 150)
    monkeypatch.setattr(messages, "ROWS_AT_MOST", 150)
    add(refonte, *kittens(250))

    *rows, last = names_in(as_alice.get(export(key)))

    assert rows == kittens(150)
    assert last == (
        "Incomplete: only the newest 150 of 250 batches are in this file, the most there may be"
    )
    assert "Download CSV of the newest 150" in text_of(as_alice.get(list_address(key)))


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"unread": 1}, "Incomplete: 1 row could not be read; 9 of 20 batches are in this file"),
        (
            {"unread": 2, "bound": Bound.CALLS},
            "Incomplete: 2 rows could not be read; only the newest 9 of 20 batches are in this "
            "file, the most that Refonte is asked for one file",
        ),
        (
            {"bound": Bound.BYTES},
            "Incomplete: only the newest 9 of 20 batches are in this file, "
            "the most that is read for one file",
        ),
        (
            {"told_total": 20},
            "Incomplete: Refonte's list ended before the 20 it reported; "
            "9 of 20 batches are in this file",
        ),
        (
            {"is_unsure": True, "total": 9},
            "Perhaps incomplete: rows had to be counted, so some may be missing; "
            "9 batches are in this file",
        ),
    ],
)
def test_the_last_line_says_what_the_file_lacks(facts: dict[str, Any], words: str):
    assert cut_text(Cut(**{"written": 9, "total": 20} | facts)) == words


def test_without_a_first_page_there_is_a_page_that_says_why(
    key: KeyHandle, as_alice: Client, refonte: Sandbox
):
    refonte.fault("status", LIST, code=500)

    answer = as_alice.get(export(key, "status=staging"))

    assert answer.status_code == 503
    assert answer["Retry-After"] == "5"
    assert "Content-Disposition" not in answer
    assert "The list could not be read. Refonte answered with an error" in text_of(answer)
    assert f"/batches/?status=staging&amp;key={key.ref}" in answer.text


def test_a_question_the_vendor_refuses_is_refused(
    key: KeyHandle, as_alice: Client, refonte: Sandbox
):
    refonte.fault("status", LIST, code=400)

    assert as_alice.get(export(key)).status_code == 400


def test_a_refused_key_gives_nothing_that_was_seen_with_it(
    key: KeyHandle, as_alice: Client, refonte: Sandbox, clock: time_machine.Traveller
):
    add(refonte, "kitten")
    as_alice.get(list_address(key))
    refonte.fault("status", code=401)
    clock.shift(60)
    as_alice.get(list_address(key))

    for query in ("", "q=kitten"):
        answer = as_alice.get(export(key, query))
        assert answer.status_code == 503
        assert "Refonte refused this key" in text_of(answer)
    assert SeenBatch.objects.exists()


def test_a_second_one_at_once_is_told_to_wait(key: KeyHandle, as_alice: Client, refonte: Sandbox):
    add(refonte, *kittens(250))
    first = as_alice.get(export(key))

    second = as_alice.get(export(key))

    assert second.status_code == 429
    assert second["Retry-After"] == "5"
    assert "Your last export is still under way." in text_of(second)
    assert len(names_in(first)) == 250
    assert as_alice.get(export(key)).status_code == 200


def test_beyond_what_may_be_under_way_it_is_told_so(
    key: KeyHandle, as_alice: Client, refonte: Sandbox
):
    with ExitStack() as of_others:
        for number in range(calls.EXPORTS):
            of_others.enter_context(calls.safeguards().exports.take(f"somebody {number}"))
        answer = as_alice.get(export(key))

    assert answer.status_code == 503
    assert "Too many exports are running" in text_of(answer)


def test_a_sign_in_leads_to_no_file(as_alice: Client, key: KeyHandle, refonte: Sandbox):
    """A browser would stay at the sign-in, as if it had failed."""
    words = {"username": "alice", "password": "alice-has-a-password"}

    answer = Client().post(f"/accounts/login/?next={export(key)}", words)

    assert answer["Location"] == "/"


def test_it_costs_few_queries_a_page(
    alice: User,
    key: KeyHandle,
    as_alice: Client,
    refonte: Sandbox,
    clock: time_machine.Traveller,
    django_assert_max_num_queries: Any,
):
    add(refonte, *kittens(300))
    for name in kittens(3):
        operations.prioritize(alice, key, name)
    as_alice.get(export(key)).getvalue()
    clock.shift(20)

    with django_assert_max_num_queries(12 + 3 * 10):
        assert len(names_in(as_alice.get(export(key)))) == 300

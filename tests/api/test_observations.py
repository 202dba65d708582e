"""The counts of one batch over time, in pages of a bounded size."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from batches.models import ApiKey
from batches.refonte import Counts
from batches.services.keys.types import KeyHandle
from tests.support.api import Program
from tests.support.clock import NOON
from tests.support.samples import counted, keep, keep_packed
from tests.support.vendor import with_replaced_key
from tests.support.watched_work import Work, at

SECOND = int(NOON.timestamp())
PATH = "batches/kitten-07/observations/"


def done(items: list[Any]) -> list[int]:
    return [item["counts"]["completed"] for item in items]


def text(second: float) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_an_observation_has_every_count_that_refonte_told(program: Program, key: KeyHandle):
    work = Work(fingerprint=key.fingerprint)
    work.see(-2, status="in review", counts=Counts(completed=2, other={"tasks_in_review": 3}))
    work.see(-1, 40, status="in_progress")
    found = program.read(PATH)
    assert (found["name"], found["ref"], found["key"]) == ("kitten-07", "kitten-07", key.ref)
    assert (found["since"], found["until"]) == ("2026-11-22T12:00:00Z", "2026-11-23T12:00:00Z")
    assert found["items"] == [
        {
            "at": "2026-11-23T11:58:00Z",
            "status": "in review",
            "counts": {"completed": 2, "tasks_in_review": 3},
            "total": 5,
        },
        {
            "at": "2026-11-23T11:59:00Z",
            "status": "in_progress",
            "counts": {"completed": 40, "pending": 60, "error": 0, "canceled": 0},
            "total": 100,
        },
    ]
    assert found["next"] is None


def test_pages_go_through_packed_days_and_the_last_ones(program: Program, key: KeyHandle):
    row = keep(key.fingerprint, [counted(SECOND - 60 * n, 500 - n) for n in range(5, 0, -1)])
    days = [SECOND - 86_400 * n for n in range(30, 2, -1)]
    keep_packed(row, [counted(day + 60 * n, 10 * n) for day in days for n in range(3)])
    query: dict[str, Any] = {"since": text(SECOND - 86_400 * 40), "limit": 7}
    items = program.read_all(PATH, **query)
    assert len(items) == 3 * 28 + 5
    assert [item["at"] for item in items] == sorted(item["at"] for item in items)
    assert done(items)[-5:] == [495, 496, 497, 498, 499]
    assert len(program.read(PATH, **query)["items"]) == 7


def test_both_bounds_are_included(program: Program, key: KeyHandle):
    keep(key.fingerprint, [counted(SECOND - 60 * n, 9 - n) for n in range(9, -1, -1)])
    bounds = {"since": text(SECOND - 180), "until": text(SECOND - 60)}
    assert done(program.read_all(PATH, **bounds, limit=1)) == [6, 7, 8]
    assert done(program.read(PATH, since="2026-11-23T13:57:00+02:00")["items"]) == [6, 7, 8, 9]


def test_later_pages_keep_the_end_of_the_first_one(program: Program, key: KeyHandle, clock: Any):
    keep(key.fingerprint, [counted(SECOND - 60 * n, 9 - n) for n in range(9, -1, -1)])
    first = program.read(PATH, limit=6)
    clock.move_to(at(10))
    keep(key.fingerprint, [counted(SECOND + 60, 10)])
    assert done(program.read(first["next"])["items"]) == [6, 7, 8, 9]


def test_what_an_earlier_value_of_the_key_saw_is_part_of_it(program: Program, key: KeyHandle):
    keep(key.fingerprint, [counted(SECOND - 300, 1), counted(SECOND - 240, 2)])
    replaced = with_replaced_key(key)
    ApiKey.objects.update(fingerprint=replaced.fingerprint, earlier=list(replaced.earlier))
    keep(replaced.fingerprint, [counted(SECOND - 240, 3), counted(SECOND - 180, 4)])
    assert done(program.read_all(PATH, limit=1)) == [1, 3, 4]


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ({"since": "2026-02-30T00:00:00Z"}, "since"),
        ({"since": "2026-11-23"}, "since"),
        ({"since": "2026-11-23T00:00:00"}, "since"),
        ({"since": "1700000000"}, "since"),
        ({"until": "10000-01-01T00:00:00Z"}, "until"),
        ({"until": "2000-01-01T00:00:00Z", "since": "2001-01-01T00:00:00Z"}, "since"),
        ({"since": "2026-11-23T12:00:01Z"}, "since"),
        ({"since": "null"}, "since"),
        ({"limit": "1001"}, "limit"),
    ],
)
def test_a_time_that_is_wrong_is_named(program: Program, work: Work, query: Any, parameter: str):
    answer = program.get(PATH, **query)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["parameter"] == parameter


@pytest.mark.parametrize("first", ["0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00Z"])
@pytest.mark.parametrize("last", ["9999-12-31T23:59:59Z", "9999-12-31T23:59:59-14:00"])
def test_the_first_and_the_last_day_there_are_are_no_errors(
    program: Program, work: Work, first: str, last: str
):
    assert done(program.read(PATH, since=first, until=last)["items"]) == [40]
    assert program.read(PATH, until=first)["items"] == []


def test_a_year_is_a_page_like_a_day(program: Program, key: KeyHandle):
    row = keep(key.fingerprint, [counted(SECOND - 60, 5)])
    keep_packed(row, [counted(SECOND - 86_400 * n, n) for n in range(390, 2, -1)])
    whole = program.read_all(PATH, since=text(SECOND - 86_400 * 400), limit=300)
    assert len(whole) == 389


def test_a_late_sample_beside_a_packed_one_is_given_once(program: Program, key: KeyHandle):
    old = SECOND - int(timedelta(days=5).total_seconds())
    row = keep(key.fingerprint, [counted(old, 7), counted(old + 60, 8)])
    keep_packed(row, [counted(old, 7)])
    assert done(program.read_all(PATH, since=text(old - 60), limit=1)) == [7, 8]

"""Open alarms in the order of harm; a page that a new alarm does not shift."""

from typing import Any

import time_machine

from batches.models import Alarm, AlarmKind, ApiKey
from batches.services.keys.types import KeyHandle
from tests.support.api import Program
from tests.support.watched_work import Work, at


def raised(work: Work, kind: AlarmKind, **facts: Any) -> Alarm:
    usual: dict[str, Any] = {"since": at(0), "began_at": at(5), "checked_at": at(9)}
    fields = {"batch": work.row, "fingerprint": work.fingerprint, "subject": "1"} | usual
    return Alarm.objects.create(kind=kind, **fields | facts)


def kinds(items: list[Any]) -> list[str]:
    return [item["kind"] for item in items]


def test_an_alarm_has_its_batch_its_facts_and_its_age(
    program: Program, work: Work, clock: time_machine.Traveller
):
    clock.move_to(at(10))
    alarm = raised(
        work,
        AlarmKind.AT_RISK,
        facts={
            "left": 60,
            "usual": 4.5,
            "due": int(at(60).timestamp()),
            "low": int(at(70).timestamp()),
            "high": int(at(90).timestamp()),
            "place": "inside",
            "points": [1, 2.5],
            "start": int(at(-120).timestamp()),
            "end": int(at(0).timestamp()),
        },
    )
    assert program.read("attention/")["items"] == [
        {
            "id": alarm.id,
            "kind": "at_risk",
            "words": "At risk",
            "batch": "kitten-07",
            "ref": "kitten-07",
            "project": "kittens",
            "since": "2026-11-23T12:00:00Z",
            "found_at": "2026-11-23T12:05:00Z",
            "as_of": "2026-11-23T12:09:00Z",
            "age_seconds": 60,
            "is_stale": False,
            "facts": {
                "left": 60,
                "usual": 4.5,
                "due_at": "2026-11-23T13:00:00Z",
                "low": "2026-11-23T13:10:00Z",
                "high": "2026-11-23T13:30:00Z",
                "place": "inside",
                "points": [1.0, 2.5],
                "points_since": "2026-11-23T10:00:00Z",
                "points_until": "2026-11-23T12:00:00Z",
            },
            "dismissed": None,
        }
    ]
    clock.move_to(at(60))
    assert program.read("attention/")["items"][0]["is_stale"]


def test_a_dismissed_one_says_by_whom_and_an_ended_one_is_gone(program: Program, work: Work):
    raised(
        work,
        AlarmKind.ERRORS,
        dismissed_at=at(8),
        dismissed_by="olga",
        dismissed_reason="They know",
    )
    raised(work, AlarmKind.STALLED, ended_at=at(9))
    [found] = program.read("attention/")["items"]
    assert found["dismissed"] == {
        "at": "2026-11-23T12:08:00Z",
        "by": "olga",
        "reason": "They know",
    }


def test_pages_are_in_the_order_of_harm_and_nothing_shifts_them(
    program: Program, work: Work, key: KeyHandle
):
    raised(work, AlarmKind.STAGING)
    raised(work, AlarmKind.AT_RISK)
    raised(work, AlarmKind.AT_REST, batch=None)
    second = Work(name="kitten-08", fingerprint=key.fingerprint)
    second.see(0, 1)
    raised(second, AlarmKind.STAGING, since=at(-5))
    first = program.read("attention/", limit=2)
    assert kinds(first["items"]) == ["at_risk", "staging"]
    assert first["items"][1]["batch"] == "kitten-08"
    raised(work, AlarmKind.STALLED)  # its place is on a page that was read already
    rest = program.read(first["next"])
    assert (kinds(rest["items"]), rest["next"]) == (["staging", "at_rest"], None)
    assert rest["items"][1]["batch"] is None


def test_of_a_refused_key_only_its_refusal_is_given(program: Program, work: Work):
    raised(work, AlarmKind.STALLED)
    raised(work, AlarmKind.KEY_REFUSED, batch=None)
    ApiKey.objects.update(is_refused=True)
    assert kinds(program.read("attention/")["items"]) == ["key_refused"]


def test_another_keys_alarms_are_not_there(program: Program, work: Work):
    other = Work(fingerprint="f" * 16)
    other.see(0, 1)
    raised(other, AlarmKind.STALLED)
    assert program.read("attention/")["items"] == []

"""Quiet at a time without work is no stall; where all is quiet, one alarm stands for all."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from batches.models import Alarm
from batches.services.attention import rounds
from batches.services.observations.history import History
from batches.services.observations.packing import Sample
from batches.services.observations.store_history import store_history
from tests.services.attention.conftest import Open, told
from tests.support.watched_work import PRINT, Work, at

pytestmark = pytest.mark.django_db
Run = Callable[[float], Open]

HOUR, DAY = 60, 24 * 60
MONDAY = -12 * HOUR  # minutes: noon of a Monday is 0
NAMES = ("kitten-07", "kitten-08", "kitten-09")


def works(minute: float) -> float:
    """Hours of work from the Monday before last until then: 9 to 17 h, Monday to Friday."""
    days, rest = divmod(minute - MONDAY + 14 * DAY, DAY)
    week, day = divmod(days, 7)
    today = min(8.0, max(0.0, rest / HOUR - 9)) if day < 5 else 0.0
    return 8.0 * (5 * week + min(day, 5)) + today


def store(until: int, *, stops: dict[str, float], every: int = 10) -> None:
    """Two weeks of finished batches, and three that are worked on until they stop."""
    first = MONDAY - 14 * DAY
    histories = [
        past(f"past-{number}", first + number * DAY, first + (number + 3) * DAY)
        for number in range(11)
    ]
    open_ones = [
        history(name, first + 5 * DAY, until, stops.get(name, until), every, total=9000)
        for name in NAMES
    ]
    store_history(fingerprint=PRINT, histories=[*histories, *open_ones], now=at(until))


def past(name: str, begin: int, end: int) -> History:
    found = history(name, begin, end, end, 10, total=9000)
    last = found.answers[-1]
    return History(
        name=found.name,
        project=found.project,
        created_at=found.created_at,
        answers=[*found.answers[:-1], last._replace(status=4, pending=0, total=last.completed)],
    )


def history(name: str, begin: int, until: int, stops: float, every: int, total: int) -> History:
    answers = []
    for minute in range(begin, until + 1, every):
        done = int(20 * (works(min(minute, stops)) - works(begin)))
        second = int(at(minute).timestamp())
        answers.append(Sample(second, 2, done, total - done, 0, 0, total))
    return History(name=name, project="kittens", created_at=at(begin), answers=answers)


def kinds(found: Open) -> list[tuple[str, str]]:
    return sorted(found)


@pytest.mark.parametrize(
    ("day", "hour"),
    [(2, 3), (2, 8.9), (4, 23), (5, 12), (6, 20), (7, 8.5)],
    ids=["night", "before work", "Friday night", "Saturday", "Sunday", "Monday morning"],
)
def test_nothing_is_stalled_when_nobody_works(run: Run, day: int, hour: float):
    now = int(MONDAY + day * DAY + hour * HOUR)
    store(now, stops={})
    assert kinds(run(now + 1)) == []


def test_a_batch_that_stopped_while_others_go_on_is_stalled(run: Run):
    now = MONDAY + 2 * DAY + 15 * HOUR
    store(now, stops={"kitten-07": now - 5 * HOUR})
    assert kinds(run(now + 1)) == [("kitten-07", "stalled")]


def test_where_the_whole_account_rests_there_is_one_alarm_until_work_goes_on(run: Run):
    """Nobody works from Wednesday, 10 h, to Thursday, 10 h."""
    stop = MONDAY + 2 * DAY + 10 * HOUR
    now = stop + 6 * HOUR
    store(now, stops=dict.fromkeys(NAMES, stop))
    found = run(now + 1)
    assert kinds(found) == [("", "at_rest")]
    alarm = found["", "at_rest"]
    assert alarm.facts["batches"] == 3
    assert abs(alarm.since - at(stop)) <= timedelta(minutes=10)
    rounds.forget()
    assert kinds(run(now + 10)) == [("", "at_rest")]
    assert kinds(run(stop + DAY - 60)) == [("", "at_rest")]
    done = int(20 * (works(stop) - works(MONDAY - 9 * DAY)))
    Work("kitten-08", total=9000).see(stop + DAY, done + 3)
    assert kinds(run(stop + DAY + 1)) == []
    assert told() == ["at_rest", "at_rest over"]


def test_an_account_without_open_batches_does_not_rest(run: Run):
    stop = MONDAY + 2 * DAY + 10 * HOUR
    now = stop + 6 * HOUR
    store(now, stops=dict.fromkeys(NAMES, stop))
    run(now + 1)
    for name in NAMES:
        Work(name, total=9000).see(now + 2, 9000, status="completed")
    assert kinds(run(now + 3)) == []
    assert Alarm.objects.get().ended_at == at(now + 3)

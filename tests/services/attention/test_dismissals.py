"""A dismissal holds for all who read the key, until the facts of the alarm change."""

from collections.abc import Callable

import pytest

from batches.models import Alarm, BatchNote, Dismissal
from batches.services.attention.dismissals import FactsChanged, about, dismiss, take_back
from batches.services.attention.read import find_open, open_alarms
from batches.services.attention.types import OpenAlarm
from tests.services.attention.conftest import Open, told
from tests.support.watched_work import PRINT, Work, at

pytestmark = pytest.mark.django_db
Run = Callable[[float], Open]
DAY = 24 * 60
LONG = 3 * DAY


def dismiss_all(minute: float, reason: str = "asked Refonte") -> tuple[OpenAlarm, ...]:
    found = open_alarms(fingerprint=PRINT)
    dismiss(
        fingerprint=PRINT,
        alarms=[alarm.id for alarm in found],
        seen=about(found),
        username="alice",
        reason=reason,
        now=at(minute),
    )
    return open_alarms(fingerprint=PRINT)


def due(minute: float, due: float) -> None:
    facts = {"due_at": at(due), "changed_at": at(minute)}
    BatchNote.objects.update_or_create(
        fingerprint=PRINT, name="kitten-07", defaults=facts, create_defaults=facts
    )


@pytest.fixture
def late(run: Run) -> Work:
    """A batch that needs four more days and is due in one."""
    work = Work(total=2000)
    work.work(0, LONG, step=15, tasks=3)
    due(LONG, LONG + DAY)
    assert list(run(LONG + 1)) == [("kitten-07", "at_risk")]
    return work


def test_it_is_kept_with_who_and_why_and_is_not_counted(late: Work):
    [alarm] = dismiss_all(LONG + 2)
    assert (alarm.is_dismissed, alarm.dismissed_by) == (True, "alice")
    assert alarm.dismissed_reason == "asked Refonte"
    assert [one.is_dismissed for one in open_alarms(fingerprint=PRINT)] == [True]
    take_back(fingerprint=PRINT, alarms=[alarm.id], now=at(LONG + 3))
    assert [one.is_dismissed for one in open_alarms(fingerprint=PRINT)] == [False]
    assert Dismissal.objects.get().ended_at == at(LONG + 3)


def test_it_holds_while_the_facts_stay(late: Work, run: Run):
    dismiss_all(LONG + 2)
    late.see(LONG + 60, 890)
    alarm = run(LONG + 61)["kitten-07", "at_risk"]
    assert alarm.dismissed_by == "alice"
    assert told() == ["at_risk"]


def test_another_due_date_ends_it_and_is_no_news(late: Work, run: Run):
    dismiss_all(LONG + 2)
    due(LONG + 3, LONG + DAY + 60)
    alarm = run(LONG + 3.1)["kitten-07", "at_risk"]
    assert alarm.dismissed_at is None
    assert Dismissal.objects.get().ended_at == at(LONG + 3.1)
    assert told() == ["at_risk"]


def test_what_gets_worse_ends_it_and_is_told(late: Work, run: Run):
    dismiss_all(LONG + 2)
    late.see(LONG + DAY + 1, 1000)
    alarm = run(LONG + DAY + 2)["kitten-07", "at_risk"]
    assert (alarm.dismissed_at, alarm.dismissed_by, alarm.dismissed_reason) == (None, "", "")
    assert told() == ["at_risk", "at_risk"]


def test_it_ends_with_the_alarm(late: Work, run: Run):
    dismiss_all(LONG + 2)
    late.see(LONG + 10, 2000, status="completed")
    assert run(LONG + 11) == {}
    assert Dismissal.objects.get().ended_at == at(LONG + 11)


def test_what_changed_since_it_was_seen_is_not_dismissed(late: Work, run: Run):
    seen = open_alarms(fingerprint=PRINT)
    due(LONG + 3, LONG + 2 * DAY)
    run(LONG + 4)
    with pytest.raises(FactsChanged):
        dismiss(
            fingerprint=PRINT,
            alarms=[one.id for one in seen],
            seen=about(seen),
            username="alice",
            reason="late",
            now=at(LONG + 5),
        )
    assert not Dismissal.objects.exists()


def test_the_first_of_two_dismissals_stays(late: Work):
    dismiss_all(LONG + 2, "first")
    [alarm] = dismiss_all(LONG + 3, "second")
    assert alarm.dismissed_reason == "first"
    assert Dismissal.objects.count() == 1


def test_an_alarm_of_another_key_is_none(late: Work):
    [alarm] = open_alarms(fingerprint=PRINT)
    assert find_open(fingerprint="f" * 16, ids=[alarm.id]) == ()
    assert take_back(fingerprint="f" * 16, alarms=[alarm.id], now=at(LONG)) == 0
    with pytest.raises(FactsChanged):
        dismiss(
            fingerprint="f" * 16,
            alarms=[alarm.id],
            seen=about([alarm]),
            username="bob",
            reason="mine",
            now=at(LONG),
        )
    assert Alarm.objects.get().dismissed_at is None

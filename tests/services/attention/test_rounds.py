"""The worker finds alarms while it estimates, and tells each once."""

from collections.abc import Callable
from unittest import mock

import pytest
import time_machine
from django.contrib.auth.models import User

from batches.models import (
    Alarm,
    AlarmCheck,
    AlarmKind,
    ApiKey,
    BatchNote,
    Estimate,
    FinishedBatch,
    Notice,
    ProjectSetting,
)
from batches.models.names import name_digest
from batches.refonte import Counts
from batches.sandbox import Sandbox
from batches.services.attention import rounds, store
from batches.services.background import consent
from batches.services.estimates.compute import estimate_key
from tests.services.attention.conftest import Open, open_ones, told
from tests.support.samples import seen_batch
from tests.support.vendor import KeyMaker
from tests.support.watched_work import PRINT, Work, at

pytestmark = pytest.mark.django_db
Run = Callable[[float], Open]

DAY = 24 * 60
LONG = 3 * DAY  # minutes of steady work, day and night
STALLED = ("kitten-07", "stalled")


def stop(work: Work, first: int, last: int, done: int) -> None:
    """Looks every ten minutes that find nothing new."""
    for minute in range(first, last + 1, 10):
        work.see(minute, done)


@pytest.fixture
def stopped() -> Work:
    """Worked on for three days, then for eight hours not."""
    work = Work(total=2000)
    done = work.work(0, LONG, step=15, tasks=3)
    stop(work, LONG + 10, LONG + 480, done - 3)
    return work


def test_a_batch_that_stands_still_is_stalled(stopped: Work, run: Run):
    alarm = run(LONG + 481)[STALLED]
    assert (alarm.since, alarm.began_at, alarm.checked_at) == (
        at(LONG),
        at(LONG + 481),
        at(LONG + 481),
    )
    assert alarm.facts["left"] == 2000 - 288 * 3
    assert alarm.facts["usual"] == pytest.approx(12, rel=0.2)
    assert len(alarm.facts["points"]) == 48
    assert alarm.facts["points"][0] == pytest.approx(12, rel=0.2)
    assert alarm.facts["points"][-1] == 0
    assert told() == ["stalled"]


def test_an_alarm_goes_on_and_is_told_once(stopped: Work, run: Run):
    before = run(LONG + 481)[STALLED]
    stop(stopped, LONG + 490, LONG + 600, 288 * 3)
    after = run(LONG + 601)[STALLED]
    assert (after.pk, after.since, after.subject) == (before.pk, before.since, before.subject)
    assert after.checked_at == at(LONG + 601)
    assert told() == ["stalled"]


@pytest.mark.parametrize("minutes", [1, 6])
def test_a_batch_that_is_worked_on_again_is_stalled_no_more(stopped: Work, run: Run, minutes: int):
    run(LONG + 481)
    stopped.see(LONG + 482, 288 * 3 + 1)
    assert run(LONG + 482 + minutes) == {}
    assert told() == ["stalled", "stalled over"]
    assert Alarm.objects.get().ended_at == at(LONG + 482 + minutes)


@pytest.mark.parametrize("status", ["completed", "cancelled", "paused", "staging"])
def test_a_batch_with_another_status_is_stalled_no_more(stopped: Work, run: Run, status: str):
    run(LONG + 481)
    stopped.see(LONG + 482, 288 * 3, status=status)
    assert STALLED not in run(LONG + 483)
    assert told()[:2] == ["stalled", "stalled over"]


def test_a_batch_that_refonte_does_not_know_any_more_has_no_alarm(stopped: Work, run: Run):
    run(LONG + 481)
    stopped.see_gone(LONG + 482)
    assert run(LONG + 483) == {}


def test_nothing_ends_because_nobody_looked(stopped: Work, run: Run):
    run(LONG + 481)
    alarm = run(LONG + 481 + 10 * 60)[STALLED]
    assert alarm.checked_at < at(LONG + 540)
    assert told() == ["stalled"]


def test_nothing_begins_while_nobody_looks(run: Run):
    work = Work(total=2000)
    work.work(0, LONG, step=15, tasks=3)
    for minute in range(1, 12 * 60, 5):
        assert run(LONG + minute) == {}


def test_nothing_is_stalled_as_refonte_was_gone_for_an_hour_or_the_machine_slept(run: Run):
    work = Work(total=5000)
    done = work.work(0, LONG, step=15, tasks=3)
    work.see(LONG + 60, done + 8)
    assert run(LONG + 61) == {}
    work.see(LONG + 540, done + 90)
    for minute in range(541, 600, 2):
        work.see(LONG + minute, done + 90 + minute - 540)
        assert run(LONG + minute) == {}


def test_a_key_that_may_not_be_read_raises_no_alarm(
    stopped: Work, run: Run, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(consent, "watched_fingerprints", lambda: ())
    assert run(LONG + 481) == {}


def test_a_killed_worker_tells_nothing_twice(stopped: Work, run: Run):
    for number, step in enumerate(("_begin", "_tell")):
        kill = mock.patch.object(store, step, side_effect=KeyboardInterrupt)
        with kill, pytest.raises(KeyboardInterrupt):
            # the lease of the one before has ended
            run(LONG + 481 + 2 * number)
        assert not Alarm.objects.exists()
        assert not Notice.objects.exists()
    run(LONG + 486)
    rounds.forget()
    run(LONG + 490)
    assert told() == ["stalled"]


# Due dates


def noted(work: Work, minute: float, due: float | None) -> BatchNote:
    facts = {"due_at": None if due is None else at(due), "changed_at": at(minute)}
    return BatchNote.objects.update_or_create(
        fingerprint=PRINT, name=work.name, defaults=facts, create_defaults=facts
    )[0]


@pytest.fixture
def busy() -> Work:
    """About four days of work are left."""
    work = Work(total=2000)
    work.work(0, LONG, step=15, tasks=3)
    return work


@pytest.mark.parametrize(
    ("days", "place"), [(1, "before"), (-1, "overdue"), (30, None), (None, None)]
)
def test_a_due_date_within_or_before_the_range_is_at_risk(
    busy: Work, run: Run, days: int | None, place: str | None
):
    noted(busy, LONG, None if days is None else LONG + days * DAY)
    found = run(LONG + 1)
    assert [alarm.facts["place"] for alarm in found.values()] == ([place] if place else [])


def test_a_changed_due_date_is_looked_at_within_seconds(busy: Work, run: Run):
    noted(busy, LONG, LONG + 30 * DAY)
    assert run(LONG + 1) == {}
    noted(busy, LONG + 1.1, LONG + DAY)
    assert list(run(LONG + 1.2)) == [("kitten-07", "at_risk")]
    noted(busy, LONG + 1.3, None)
    assert run(LONG + 1.4) == {}
    assert told() == ["at_risk", "at_risk over"]


def test_a_date_that_was_noted_before_the_key_was_replaced_holds_until_it_is_changed(
    busy: Work, run: Run, key_for: KeyMaker, alice: User, refonte: Sandbox
):
    note = noted(busy, LONG, LONG + DAY)
    BatchNote.objects.filter(pk=note.pk).update(fingerprint="e" * 16)
    key = key_for(alice)
    ApiKey.objects.filter(id=key.id).update(fingerprint=PRINT, earlier=["e" * 16])
    assert list(run(LONG + 1)) == [("kitten-07", "at_risk")]
    noted(busy, LONG + 2, None)
    assert run(LONG + 2.1) == {}


def test_the_date_of_a_paused_batch_may_be_moved(busy: Work, run: Run):
    noted(busy, LONG, LONG + DAY)
    run(LONG + 1)
    busy.see(LONG + 2, 870, status="paused")
    assert list(run(LONG + 3)) == [("kitten-07", "at_risk")]
    noted(busy, LONG + 4, None)
    assert run(LONG + 4.1) == {}
    assert told() == ["at_risk", "at_risk over"]


@pytest.mark.parametrize("gone", [True, False])
def test_a_batch_that_is_over_is_not_late(busy: Work, run: Run, gone: bool):
    noted(busy, LONG, LONG + DAY)
    run(LONG + 1)
    if gone:
        busy.see_gone(LONG + 2)
    else:
        busy.see(LONG + 2, 2000, status="completed")
    assert run(LONG + 3) == {}
    assert run(LONG + 5) == {}
    assert told() == ["at_risk", "at_risk over"]


def test_what_got_worse_is_told_again(busy: Work, run: Run):
    noted(busy, LONG, LONG + 60)
    run(LONG + 1)
    busy.see(LONG + 61, 880)
    alarm = run(LONG + 62)["kitten-07", "at_risk"]
    assert alarm.facts["place"] == "overdue"
    assert told() == ["at_risk", "at_risk"]
    run(LONG + 70)
    assert told() == ["at_risk", "at_risk"]


# Staging


def test_a_batch_left_in_staging(run: Run):
    work = Work(total=640)
    for minute in range(0, 26 * 60, 15):
        work.see(minute, 0, status="staging", created_at=at(0))
    assert run(23 * 60) == {}
    alarm = run(26 * 60)["kitten-07", "staging"]
    assert (alarm.since, alarm.facts["tasks"]) == (at(0), 640)
    work.total = 700
    work.see(26 * 60 + 1, 0, status="staging")
    assert run(26 * 60 + 2) == {}
    assert told() == ["staging", "staging over"]


def test_at_first_sight_a_batch_may_still_be_filling(run: Run):
    work = Work(total=640)
    for minute in range(0, 70, 10):
        work.see(minute, 0, status="staging", created_at=at(-5 * DAY))
    assert run(50) == {}
    assert list(run(61)) == [("kitten-07", "staging")]


@pytest.mark.parametrize(
    ("hours", "left_at"), [(48, 49), (3, 13), (None, 25)], ids=["later", "sooner", "as usual"]
)
def test_a_project_may_have_its_own_hours(run: Run, hours: int | None, left_at: int):
    project = name_digest("kittens")
    ProjectSetting.objects.create(fingerprint=PRINT, project=project, staging_hours=hours)
    work = Work(total=640)
    for minute in range(0, left_at * 60, 15):
        work.see(minute, 0, status="staging", created_at=at(0))
    assert run((left_at - 1) * 60 - 1) == {}
    assert list(run(left_at * 60)) == [("kitten-07", "staging")]


def test_staging_ends_when_somebody_starts_the_batch(run: Run):
    work = Work(total=640)
    for minute in range(0, 26 * 60, 15):
        work.see(minute, 0, status="staging", created_at=at(0))
    run(26 * 60)
    work.see(26 * 60 + 1, 0)
    assert run(26 * 60 + 2) == {}


def test_a_batch_may_be_in_staging_for_longer_where_that_is_usual(run: Run):
    row = seen_batch(PRINT, "past", status="completed")
    FinishedBatch.objects.create(
        batch=row,
        fingerprint=PRINT,
        project=name_digest("kittens"),
        status=4,
        ended_at=at(-10),
        staging_seconds=30 * 3600,
    )
    work = Work(total=640)
    for minute in range(0, 68 * 60, 15):
        work.see(minute, 0, status="staging", created_at=at(0))
    assert run(66 * 60) == {}
    assert list(run(68 * 60)) == [("kitten-07", "staging")]


# Errors


def fail(work: Work, first: int, last: int, errors: int, *, every: int) -> int:
    """A task each ten minutes, of which each `every`th fails; returns how many failed."""
    for minute in range(first, last, 10):
        done = minute // 10
        errors += 1 if done % every == 0 else 0
        counts = Counts(pending=900 - done, completed=done - errors, error=errors, canceled=0)
        work.see(minute, counts=counts)
    return errors


def test_errors_that_grow_and_heal(run: Run):
    work = Work(total=900)
    errors = fail(work, 0, 2000, 0, every=100)
    assert run(2000) == {}
    errors = fail(work, 2000, 3000, errors, every=4)
    alarm = run(3000)["kitten-07", "errors"]
    assert alarm.facts["errors"] >= 20
    assert alarm.facts["errors"] / alarm.facts["tasks"] == pytest.approx(0.25, abs=0.05)
    assert alarm.facts["usual"] < 0.05
    assert at(1900) <= alarm.since <= at(2100)
    run(3006)
    fail(work, 3010, 8000, errors, every=1000)
    assert run(8000) == {}
    assert told() == ["errors", "errors over"]


def test_a_new_error_is_looked_at_before_the_next_estimate(run: Run):
    work = Work(total=900)
    errors = fail(work, 0, 2000, 0, every=100)
    assert run(1999) == {}
    for number in range(1, 13):
        failed = errors + number
        counts = Counts(pending=700 - failed, completed=200, error=failed, canceled=0)
        work.see(1999 + number / 4, counts=counts)
    assert list(run(2003)) == [("kitten-07", "errors")]
    assert Estimate.objects.get().at == at(1999)


def test_twice_as_many_errors_are_told_again(run: Run):
    work = Work(total=900)
    errors = fail(work, 0, 2000, 0, every=100)
    errors = fail(work, 2000, 3000, errors, every=5)
    run(3000)
    fail(work, 3000, 5000, errors, every=1)
    run(5000)
    run(5006)
    assert told() == ["errors", "errors"]


# Keys


def test_a_refused_key_is_one_alarm_until_it_is_accepted(
    stopped: Work, run: Run, key_for: KeyMaker, alice: User, refonte: Sandbox
):
    run(LONG + 481)
    rows = ApiKey.objects.filter(id=key_for(alice).id)
    rows.update(fingerprint=PRINT, is_refused=True, refused_at=at(LONG + 482))
    found = run(LONG + 482.1)
    alarm = found["", "key_refused"]
    assert (alarm.since, alarm.facts) == (at(LONG + 482), {"batches": 1})
    # tried again, and refused again
    rows.update(refused_at=at(LONG + 490))
    assert run(LONG + 491)["", "key_refused"].subject == alarm.subject
    # what was seen with it is kept
    assert STALLED in open_ones()
    rows.update(is_refused=False)
    assert list(run(LONG + 492)) == [STALLED]
    assert told() == ["stalled", "key_refused", "key_refused over"]


def test_of_two_workers_one_looks(stopped: Work, run: Run, clock: time_machine.Traveller):
    clock.move_to(at(LONG + 481))
    others: list[int] = []

    def in_between() -> bool:
        others.append(estimate_key(fingerprint=PRINT))
        return True

    estimate_key(fingerprint=PRINT, goes_on=in_between)
    assert others
    assert told() == ["stalled"]


def test_an_alarm_is_kept_by_a_worker_that_was_started_just_now(stopped: Work, run: Run):
    run(LONG + 481)
    rounds.forget()
    stopped.see(LONG + 483, 288 * 3)
    assert list(run(LONG + 484)) == [STALLED]
    assert told() == ["stalled"]


def test_the_key_is_looked_through_once_a_minute(busy: Work, run: Run):
    run(LONG + 1)
    assert AlarmCheck.objects.get().at == at(LONG + 1)
    run(LONG + 1.5)
    assert AlarmCheck.objects.get().at == at(LONG + 1)
    run(LONG + 2)
    assert AlarmCheck.objects.get().at == at(LONG + 2)
    assert open_ones() == {}
    assert AlarmKind.STALLED not in {row.kind for row in Notice.objects.all()}

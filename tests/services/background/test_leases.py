"""One worker a key; one that dies hands on within a minute, one that was slow writes nothing."""

import sys
import time
from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.utils import timezone

from batches.models import Lease, LeasePurpose, SeenBatch
from batches.sandbox import Sandbox
from batches.services import leases
from batches.services.background import runs
from batches.services.keys.types import KeyHandle
from batches.services.leases import LeaseHandle, LeaseLost
from batches.services.walks import read_pages
from tests.support.background import list_calls, run_worker, run_worker_once, seen_names, watched
from tests.support.batch_lists import add
from tests.support.reads import run_together
from tests.support.vendor import KeyMaker

__all__ = ["watched"]
KEY = "f" * 16
WALK = LeasePurpose.WALK


def acquire(fingerprint: str = KEY) -> LeaseHandle | None:
    length = runs.LEASE_LENGTH
    return leases.acquire(Lease, length=length, fingerprint=fingerprint, purpose=WALK)


@pytest.mark.django_db(transaction=True)
def test_of_six_workers_that_ask_at_once_one_has_the_lease() -> None:
    got = run_together(6, acquire)

    assert len(got) == 6
    assert sum(lease is not None for lease in got) == 1


@pytest.mark.usefixtures("db")
def test_a_lease_is_kept_by_renewing_and_ends_with_its_holder(
    clock: time_machine.Traveller,
) -> None:
    lease = acquire()
    assert lease
    clock.shift(40)
    assert lease.renew()
    clock.shift(40)
    assert acquire() is None

    clock.shift(20)
    assert acquire()


@pytest.mark.usefixtures("db")
def test_a_lease_that_was_let_go_is_free_at_once(clock: time_machine.Traveller) -> None:
    lease = acquire()
    assert lease
    lease.release()

    assert acquire()


@pytest.mark.usefixtures("db")
def test_a_former_holder_renews_writes_and_releases_nothing(clock: time_machine.Traveller) -> None:
    former = acquire()
    assert former
    clock.shift(60)
    present = acquire()
    assert present

    assert not former.renew()
    with pytest.raises(LeaseLost), former.fenced():
        raise AssertionError("it must not come to this")
    former.release()
    assert present.renew()


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize("ahead", [timedelta(minutes=1), timedelta(hours=26)])
def test_a_lease_from_before_a_clock_was_set_back_counts_as_ended(
    ahead: timedelta, clock: time_machine.Traveller
) -> None:
    until = timezone.now() + ahead
    Lease.objects.create(fingerprint=KEY, purpose=WALK, token="t", until=until)

    assert acquire()


def test_what_a_worker_read_after_it_lost_its_lease_is_not_written(
    watched: KeyHandle,
    refonte: Sandbox,
    clock: time_machine.Traveller,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    add(refonte, "kitten-1")
    ask = read_pages._ask

    def slow(*asked: object) -> object:
        answer = ask(*asked)  # type: ignore[arg-type]  # as it was called
        clock.shift(60)
        assert acquire(watched.fingerprint)
        return answer

    monkeypatch.setattr(read_pages, "_ask", slow)
    run_worker_once()

    assert seen_names() == set()
    assert "lost to another worker" in caplog.text


def test_the_work_of_a_worker_that_was_killed_is_gone_on_with_within_a_minute(
    watched: KeyHandle,
    refonte: Sandbox,
    clock: time_machine.Traveller,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add(refonte, *(f"kitten-{number}" for number in range(150)))
    with monkeypatch.context() as killed:
        killed.setattr(read_pages, "_note_page", lambda *_: sys.exit())
        with pytest.raises(SystemExit):
            run_worker_once()
    refonte.forget_calls()

    run_worker(clock, seconds=60)

    assert len(seen_names()) == 150
    assert list_calls(refonte) <= 3


@pytest.mark.django_db(transaction=True)
def test_two_workers_read_no_page_twice(alice: User, key_for: KeyMaker, refonte: Sandbox) -> None:
    key_for(alice, keep_watch=True)
    add(refonte, *(f"kitten-{number}" for number in range(150)))
    refonte.fault("latency", seconds=0.2)

    began = time.monotonic()
    run_together(2, run_worker_once)
    run_worker_once()

    assert time.monotonic() - began < 60  # neither waits for the other for ever
    assert list_calls(refonte) == 2
    assert SeenBatch.objects.count() == 150

"""Everything that estimates rest on can be made once more from the samples."""

from collections.abc import Iterable
from typing import Any, cast
from unittest import mock

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from batches.models import Estimate, FinishedBatch, Rhythm
from batches.sandbox import Sandbox
from batches.services.estimates import compute
from batches.services.estimates.compute import estimate_due, estimate_key, rebuild_key
from batches.services.estimates.past import prune
from tests.support.vendor import KeyMaker
from tests.support.watched_work import PRINT, Work, at, finish

pytestmark = pytest.mark.django_db


def past() -> list[dict[str, Any]]:
    rows = cast(Iterable[dict[str, Any]], FinishedBatch.objects.order_by("batch_id").values())
    # PostgreSQL gives a view of the bytes
    return [{**row, "cells": bytes(row["cells"])} for row in rows]


def present() -> list[dict[str, Any]]:
    return cast(list[dict[str, Any]], list(Estimate.objects.order_by("batch_id").values()))


def let_work(clock: time_machine.Traveller) -> None:
    """Three batches one after the other, each estimated until it ended, and one that goes on."""
    open_one = Work("kitten-09")
    for number in range(3):
        first = 300 * number
        work = finish(f"kitten-{number}", first=first)
        facts = {"at": at(first + 190), "as_of": at(first + 190), "status": "in_progress"}
        Estimate.objects.create(batch=work.row, **facts)
        open_one.work(first, first + 280, done=28 * number, tasks=1)
        clock.move_to(at(first + 290))
        estimate_due(now=at(first + 290))


def test_a_rebuild_gives_what_came_step_by_step():
    with time_machine.travel(at(0), tick=False) as clock:
        let_work(clock)
        before = past(), present(), list(Rhythm.objects.values("weights"))
        assert len(before[0]) == 3
        assert rebuild_key(fingerprint=PRINT) == 1
        assert (past(), present(), list(Rhythm.objects.values("weights"))) == before


def test_a_rebuild_that_was_killed_is_ended_by_the_worker():
    with time_machine.travel(at(0), tick=False) as clock:
        let_work(clock)
        before = past(), present()
        kill = mock.patch.object(compute, "row_of", side_effect=KeyboardInterrupt)
        with kill, pytest.raises(KeyboardInterrupt):
            rebuild_key(fingerprint=PRINT)
        clock.shift(61)
        assert estimate_key(fingerprint=PRINT) == 1
        assert past() == before[0]


@pytest.fixture
def account(key_for: KeyMaker, alice: User, refonte: Sandbox) -> str:
    return key_for(alice).fingerprint


def test_a_person_can_rebuild_by_hand(account: str, capsys: pytest.CaptureFixture[str]):
    finish("kitten-01", fingerprint=account)
    Work("kitten-09", fingerprint=account).work(300, 400)
    with time_machine.travel(at(401), tick=False):
        call_command("rebuild_estimates")
    assert capsys.readouterr().out == "1 estimate from 1 ended batch.\n"


def test_a_rebuild_waits_for_no_worker(account: str, capsys: pytest.CaptureFixture[str]):
    Work(fingerprint=account).work(0, 100)
    with (
        time_machine.travel(at(101), tick=False),
        mock.patch.object(compute, "_acquire", return_value=None),
        pytest.raises(CommandError, match="busy with 1 key"),
    ):
        call_command("rebuild_estimates")
    assert capsys.readouterr().out == "0 estimates from 0 ended batches.\n"


def test_what_rests_on_dropped_samples_is_dropped(settings: Any):
    settings.OBSERVATION_DAYS = 40
    work = finish("kitten-01")
    Estimate.objects.create(batch=work.row, at=at(0), as_of=at(0))
    with time_machine.travel(at(201), tick=False):
        estimate_due(now=at(201))
    old = Work("kitten-09")
    old.see(0, 1)
    Estimate.objects.create(batch=old.row, at=at(0), as_of=at(0), status="in_progress")
    prune(now=at(39 * 1440))
    assert (FinishedBatch.objects.count(), Estimate.objects.count()) == (1, 1)
    prune(now=at(41 * 1440))
    assert (FinishedBatch.objects.count(), Estimate.objects.count()) == (0, 0)


def test_what_an_earlier_estimator_left_is_made_again_by_the_worker():
    with time_machine.travel(at(0), tick=False) as clock:
        let_work(clock)
        before = past()
        FinishedBatch.objects.update(replay={"of": "another kind"})
        Rhythm.objects.update(version=0)
        assert estimate_key(fingerprint=PRINT) == 1
        assert past() == before
        assert estimate_key(fingerprint=PRINT) == 0

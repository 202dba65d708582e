"""Which ended batches are read for estimates, and how."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from batches.models import FinishedBatch
from batches.services.estimates.finished import Account, finished_row
from batches.services.forecast.newest import EACH
from tests.support.series import ended, steady_series
from tests.support.watched_work import PRINT, Work

SERIES = ended(steady_series(hours=60, speed=10, total=600))


def finished(number: int, project: str) -> FinishedBatch:
    work = Work(name=f"kitten-{number}", project=project)
    work.see(number, 600, status="completed")
    row = finished_row(work.row, SERIES)
    assert row is not None
    return row


@pytest.mark.django_db
def test_a_project_of_many_small_batches_does_not_crowd_the_others_out():
    rows = [finished(number, "small" if number > 2 else "large") for number in range(EACH + 8)]
    FinishedBatch.objects.bulk_create(rows)
    with CaptureQueriesContext(connection) as queries:
        account = Account.of(PRINT)
    assert len(queries) == 1
    projects = [one.project for one in account.replays()]
    large, small = rows[0].project, rows[-1].project
    assert sorted(projects) == sorted([large] * 3 + [small] * EACH)


@pytest.mark.django_db
def test_a_replay_is_read_as_it_was_stored():
    row = finished(0, "kittens")
    (replay,) = Account([row]).replays()
    assert (replay.tasks, replay.ended - replay.began) == (600, 60 * 3600)
    assert replay.left[0] == pytest.approx(600 - replay.done[0])

"""What a plan says of a row, by what is known of its batch: a table for each write."""

from datetime import timedelta

import pytest
from django.utils import timezone

from batches.models import SeenBatch
from batches.services.bulks import groups
from batches.services.bulks.groups import Facts
from batches.services.bulks.plans import reason_of

NOW = timezone.now()
LATELY, LONG_AGO = NOW - timedelta(minutes=59), NOW - timedelta(minutes=61)

FINALIZE = [
    (Facts(is_absent=True, status="staging"), "impossible", "not known to this key"),
    (Facts(), "look_first", "status unknown"),
    (Facts(status="in_progress"), "skipped", "already in progress"),
    (Facts(status="completed", total=5), "impossible", "completed"),
    (Facts(status="cancelled"), "impossible", "cancelled"),
    (Facts(status="new: thing"), "impossible", "not staging"),
    (Facts(status="staging"), "look_first", "tasks unknown"),
    (Facts(status="staging", total=0), "look_first", "empty"),
    (Facts(status="staging", total=5, grew_at=LATELY), "look_first", "still growing"),
    (Facts(status="staging", total=5, grew_at=LONG_AGO), "will_do", "starts"),
    (Facts(status="staging", total=5), "will_do", "starts"),
]


@pytest.mark.parametrize(("facts", "group", "reason"), FINALIZE)
def test_a_row_of_a_finalize(facts: Facts, group: str, reason: str) -> None:
    verdict = groups.judge_finalize(facts, now=NOW)
    assert (verdict.group, reason_of(verdict.message)) == (group, reason)


PRIORITIZE = [
    (Facts(is_absent=True), "", "impossible", "not known to this key"),
    (Facts(status="completed"), "bob", "impossible", "completed"),
    (Facts(status="in_progress"), "bob", "skipped", "already so"),
    (Facts(), "bob", "skipped", "already so"),
    (Facts(), "", "look_first", "status unknown"),
    (Facts(status="paused"), "", "look_first", "other status"),
    (Facts(status="staging"), "", "will_do", "priority 20"),
    (Facts(status="in_progress"), "", "will_do", "priority 20"),
]


@pytest.mark.parametrize(("facts", "by", "group", "reason"), PRIORITIZE)
def test_a_row_of_a_priority(facts: Facts, by: str, group: str, reason: str) -> None:
    verdict = groups.judge_prioritize(facts, priority=20, already_by=by)
    assert (verdict.group, reason_of(verdict.message)) == (group, reason)


def test_only_what_was_said_since_counts() -> None:
    row = SeenBatch(
        status="staging", status_at=NOW, counts={"pending": 5}, counts_at=LONG_AGO, absent_at=None
    )
    assert Facts.of_row(row, since=LATELY) == Facts(status="staging")
    assert Facts.of_row(row, since=LONG_AGO) == Facts(status="staging", total=5)
    row.absent_at = NOW
    assert Facts.of_row(row, since=LATELY).is_absent


@pytest.mark.parametrize(("came", "words"), [(1, "1 task came"), (1214, "1,214 tasks came")])
def test_the_tasks_that_came_are_counted_in_words(came: int, words: str) -> None:
    assert words in groups.growing(came)

"""The past of the demo joins its present: both are one function of time."""

from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest

from batches.sandbox import past as past_module
from batches.sandbox.pace import state_of
from batches.sandbox.past import OPEN, Course, past_of
from batches.sandbox.vendor import Vendor

START = datetime(2026, 11, 26, 14, 2, 7, 300_000, tzinfo=UTC)
NOW = int(START.timestamp()) + 20
LOOKS = range(NOW - 3 * 86_400, NOW + 1, 60)
SPANS = [LOOKS[:1000], LOOKS[1500:]]


@pytest.fixture(scope="module")
def vendor() -> Vendor:
    return Vendor(batches=100, demo=True, now=lambda: START)


@pytest.fixture(scope="module")
def past(vendor: Vendor) -> list[Course]:
    return list(past_of(vendor.beginning, SPANS))


def test_the_last_look_is_what_the_vendor_answers_now(vendor: Vendor, past: list[Course]):
    world, looked_at = vendor.world(), {course.name: course.looks[-1] for course in past}
    for batch in world.batches.values():
        now = world.progress(batch, NOW)
        if now.status in OPEN and batch.created_ms <= NOW * 1000:
            look = looked_at.pop(batch.name)
            assert (look.at, look.status, look.counts) == (NOW, now.status, now.counts)
    # the others left the list while somebody looked, and have not changed since
    for name, look in looked_at.items():
        now = world.progress(world.batches[name], NOW)
        assert (look.status, look.counts) == (now.status, now.counts)
        assert look.status in {"completed", "paused"}


def test_every_look_is_what_the_vendor_would_have_answered(vendor: Vendor, past: list[Course]):
    world = vendor.world()
    for course in past:
        for look in course.looks[::29]:
            then = world.progress(world.batches[course.name], look.at)
            assert (then.status, then.counts) == (look.status, look.counts)


def test_no_change_lies_between_two_looks(vendor: Vendor, past: list[Course]):
    world = vendor.world()
    for course in past[::7]:
        looks = {look.at: look for look in course.looks}
        known = None
        for at in range(min(looks), max(looks) + 1, 60):
            if at in SPANS[0] or at in SPANS[1]:
                known = looks.get(at, known)
                then = world.progress(world.batches[course.name], at)
                assert known
                assert then.counts == known.counts


def test_counts_stay_within_the_total_and_grow(past: list[Course]):
    falling = set()
    for course in past:
        for before, after in pairwise(course.looks):
            assert min(after.counts.values()) >= 0
            assert sum(before.counts.values()) <= sum(after.counts.values())
            assert before.at < after.at
            if after.counts["completed"] < before.counts["completed"]:
                falling.add(course.name)
    assert falling == {"chat_intents_v2.88", "signs-lyon-rework"}


def test_nobody_looked_in_the_gap_and_often_at_any_other_time(past: list[Course]):
    gap = range(SPANS[0][-1] + 1, SPANS[1][0])
    assert not any(look.at in gap for course in past for look in course.looks)
    for course in past:
        left = [look for look in course.looks if look.status not in OPEN]
        steps = [b.at - a.at for a, b in pairwise(course.looks) if a not in left]
        assert max((step for step in steps if step < len(gap)), default=0) <= 900


def test_a_batch_that_left_the_list_is_looked_at_once(past: list[Course]):
    assert not any(
        before.status == after.status and before.status not in OPEN
        for course in past
        for before, after in pairwise(course.looks)
    )


def test_the_same_beginning_has_the_same_past(vendor: Vendor, past: list[Course]):
    assert list(past_of(vendor.beginning, SPANS)) == past


def test_a_day_later_the_past_of_today_is_the_same(vendor: Vendor, past: list[Course]):
    longer = [*SPANS, range(NOW + 60, NOW + 86_400, 60)]
    later = {course.name: course for course in past_of(vendor.beginning, longer)}
    for course in past:
        assert [one for one in later[course.name].looks if one.at <= NOW] == course.looks


def test_looks_cost_a_few_computations_for_each_change(
    vendor: Vendor, monkeypatch: pytest.MonkeyPatch
):
    """The first start of the demo waits for all of them."""
    computed = [0]

    def counted(*given: Any):
        computed[0] += 1
        return state_of(*given)

    monkeypatch.setattr(past_module, "state_of", counted)
    found = list(past_of(vendor.beginning, SPANS))
    assert computed[0] < 3 * sum(len(course.looks) for course in found)

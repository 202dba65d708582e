"""Whatever is seen in whatever order: what a page shows never says what cannot be true."""

from datetime import datetime, timedelta
from typing import Any

import time_machine
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from batches.models import Estimate, SeenBatch
from batches.services.estimates.compute import estimate_due
from batches.services.estimates.read import estimate_of
from batches.templatetags.estimates import estimate_done, estimate_speed
from tests.support.watched_work import PRINT, Work, at

STATUSES = ["in_progress"] * 8 + ["staging", "paused", "completed", "cancelled", "on_hold"]
looks = st.fixed_dictionaries(
    {
        "wait": st.sampled_from([0.2, 1, 1, 5, 5, 15, 40, 300, 3000]),  # minutes
        "done": st.one_of(st.integers(-2, 30), st.sampled_from([0, 0, 5, -50, 200])),
        "total": st.sampled_from([0, 0, 0, 0, 0, 1, 40, -20]),  # more tasks than before
        "status": st.sampled_from(STATUSES),
        "has_counts": st.sampled_from([True] * 9 + [False]),
        "is_gone": st.sampled_from([False] * 19 + [True]),
        "works": st.booleans(),  # the worker has a round after it
    }
)


class Never(TestCase):
    @settings(max_examples=15)
    @given(st.lists(looks, min_size=1, max_size=20), st.floats(0, 3000))
    def test_after_any_sequence_of_looks(self, seen: list[dict[str, Any]], later: float):
        work, done, minute = Work(), 0, 0.0
        # and no estimate fails, which would be logged
        no_errors = self.assertNoLogs("batches.services.estimates", level="ERROR")
        with no_errors, time_machine.travel(at(0), tick=False) as clock:
            for look in seen:
                minute += look["wait"]
                clock.move_to(at(minute))
                work.total = max(1, work.total + look["total"])
                done = min(work.total, max(0, done + look["done"]))
                see(work, minute, done, look)
                if look["works"]:
                    estimate_due(now=timezone.now())
                check(timezone.now())
            clock.move_to(at(minute + later))
            check(timezone.now())
            estimate_due(now=timezone.now())
            check(timezone.now())


def see(work: Work, minute: float, done: int, look: dict[str, Any]) -> None:
    if look["is_gone"]:
        work.see_gone(minute)
    else:
        work.see(minute, done if look["has_counts"] else None, status=look["status"])


def check(now: datetime) -> None:
    batch = SeenBatch.objects.filter(name="kitten-07").first()
    shown = estimate_of(fingerprint=PRINT, name="kitten-07", now=now)
    if shown is None:
        return
    assert batch is not None
    assert batch.absent_at is None
    assert batch.status in {"in_progress", "paused"}
    if shown.reason is None:
        assert shown.low is not None
        assert shown.mid is not None
        assert shown.high is not None
        assert now <= shown.low <= shown.mid <= shown.high
        assert now < shown.high
        assert shown.path
        assert batch.status == "in_progress"
        # never beside "100 %"
        counts = batch.counts or {}
        assert counts.get("pending", 0) > 0
    else:
        assert (shown.low, shown.mid, shown.high, shown.path) == (None, None, None, ())
    for speed in (shown.speed, shown.usual_speed, shown.low_speed, shown.high_speed):
        assert speed is None or speed >= 0
    if now - shown.as_of > timedelta(minutes=35):
        assert shown.speed is None
        assert estimate_speed(shown) is None
    assert estimate_done(shown, now).words
    assert Estimate.objects.get().as_of == shown.as_of

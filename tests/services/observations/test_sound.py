"""Whatever the vendor answers, however often and by whatever clock, the tables stay sound."""

import json
from datetime import timedelta
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from batches.models import ProjectQuarter, Sample, SampleDay, SeenBatch
from batches.refonte import BadAnswer
from batches.refonte.types import parse_page, parse_status
from batches.services.observations.packing import Sample as Read
from batches.services.observations.record import record_or_raise
from batches.services.observations.series import samples_of
from batches.services.observations.sighting import Sighting
from batches.services.observations.thinning import thin_samples
from tests.support.clock import NOON

PRINT, NAMES = "0123456789abcdef", ("kitten", "puppy\N{SNOWMAN}")
LARGEST = 2**63 - 1
ALL = {"since": NOON - timedelta(days=9), "until": NOON + timedelta(days=9)}

counts = st.dictionaries(
    st.sampled_from(
        ["tasks_pending", "completed", "tasks_completed", "error", "canceled", "tasks_total"]
    )
    | st.sampled_from(["tasks_\0", "tasks_x\ud800", "tasks_" + "y" * 300]),
    st.integers(0, 60)
    | st.sampled_from([2**53 - 1, 2**63, 10**40, -1, 1.5, "7", None, True, [1], {"x": 1}]),
    max_size=5,
)
row = st.builds(
    lambda fields, status, project, name: (
        fields | {"status": status, "project": project, "name": name}
    ),
    counts,
    st.sampled_from(["staging", "in_progress", "completed", "new\0", "x" * 99, None, 7]),
    st.sampled_from(["kittens", "p\0", None]),
    st.sampled_from([*NAMES, "nul\0", "z" * 2000, ""]),
)
# Seconds to the answer before: clocks are set back, and it may be hours later.
step = st.integers(0, 90) | st.integers(-400, 400) | st.integers(-90_000, 90_000)
answer = st.tuples(step, row, st.booleans())


def record_all(answers: list[tuple[int, dict[str, Any], bool]]) -> None:
    """As answers of a status, and as rows of a list."""
    at = NOON
    for seconds, fields, is_list in answers:
        at = min(ALL["until"], max(ALL["since"], at + timedelta(seconds=seconds)))
        if is_list:
            page = parse_page({"docs": [fields]}, limit=100)
            sightings = [Sighting.of_batch(one) for one in page.batches]
        else:
            try:
                sightings = [Sighting.of_status(NAMES[0], parse_status(fields))]
            except BadAnswer:
                continue
        record_or_raise(fingerprint=PRINT, sightings=sightings, at=at)


def series(name: str) -> tuple[Read, ...]:
    return samples_of(fingerprints=[PRINT], name=name, **ALL)


def check(found: tuple[Read, ...]) -> None:
    assert all(a.at // 60 < b.at // 60 for a, b in pairwise(found)), "two in one minute"
    for one in found:
        known = [one.completed, one.pending, one.error, one.cancelled]
        assert all(value is None or 0 <= value <= LARGEST for value in known)
        assert one.total is None or one.total >= sum(value or 0 for value in known)
        json.dumps(dict(one.other))


class AnyAnswers(TestCase):
    @settings(max_examples=60)  # more than 200 answers
    @given(st.lists(answer, min_size=1, max_size=20))
    def test_leave_sound_tables(self, answers: list[Any]) -> None:
        for model in (SeenBatch, Sample, SampleDay, ProjectQuarter):
            model.objects.all().delete()
        record_all(answers)

        hot = {name: series(name) for name in NAMES}
        for found in hot.values():
            check(found)
        assert all(quarter.watched >= 0 for quarter in ProjectQuarter.objects.all())
        # the newest answer with counts is what the row says, and its sample is there
        for batch in SeenBatch.objects.exclude(sampled_at=None):
            assert batch.sampled_at
            minute = int(batch.sampled_at.timestamp()) // 60
            assert Sample.objects.filter(batch=batch, minute=minute).exists()

        thin_samples(now=NOON + timedelta(days=5))
        for name, found in hot.items():
            assert series(name) == found, "packed, they are the same"

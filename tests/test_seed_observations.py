"""`manage.py seed_observations`: samples of made-up batches, never among real ones."""

from io import StringIO
from itertools import pairwise
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from batches.management.seeded_histories import Size, make_histories
from batches.models import ProjectQuarter, Sample, SampleDay, SeenBatch
from batches.services.keys.types import KeyHandle
from batches.services.observations.history import due, samples_in
from batches.services.observations.packing import unpack
from tests.support.clock import NOON

SIZE = {"batches": 6, "in_progress": 4, "days": 5, "samples": 6_000}


def seed(**options: Any) -> str:
    out = StringIO()
    call_command("seed_observations", **({**SIZE, **options}), stdout=out)
    return out.getvalue()


def stored() -> int:
    packed = SampleDay.objects.values_list("packed", flat=True)
    return Sample.objects.count() + sum(len(unpack(one)) for one in packed)


def test_it_stores_as_many_as_asked_for(db: None):
    assert "6,000 samples of 6 batches" in seed()
    assert stored() == 6_000
    assert SeenBatch.objects.filter(status="in_progress").count() == 4
    assert ProjectQuarter.objects.exists()


def test_days_without_room_for_as_many_hold_fewer(db: None):
    seed(days=1, samples=600_000)
    assert 6 * 300 < stored() <= 6 * 1440


def test_a_seed_says_which_ones():
    first, again, other = (
        list(make_histories(Size(**SIZE), seed=seed, now=NOON)) for seed in (1, 1, 2)
    )
    assert first == again != other


def test_each_answer_is_one_that_the_recorder_keeps():
    for history in make_histories(Size(**SIZE), seed=3, now=NOON):
        assert samples_in(due(history.answers)) == history.answers
        assert history.answers[-1].at <= NOON.timestamp()
        assert all(a.completed <= b.completed for a, b in pairwise(history.answers))
        assert {a.completed + a.pending + a.error for a in history.answers} == {
            history.answers[0].total
        }


def test_a_database_can_be_filled_in_steps(db: None):
    seed()
    seed()
    assert stored() == 12_000
    assert SeenBatch.objects.values("fingerprint").distinct().count() == 2


def test_a_database_with_real_batches_is_refused(db: None):
    seed()
    SeenBatch.objects.create(fingerprint="0123456789abcdef", name="kitten-07", seen_at=NOON)
    with pytest.raises(CommandError, match="has batches that Refonte has shown"):
        seed()
    assert stored() == 6_000


def test_a_database_with_keys_of_people_is_refused(key: KeyHandle):
    with pytest.raises(CommandError, match="has API keys"):
        seed()
    assert not SeenBatch.objects.exists()


@pytest.mark.parametrize("option", ["--batches=0", "--days=-1", "--samples=few"])
def test_a_size_that_is_none_is_refused(db: None, option: str):
    with pytest.raises(CommandError, match="invalid positive value"):
        call_command("seed_observations", option)


def test_too_few_samples_for_so_many_batches_are_refused(db: None):
    with pytest.raises(CommandError, match="Fewer than 6 samples a batch"):
        seed(samples=20)

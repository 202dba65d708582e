"""The past of many batches at once is stored as the recorder and the thinning job would have."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, models

from batches.models import ProjectQuarter, SampleDay, SeenBatch, StatusChange
from batches.models import Sample as StoredSample
from batches.models.samples import STATUS_CODES
from batches.refonte import COMPLETED, IN_PROGRESS, STAGING, Counts
from batches.services.observations.history import History
from batches.services.observations.packing import Sample
from batches.services.observations.record import record
from batches.services.observations.series import samples_of
from batches.services.observations.sighting import Sighting
from batches.services.observations.store_history import store_history
from batches.services.observations.thinning import thin_samples
from tests.support.clock import NOON

PRINT, NAME = "0123456789abcdef", "kitten-07"
CREATED = NOON - timedelta(days=4)
DAY = timedelta(days=1)


def answer(at: datetime, status: str, *, completed: int, error: int, total: int) -> Sample:
    pending = total - completed - error
    code = STATUS_CODES.get(status, 0)
    other = {} if code else {"status": status}
    return Sample(int(at.timestamp()), code, completed, pending, error, None, total, other)


def answers(seed: int) -> Iterator[Sample]:
    """Three days and a half of one batch: quiet hours, gaps, falls, growth, two in a minute."""
    chance, at = random.Random(seed), CREATED
    completed, error, total = 0, 0, 900
    while at < NOON - timedelta(hours=2):
        at += timedelta(seconds=chance.choice([50, 60, 61, 240, 600] + [9_000] * (at.hour == 3)))
        if 6 < at.hour < 18:
            completed = min(total - error, completed + chance.choice([0, 1, 4]))
            error += chance.random() < 0.05
        completed -= 2 * (completed > 2 and chance.random() < 0.01)
        total += 50 * (chance.random() < 0.01)
        status = STAGING if at < CREATED + timedelta(hours=3) else IN_PROGRESS
        status = "on_hold" if chance.random() < 0.01 else status
        yield answer(at, status, completed=completed, error=error, total=total)
    yield answer(at + timedelta(minutes=5), COMPLETED, completed=total, error=0, total=total)


def see(one: Sample, name: str) -> None:
    status = {code: status for status, code in STATUS_CODES.items()}.get(one.status, "on_hold")
    counts = Counts(pending=one.pending, completed=one.completed, error=one.error)
    sighting = Sighting(
        name=name, project="kittens", status=status, created_at=CREATED, counts=counts
    )
    at = datetime.fromtimestamp(one.at, UTC)
    record(fingerprint=PRINT, sightings=[sighting], at=at)


def history(seed: int = 1, **facts: Any) -> History:
    known = {"name": NAME, "project": "kittens", "created_at": CREATED}
    return History(**{"answers": list(answers(seed)), **known, **facts})


def rows_of(model: type[models.Model], *without: str) -> list[dict[str, Any]]:
    names = [f.attname for f in model._meta.concrete_fields if f.attname not in ("id", *without)]
    found = list(model._default_manager.values(*names))
    return sorted(found, key=lambda row: str(list(row.values())))


def everything() -> dict[str, Any]:
    kinds = {
        StoredSample: "batch_id",
        SampleDay: "batch_id",
        StatusChange: "",
        SeenBatch: "",
        ProjectQuarter: "",
    }
    return {model.__name__: rows_of(model, without) for model, without in kinds.items()}


@pytest.mark.parametrize("seed", [1, 2])
def test_it_stores_what_recorder_and_thinning_job_would(db: None, seed: int):
    for one in answers(seed):
        see(one, NAME)
    thin_samples(now=NOON)
    recorded = everything()
    for model in (SeenBatch, StatusChange, StoredSample, SampleDay, ProjectQuarter):
        model.objects.all().delete()
    store_history(fingerprint=PRINT, histories=[history(seed)], now=NOON)
    stored = everything()
    assert stored == recorded


@pytest.mark.parametrize("age", [5, 40, 200])
def test_what_is_old_is_thinned_as_the_job_would(db: None, age: int):
    day = NOON.replace(hour=0) - timedelta(days=age)
    minutes = [
        answer(day + timedelta(minutes=n), IN_PROGRESS, completed=n, error=0, total=1440)
        for n in range(1440)
    ]
    store_history(fingerprint=PRINT, histories=[history(answers=minutes)], now=NOON)
    stored = rows_of(SampleDay)
    SampleDay.objects.all().delete()
    SeenBatch.objects.all().delete()
    # packed when it was young, thinned as it grew old
    store_history(fingerprint=PRINT, histories=[history(answers=minutes)], now=day + DAY)
    thin_samples(now=NOON)
    after = rows_of(SampleDay)
    assert [row | {"batch_id": 0} for row in after] == [row | {"batch_id": 0} for row in stored]


def test_what_is_past_its_time_is_not_stored(db: None, settings: Any):
    settings.OBSERVATION_DAYS = 100
    old, new = NOON - timedelta(days=102), NOON - timedelta(days=99)
    some = [
        answer(at + timedelta(minutes=n), IN_PROGRESS, completed=n, error=0, total=9)
        for at in (old, new)
        for n in range(3)
    ]
    store_history(fingerprint=PRINT, histories=[history(answers=some)], now=NOON)
    assert [row["day"] for row in rows_of(SampleDay)] == [int(new.timestamp()) // 86_400]
    assert ProjectQuarter.objects.count() == 1


def test_it_can_be_read_like_any_other(db: None):
    store_history(fingerprint=PRINT, histories=[history()], now=NOON)
    found = samples_of(fingerprints=[PRINT], name=NAME, since=CREATED, until=NOON)
    assert found[-1] == list(answers(1))[-1]


def refused() -> dict[str, tuple[list[Sample], str]]:
    one, other = (
        answer(NOON + timedelta(minutes=n), IN_PROGRESS, completed=1, error=0, total=9)
        for n in (-2, -1)
    )
    late = answer(NOON + timedelta(minutes=1), IN_PROGRESS, completed=1, error=0, total=9)
    return {
        "none": ([], "no answers"),
        "twice": ([one, one], "not in order"),
        "backwards": ([other, one], "not in order"),
        "tomorrow": ([one, late], "of the future"),
    }


@pytest.mark.parametrize("case", refused())
def test_answers_that_nobody_can_have_got_are_refused(db: None, case: str):
    some, message = refused()[case]
    with pytest.raises(ValueError, match=message):
        store_history(fingerprint=PRINT, histories=[history(answers=some)], now=NOON)
    assert not SeenBatch.objects.exists()


def test_a_batch_that_is_recorded_is_refused(db: None):
    store_history(fingerprint=PRINT, histories=[history()], now=NOON)
    with pytest.raises(IntegrityError):
        store_history(fingerprint=PRINT, histories=[history()], now=NOON)

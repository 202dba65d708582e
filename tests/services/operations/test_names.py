"""Names for batches to come."""

from dataclasses import replace
from datetime import date

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from batches.sandbox import Sandbox
from batches.services.observations.record import record
from batches.services.observations.sighting import Sighting
from batches.services.operations.names import name_is_free, propose_name
from batches.services.operations.template_of import template_of
from batches.services.readings.queries import batch_query
from batches.services.readings.read import read
from batches.services.vendor import calls
from tests.support.operations import create
from tests.support.vendor import KeyMaker, with_replaced_key

DAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("project", "name"),
    [
        ("kitten_labeling", "kitten_labeling_2026-11-23"),
        (" two  words ", "two_words_2026-11-23"),
        ("", ""),
    ],
)
def test_a_name_is_proposed_from_project_and_date(project: str, name: str) -> None:
    assert propose_name(project=project, today=DAY) == name


def test_a_proposed_name_is_never_too_long() -> None:
    assert len(propose_name(project="p" * 900, today=DAY)) == 255


def test_a_name_takes_one_call(refonte: Sandbox, alice: User, key_for: KeyMaker) -> None:
    key = key_for(alice)
    refonte.add_batch("kitten-07", project="kittens")
    assert name_is_free(key=key, name="kitten-08").is_free is True
    taken = name_is_free(key=key, name="kitten-07")
    assert (taken.is_free, taken.message) == (False, "This name is taken by a batch in kittens.")
    assert len(refonte.calls) == 2


def test_a_vendor_that_does_not_answer_leaves_it_open(
    refonte: Sandbox, alice: User, key_for: KeyMaker
) -> None:
    refonte.fault("status", code=503)
    advice = name_is_free(key=key_for(alice), name="kitten-07")
    assert advice.is_free is None
    assert "Could not check" in advice.message


def test_a_batch_created_here_is_described_by_what_was_asked(
    refonte: Sandbox, alice: User, key_for: KeyMaker
) -> None:
    key = key_for(alice)
    refonte.add_project("kittens")
    create(alice, key, callback="ops@example.com", priority=12)
    refonte.forget_calls()
    known = template_of(key=key, name="kitten-07")
    assert known == {"project": "kittens", "callback": "ops@example.com", "priority": 12}
    assert refonte.calls == []


def test_a_batch_seen_here_is_described_by_its_project(alice: User, key_for: KeyMaker) -> None:
    key = key_for(alice)
    seen = Sighting(name="x", project="kittens", status=None, created_at=None, counts=None)
    record(fingerprint=key.fingerprint, sightings=[seen], at=timezone.now())
    assert template_of(key=key, name="x") == {"project": "kittens"}
    assert template_of(key=with_replaced_key(key), name="x") == {"project": "kittens"}
    assert template_of(key=replace(key, is_refused=True), name="x") == {}
    assert template_of(key=key, name="y") == {}
    assert template_of(key=key, name="no\0row") == {}  # PostgreSQL takes no NUL, not even asked


def test_a_batch_read_lately_is_described_by_its_answer(
    refonte: Sandbox, alice: User, key_for: KeyMaker
) -> None:
    key = key_for(alice)
    refonte.add_batch("x", project="kittens", callback="https://hooks.example.com/")
    deadline = calls.new_deadline()
    read(key=key, query=batch_query("x"), kind=calls.Kind.PAGE, deadline=deadline)
    known = template_of(key=key, name="x")
    assert known == {"project": "kittens", "callback": "https://hooks.example.com/"}

"""How many of the ticked an action fits, and why not the rest, in words."""

from dataclasses import replace
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from batches.models import SeenBatch, Selection
from batches.services.keys.types import KeyHandle
from batches.services.selections.fits import fits_of
from batches.services.selections.store import change_selection


def seen(key: KeyHandle, status: str | None, number: int, *, is_absent: bool = False) -> list[str]:
    """Batches with a status, recorded. Their names."""
    now = timezone.now()
    names = [f"{status}-{place}-{is_absent}" for place in range(number)]
    SeenBatch.objects.bulk_create(
        SeenBatch(
            fingerprint=key.fingerprint,
            name=name,
            status=status,
            seen_at=now,
            absent_at=now if is_absent else None,
        )
        for name in names
    )
    return names


def selected(user: User, key: KeyHandle, names: list[str]) -> Selection:
    return change_selection(user=user, key=key, selection_id=uuid4(), add=names).selection


WORDS = (
    ({"staging": 2}, 2, ""),
    (
        {"staging": 2, "in_progress": 5},
        2,
        "2 of 7 are in staging. The other 5 are already in progress.",
    ),
    ({"staging": 1, "completed": 1}, 1, "1 of 2 is in staging. The other one is completed."),
    (
        {"staging": 1, "completed": 2, "in_progress": 3, "odd": 1},
        1,
        "1 of 7 is in staging. Of the other 6: 3 are already in progress, 2 are completed, "
        "1 has another status.",
    ),
    ({"in_progress": 2}, 0, "None is in staging. The other 2 are already in progress."),
)


@pytest.mark.parametrize(("statuses", "number", "words"), WORDS)
def test_only_what_is_in_staging_can_be_finalized(
    alice: User, key: KeyHandle, statuses: dict[str, int], number: int, words: str
):
    names = [name for status, many in statuses.items() for name in seen(key, status, many)]
    fit = fits_of(selection=selected(alice, key, names), key=key).finalize
    assert (fit.number, fit.words, fit.is_possible) == (number, words, bool(number))
    assert fit.is_all == (not words)


def test_a_batch_that_has_ended_can_have_no_priority(alice: User, key: KeyHandle):
    names = [*seen(key, "staging", 1), *seen(key, "in_progress", 2), *seen(key, "completed", 1)]
    fit = fits_of(selection=selected(alice, key, names), key=key).prioritize
    assert (fit.number, fit.is_all) == (3, False)
    assert fit.words == "3 of 4 can have a priority. The other one is completed."


def test_what_is_not_known_here_is_possible_and_said(alice: User, key: KeyHandle):
    names = ["never seen", *seen(key, None, 1), *seen(key, "staging", 1, is_absent=True)]
    fits = fits_of(selection=selected(alice, key, names), key=key)
    assert fits.finalize.is_possible
    assert fits.finalize.words == (
        "None is in staging. Of the other 3: 2 have a status not known here, "
        "1 is not known to this key now."
    )
    assert fits.prioritize.number == 2


def test_of_a_refused_key_nothing_is_told(
    alice: User, key: KeyHandle, django_assert_num_queries: DjangoAssertNumQueries
):
    selection = selected(alice, key, seen(key, "staging", 2))
    with django_assert_num_queries(1):
        fits_of(selection=selection, key=key)
    fit = fits_of(selection=selection, key=replace(key, is_refused=True)).finalize
    assert fit.words == "None is in staging. The other 2 have a status not known here."

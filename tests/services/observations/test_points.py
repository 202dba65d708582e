"""Pages of samples: each is given once, whatever layer holds it, and whatever second it has."""

import pytest

from batches.services.observations.points import Points, read_points
from tests.support.clock import NOON
from tests.support.samples import NAME, counted, keep, keep_packed

pytestmark = pytest.mark.django_db
PRINT, SECOND = "0123456789abcdef", int(NOON.timestamp())
A_DAY = 86_400


def page(first: int, *, limit: int = 2, last: int = SECOND + A_DAY, name: str = NAME) -> Points:
    return read_points(fingerprints=[PRINT], name=name, first=first, last=last, limit=limit)


def seconds(first: int, limit: int) -> list[int]:
    """Of all pages."""
    found = page(first, limit=limit)
    at = [one.at for one in found.samples]
    while found.next is not None:
        found = page(found.next, limit=limit)
        at += [one.at for one in found.samples]
    return at


@pytest.mark.parametrize("limit", [1, 2, 3, 50])
def test_a_page_that_begins_within_a_minute_lacks_nothing(limit: int):
    at = [SECOND + 60 * minute + 30 for minute in range(6)]
    keep(PRINT, [counted(one, 1) for one in at])
    assert seconds(SECOND + 45, limit) == at[1:]
    assert seconds(SECOND + 30, limit) == at


@pytest.mark.parametrize("limit", [1, 2, 7])
def test_packed_days_far_apart_are_all_read(limit: int):
    row = keep(PRINT, [counted(SECOND, 9)])
    days = [SECOND - A_DAY * n for n in range(200, 0, -11)]
    keep_packed(row, [counted(day + 60 * n, n) for day in days for n in range(2)])
    expected = [day + 60 * n for day in days for n in range(2)] + [SECOND]
    assert seconds(SECOND - A_DAY * 300, limit) == expected


def test_there_is_nothing_of_an_unknown_batch_or_a_name_that_cannot_be_stored():
    keep(PRINT, [counted(SECOND, 9)])
    for name in ("kitten-08", "a\0b", "a" * 1025):
        assert page(SECOND, name=name) == Points(samples=())


def test_a_page_that_ends_with_the_last_sample_has_no_next():
    keep(PRINT, [counted(SECOND, 1), counted(SECOND + 60, 2)])
    assert page(SECOND, limit=2).next is None
    assert page(SECOND, limit=1).next == SECOND + 60
    assert page(SECOND, limit=1, last=SECOND + 59).next is None

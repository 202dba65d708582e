"""Where the next page begins: nothing is lost and nothing comes twice, whatever moves meanwhile."""

from dataclasses import replace
from datetime import timedelta
from itertools import accumulate, count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batches.refonte import ListQuery, parse_page
from batches.services.batches.page_fetch import FetchedPage
from batches.services.batches.paging import Counted, is_beyond
from batches.services.vendor import calls
from tests.support.clock import NOON
from tests.support.paged_vendor import PagedVendor, names_of, rows_at

GAPS = st.lists(st.sampled_from([0, 0, 0, 1, 400, 3_000]), min_size=1, max_size=90)


@pytest.fixture(autouse=True)
def _no_sizes() -> None:
    calls.safeguards.cache_clear()


@given(
    GAPS,
    st.sampled_from([3, 10, 25, 50]),
    st.lists(st.tuples(st.integers(0, 50), st.integers(0, 3)), min_size=1),
    st.booleans(),
)
def test_every_row_that_still_matches_comes_once_while_others_leave_and_arrive(
    gaps: list[int], limit: int, moves: list[tuple[int, int]], is_cut: bool
):
    refonte = PagedVendor(rows=rows_at(*accumulate(gaps)), is_cut=is_cut)
    at_first = [name for name, _ in refonte.rows]
    step, late = count(), count()

    def between(listing: FetchedPage) -> None:
        gone, new = moves[next(step) % len(moves)]
        refonte.leave(*names_of(listing)[-gone:] if gone else ())
        for _ in range(new):
            refonte.rows.insert(0, (f"late-{next(late)}", NOON + timedelta(seconds=5)))

    pages = refonte.walk(between, limit=limit)

    assert names_of(*pages) == at_first
    assert not any(listing.page.is_unsure for listing in pages)
    assert len(refonte.asked) == len(pages)


def test_the_row_at_the_end_of_a_page_may_leave():
    refonte = PagedVendor(rows=rows_at(*range(0, 3000, 100)))
    pages = refonte.walk(lambda page: refonte.leave(names_of(page)[-1]), limit=25)

    assert names_of(*pages) == [f"kitten-{number:03}" for number in range(30)]


@pytest.mark.parametrize("limit", [25, 50, 100])
@pytest.mark.parametrize("leaving", [0, 1, 40])
def test_forty_rows_of_one_millisecond_come_once_while_the_last_ones_leave(
    limit: int, leaving: int
):
    refonte = PagedVendor(rows=rows_at(*range(20), *[20] * 40, *range(21, 60)))

    def between(listing: FetchedPage) -> None:
        refonte.leave(*names_of(listing)[-leaving:] if leaving else ())

    pages = refonte.walk(between, limit=limit)

    assert len(names_of(*pages)) == len(set(names_of(*pages))) == 99
    assert [listing.page.counted for listing in pages] == [None] * len(pages)


def test_where_more_rows_share_a_moment_than_a_page_holds_they_are_counted_and_it_says_so():
    refonte = PagedVendor(rows=rows_at(*[0] * 250, 1))

    pages = refonte.walk(limit=50)

    assert len(names_of(*pages)) == len(set(names_of(*pages))) == 251
    assert Counted.ONE_MOMENT in {listing.page.counted for listing in pages}
    assert not any(listing.page.is_unsure for listing in pages)
    assert max(len(listing.filters.shown) for listing in pages) < 100


def test_where_rows_are_counted_and_none_known_comes_again_a_page_is_not_sure():
    refonte = PagedVendor(rows=rows_at(*[0] * 250))
    shown: list[str] = []

    def between(listing: FetchedPage) -> None:
        shown.extend(names_of(listing))
        if len(shown) == 100:
            refonte.leave(*shown)

    pages = refonte.walk(between, limit=50)

    assert any(listing.page.is_unsure for listing in pages)


@pytest.mark.parametrize("cap", [2, 10, 20])
@pytest.mark.parametrize("moments", [range(230), [0] * 40 + [*range(190)]])
def test_a_vendor_that_gives_fewer_rows_than_asked_for_is_followed_to_its_total(
    cap: int, moments: list[int]
):
    refonte = PagedVendor(rows=rows_at(*moments), cap=cap, has_flag=False)

    pages = refonte.walk(limit=50)

    assert len(names_of(*pages)) == len(set(names_of(*pages))) == 230
    assert pages[-1].page.told_total is None


def test_a_list_that_ends_below_its_told_total_says_so():
    refonte = PagedVendor(rows=rows_at(*range(60)), total=230)
    pages = refonte.walk(limit=50)

    assert len(names_of(*pages)) == 60
    assert [listing.page.told_total is None for listing in pages] == [True, False]


@pytest.mark.parametrize("limit", [25, 100])
def test_a_vendor_that_ignores_the_moment_is_followed_by_number_in_one_call_a_page(limit: int):
    refonte = PagedVendor(rows=rows_at(*range(0, 25_400, 100)), hears_end=False)

    pages = refonte.walk(limit=limit)

    assert len(names_of(*pages)) == len(set(names_of(*pages))) == 254
    assert [listing.page.counted for listing in pages[:2]] == [None, Counted.BOUND_IGNORED]
    assert {listing.page.counted for listing in pages[2:]} <= {Counted.BEFORE}
    assert len(refonte.asked) == len(pages) + 1
    assert {listing.page.total for listing in pages} == {254}


def test_a_vendor_that_gives_one_page_over_and_over_is_not_followed():
    refonte = PagedVendor(rows=rows_at(*range(254)), hears_end=False, hears_offset=False)

    *pages, last = refonte.walk(limit=25)

    assert len(names_of(*pages)) == len(set(names_of(*pages))) <= 100
    assert names_of(last) == []
    assert [listing.page.is_stuck for listing in (pages[-1], last)] == [False, True]


@pytest.mark.parametrize("limit", [25, 100])
@pytest.mark.parametrize("has_times", [True, False])
def test_a_vendor_that_always_says_more_is_read_to_its_end(limit: int, has_times: bool):
    rows = [(name, created if has_times else None) for name, created in rows_at(*range(120))]
    refonte = PagedVendor(rows=rows, always_more=True, total=None)

    pages = refonte.walk(limit=limit)

    assert names_of(*pages) == [f"kitten-{number:03}" for number in range(120)]
    assert not any(listing.page.is_stuck for listing in pages)
    assert pages[-1].page.counted is None


@pytest.mark.parametrize("newer", [0, 3])
@pytest.mark.parametrize("leaving", [0, 5])
def test_rows_without_times_come_once_while_some_leave_and_arrive(newer: int, leaving: int):
    refonte = PagedVendor(rows=[(f"kitten-{number:03}", None) for number in range(120)])

    def between(listing: FetchedPage) -> None:
        refonte.leave(*names_of(listing)[-leaving:] if leaving else ())
        refonte.rows[:0] = [(f"late-{len(refonte.asked)}-{n}", None) for n in range(newer)]

    pages = refonte.walk(between, limit=25)

    assert names_of(*pages) == [f"kitten-{number:03}" for number in range(120)]
    assert {listing.page.counted for listing in pages} == {Counted.NO_TIMES}


def test_a_list_in_another_order_is_counted():
    refonte = PagedVendor(rows=[*reversed(rows_at(*range(120)))])

    pages = refonte.walk(limit=50)

    assert len(names_of(*pages)) == len(set(names_of(*pages))) == 120
    assert pages[0].page.counted is Counted.NOT_IN_ORDER


@pytest.mark.parametrize("created", [None, NOON])
def test_rows_without_names_are_counted_and_passed(created: object):
    when = NOON if created else None
    refonte = PagedVendor(rows=[(None, when)] * 60 + [("kitten", when)])

    pages = refonte.walk(limit=25)

    assert names_of(*pages) == ["kitten"]
    assert sum(listing.page.unread for listing in pages) == 60
    assert pages[0].page.passed == 25


# Too large


@pytest.mark.parametrize("fits", [1, 3, 12, 40])
@pytest.mark.parametrize("limit", [50, 100])
def test_a_page_that_is_too_large_is_halved_until_it_fits(fits: int, limit: int):
    refonte = PagedVendor(rows=rows_at(*range(0, 12_000, 100)), fits=fits)

    pages = refonte.walk(limit=limit)

    assert len(names_of(*pages)) == len(set(names_of(*pages))) == 120
    assert pages[0].is_shortened
    assert all(len(names_of(listing)) <= fits for listing in pages)


def test_what_fitted_is_asked_for_again_and_a_page_that_fits_costs_one_call():
    refonte = PagedVendor(rows=rows_at(*range(120)), fits=50)

    refonte.walk(limit=100)
    tries = [query.limit for query in refonte.asked]
    refonte.asked.clear()
    pages = refonte.walk(limit=100)

    assert tries == [100, 50, 50, 50]
    assert len(refonte.asked) == len(pages) == len(tries) - 1


def test_one_row_that_is_too_large_by_itself_ends_it_after_seven_tries():
    refonte = PagedVendor(rows=rows_at(0, 1), fits=0)

    [listing] = refonte.walk(limit=100)

    assert listing.reading.failure
    assert [query.limit for query in refonte.asked] == [100, 50, 25, 12, 6, 3, 1]


def test_a_row_of_the_very_millisecond_asked_up_to_keeps_to_it():
    """Bounds are sent in milliseconds, and times may be told finer."""
    finer = NOON + timedelta(microseconds=400)
    asked = ListQuery(end_time=NOON)
    answer = parse_page({"docs": [{"name": "b", "created_at": finer.isoformat()}]}, limit=25)

    assert not is_beyond(asked, answer)
    assert is_beyond(replace(asked, end_time=NOON - timedelta(milliseconds=1)), answer)

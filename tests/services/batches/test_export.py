"""A list as a whole: every batch once, whatever happens meanwhile; an early end says so."""

import gc
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.utils import timezone
from pytest_django.fixtures import Settings

from batches.models import ApiKey, SeenBatch, StoredReading
from batches.refonte import ListQuery
from batches.sandbox import Sandbox
from batches.services.batches import export as batch_export
from batches.services.batches.export import (
    LEASE_LENGTH,
    AlreadyExporting,
    FirstPageUnread,
    Pages,
    TooManyExports,
    export_list,
)
from batches.services.batches.export_pages import Bound, Cut, ExportPage
from batches.services.keys.types import KeyHandle
from batches.services.readings.queries import list_query
from batches.services.readings.read import last_known
from batches.services.vendor import calls as vendor
from tests.faults.large_rows import LargeRows
from tests.support.batch_lists import add, filters
from tests.support.clock import NOON
from tests.support.vendor import KeyMaker

LIST = "GET /v1/batches"

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def export(alice: User, key: KeyHandle) -> Callable[..., Pages[ExportPage]]:
    def begin(**fields: Any) -> Pages[ExportPage]:
        return export_list(user=alice, key=key, filters=filters(**fields))

    return begin


Export = Callable[..., Pages[ExportPage]]


def kittens(count: int) -> list[str]:
    return [f"kitten-{number:03}" for number in range(count)]


def names_of(pages: Iterator[ExportPage]) -> list[str]:
    return [row.name for page in pages for row in page.rows]


def cut_of(pages: Iterator[ExportPage]) -> Cut | None:
    *_, last = pages
    return last.cut


def test_every_batch_is_there_once_and_newest_first(export: Export, refonte: Sandbox):
    add(refonte, *kittens(250))

    pages = list(export(limit=25, seen=50))

    assert names_of(iter(pages)) == kittens(250)
    assert [len(page.rows) for page in pages] == [100, 99, 51]
    assert [page.cut for page in pages] == [None] * 3


def test_a_page_is_one_call_of_a_hundred_rows_when_it_is_wanted(export: Export, refonte: Sandbox):
    add(refonte, *kittens(250))

    pages = export()

    assert len(refonte.calls_to("GET", "/batches")) == 1
    next(pages)
    assert len(refonte.calls_to("GET", "/batches")) == 1
    list(pages)
    calls = refonte.calls_to("GET", "/batches")
    assert [call.query["limit"] for call in calls] == ["100"] * 3
    assert len(refonte.calls) == 3


def test_batches_created_meanwhile_move_no_row(
    export: Export, refonte: Sandbox, clock: time_machine.Traveller
):
    add(refonte, *kittens(250))
    found = []

    for page in export():
        found += [row.name for row in page.rows]
        clock.shift(1)
        refonte.add_batch(f"late-{timezone.now()}", created_at=timezone.now())

    assert found == kittens(250)


def test_batches_of_one_millisecond_are_all_there(export: Export, refonte: Sandbox):
    for name in kittens(250):
        refonte.add_batch(name, created_at=NOON)

    assert sorted(names_of(export())) == kittens(250)


def test_rows_without_times_are_there_once(export: Export, refonte: Sandbox):
    refonte.configure(fields="null")
    add(refonte, *kittens(250))
    found = []

    for page in export():
        found += [row.name for row in page.rows]
        refonte.add_batch(f"late-{len(found)}", created_at=timezone.now() + timedelta(minutes=1))

    assert found == kittens(250)


def test_what_a_page_says_is_remembered(export: Export, refonte: Sandbox):
    add(refonte, *kittens(150))

    list(export())

    assert SeenBatch.objects.count() == 150


def test_a_search_gives_what_was_seen_and_asks_nobody(
    export: Export, refonte: Sandbox, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(batch_export, "ROWS_A_SEARCH", 20)
    add(refonte, *kittens(50), "puppy")
    list(export())
    refonte.forget_calls()

    assert names_of(export(q="kitten")) == kittens(50)
    assert not refonte.calls


# Where it ends early


def test_a_failure_midway_ends_it_and_says_how_far_it_came(export: Export, refonte: Sandbox):
    add(refonte, *kittens(250))
    pages = export()
    next(pages)
    refonte.fault("status", LIST, code=500)

    [last] = pages

    assert last.rows == ()
    assert last.cut
    assert last.cut.failure
    assert last.cut.failure.outcome == "vendor_error"
    assert (last.cut.written, last.cut.total) == (100, 250)


def test_an_older_page_that_is_held_stands_in_for_none(
    export: Export, refonte: Sandbox, clock: time_machine.Traveller
):
    add(refonte, *kittens(250))
    list(export())
    clock.shift(60)
    pages = export()
    next(pages)
    refonte.fault("status", LIST, code=500)

    assert names_of(pages) == []


@pytest.mark.parametrize("is_known", [False, True])
def test_without_a_first_page_there_is_nothing(
    is_known: bool, export: Export, refonte: Sandbox, clock: time_machine.Traveller
):
    if is_known:
        add(refonte, "kitten")
        list(export())
        clock.shift(60)
    refonte.fault("status", LIST, code=500)

    with pytest.raises(FirstPageUnread) as unread:
        export()

    assert unread.value.reading.failure
    assert unread.value.retry_after == 5
    refonte.reset()
    clock.shift(6)
    list(export())  # its turn was given back


def test_it_stops_where_asking_is_not_wanted_any_more(export: Export, refonte: Sandbox):
    add(refonte, *kittens(250))
    pages = export()
    ApiKey.objects.update(not_before=NOON + timedelta(seconds=30))
    refonte.forget_calls()

    cut = cut_of(pages)

    assert cut
    assert cut.failure
    assert cut.failure.outcome == "throttled"
    assert not refonte.calls


@pytest.mark.parametrize("change", [{"is_shared": False}, {"fingerprint": "0" * 16}])
def test_a_key_that_is_taken_away_ends_it(
    change: dict[str, Any], bob: User, alice: User, key_for: KeyMaker, refonte: Sandbox
):
    add(refonte, *kittens(250))
    shared = key_for(alice, is_shared=True)
    pages = export_list(user=bob, key=shared, filters=filters())
    ApiKey.objects.update(**change)
    refonte.forget_calls()

    cut = cut_of(pages)

    assert cut
    assert cut.failure
    assert cut.failure.message == "You can no longer use this key."
    assert not refonte.calls


def disable(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


def take_role(user: User) -> None:
    user.groups.clear()


@pytest.mark.parametrize("lose", [disable, take_role])
def test_who_may_not_read_any_more_gets_no_further_page(
    lose: Callable[[User], None], export: Export, alice: User, refonte: Sandbox
):
    add(refonte, *kittens(250))
    pages = export()
    lose(alice)
    refonte.forget_calls()

    cut = cut_of(pages)

    assert cut
    assert cut.written == 100
    assert cut.failure
    assert cut.failure.message == "Your account can no longer read."
    assert not refonte.calls


def test_as_many_as_may_be_are_whole(
    export: Export, refonte: Sandbox, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(batch_export, "ROWS_AT_MOST", 150)
    add(refonte, *kittens(150))

    assert cut_of(export()) is None


def test_what_is_beyond_the_limit_is_counted(
    export: Export, refonte: Sandbox, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(batch_export, "ROWS_AT_MOST", 150)
    add(refonte, *kittens(250))

    *pages, last = export()

    assert names_of(iter(pages)) == kittens(150)
    assert last.cut == Cut(bound=Bound.ROWS, written=150, total=250)


def test_a_vendor_that_turns_in_circles_is_not_followed(export: Export, refonte: Sandbox):
    body = '{"docs": [{"name": "a"}, {"name": "b"}], "has_more": true}'
    refonte.fault("status", LIST, code=200, body=body)

    *pages, last = export()

    assert names_of(iter(pages)) == ["a", "b"]
    assert last.cut
    assert last.cut.failure
    assert last.cut.failure.outcome == "bad_answer"
    assert len(refonte.calls_to("GET", "/batches")) == 2


@pytest.mark.parametrize("at_once", [1, 40])
def test_batches_that_leave_the_filter_meanwhile_take_no_other_with_them(
    at_once: int, export: Export, refonte: Sandbox
):
    for number, name in enumerate(kittens(250)):
        minutes = number if number < 60 or number >= 60 + at_once else 60
        refonte.add_batch(name, created_at=NOON - timedelta(minutes=minutes), status="in_progress")
    found: list[str] = []

    pages = list(follow(export(status="in_progress"), found, refonte))

    assert sorted(found) == kittens(250)
    assert not any(page.cut for page in pages)


def follow(pages: Pages[ExportPage], found: list[str], refonte: Sandbox) -> Iterator[ExportPage]:
    """The last thirty of each page are completed once it is there."""
    for page in pages:
        names = [row.name for row in page.rows]
        found += names
        for name in names[-30:]:
            refonte.set_status(name, "completed")
        yield page


def test_a_vendor_with_smaller_pages_than_asked_for_is_read_to_its_total(
    export: Export, refonte: Sandbox
):
    refonte.configure(envelope="unmarked_small_pages")
    add(refonte, *kittens(110))

    pages = list(export())

    assert names_of(iter(pages)) == kittens(110)
    assert not any(page.cut for page in pages)


def test_a_list_that_ends_below_its_total_is_incomplete(export: Export, refonte: Sandbox):
    body = {"docs": [{"name": "a"}], "has_more": False, "total": 230}
    refonte.fault("status", LIST, code=200, body=body)

    cut = cut_of(export())

    assert cut == Cut(told_total=230, written=1, total=230)


def test_rows_without_names_are_counted_in_the_end(export: Export, refonte: Sandbox):
    add(refonte, *kittens(150))
    refonte.fault("wrong_shape", LIST, shape="missing_names", times=1)

    cut = cut_of(export())

    assert cut == Cut(unread=50, written=100, total=150)


def test_what_does_not_fit_at_once_comes_in_smaller_pages(export: Export, refonte: Sandbox):
    add(refonte, *kittens(120), metadata={"text": "m" * 60_000})

    pages = list(export())

    assert names_of(iter(pages)) == kittens(120)
    assert not any(page.cut for page in pages)
    assert len(refonte.calls) == 4


# What it takes


@pytest.mark.parametrize(
    ("name", "most", "bound"),
    [("CALLS_AT_MOST", 2, Bound.CALLS), ("BYTES_AT_MOST", 30_000, Bound.BYTES)],
)
def test_it_is_bounded_and_says_so(
    name: str,
    most: int,
    bound: Bound,
    export: Export,
    refonte: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(batch_export, name, most)
    add(refonte, *kittens(250))

    cut = cut_of(export())

    assert cut
    assert cut.bound is bound
    assert (cut.written < 250, cut.total) == (True, 250)


def test_its_pages_are_neither_cached_nor_stored(export: Export, refonte: Sandbox, key: KeyHandle):
    add(refonte, *kittens(150))

    list(export())

    assert not StoredReading.objects.exists()
    assert last_known(key=key, query=list_query(ListQuery(limit=100))).as_of is None


@pytest.mark.parametrize(("rows", "size"), [(1_200, 40_000), (16, 3_000_000)])
def test_its_memory_does_not_grow_with_its_length(
    rows: int, size: int, export: Export, settings: Settings
):
    """48 MB are read; of one page, at most 4 MB, some copies may be there at once."""
    with LargeRows(rows=rows, size=size) as large:
        settings.REFONTE_API_URL = large.url
        vendor.vendor_client.cache_clear()
        tracemalloc.start()
        try:
            written = [row.name for page in export() for row in page.rows]
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert len(written) == len(set(written)) == rows
    assert peak < 24_000_000
    assert not StoredReading.objects.exists()


# One at a time


def test_a_second_one_at_once_is_refused_until_the_first_is_over(export: Export, refonte: Sandbox):
    add(refonte, *kittens(250))
    first = export()
    next(first)

    with pytest.raises(AlreadyExporting):
        export()
    first.close()

    assert names_of(export()) == kittens(250)
    assert names_of(export()) == kittens(250)


def test_each_person_has_one_turn_whatever_the_key(
    export: Export, alice: User, bob: User, key_for: KeyMaker, refonte: Sandbox
):
    hers = export()
    his = export_list(user=bob, key=key_for(bob), filters=filters())

    with pytest.raises(AlreadyExporting):
        export_list(user=alice, key=key_for(alice, mode="test"), filters=filters())

    assert names_of(hers) == names_of(his) == []


def in_another_process() -> None:
    """What a process keeps to itself is gone; what stands in the database stays."""
    vendor.safeguards.cache_clear()


def test_one_at_a_time_is_counted_over_all_processes(export: Export, refonte: Sandbox):
    add(refonte, *kittens(250))
    first = export()
    in_another_process()

    with pytest.raises(AlreadyExporting):
        export()
    first.close()

    assert names_of(export()) == kittens(250)


@pytest.mark.parametrize("seconds", [61, -3600])
def test_one_whose_process_was_killed_is_over_after_a_minute_or_when_the_clock_is_set_back(
    seconds: float, export: Export, refonte: Sandbox, clock: time_machine.Traveller
):
    killed = export()
    in_another_process()
    clock.shift(seconds)

    assert names_of(export()) == []
    killed.close()


def test_every_page_of_a_long_one_renews_it(
    export: Export, refonte: Sandbox, clock: time_machine.Traveller
):
    add(refonte, *kittens(450))
    pages = export()
    for _ in range(3):
        next(pages)
        clock.shift(50)
    in_another_process()

    with pytest.raises(AlreadyExporting):
        export()


def test_one_that_paused_for_longer_ends_where_another_one_began(
    export: Export, refonte: Sandbox, clock: time_machine.Traveller
):
    add(refonte, *kittens(250))
    paused = export()
    next(paused)
    in_another_process()
    clock.shift(61)
    second = export()

    cut = cut_of(paused)

    assert cut
    assert cut.failure
    assert cut.failure.message == "You began another download while this one paused."
    assert names_of(second) == kittens(250)


def test_a_search_goes_on_behind_its_last_row(
    export: Export, key: KeyHandle, refonte: Sandbox, monkeypatch: pytest.MonkeyPatch
):
    """Some at one moment, some undated; what comes in above while it is read moves none of them."""
    monkeypatch.setattr(batch_export, "ROWS_A_SEARCH", 10)
    names = kittens(45)
    SeenBatch.objects.bulk_create(seen(key, name, place) for place, name in enumerate(names))
    pages = export(q="kitten")
    found = [row.name for row in next(pages).rows]
    SeenBatch.objects.bulk_create([seen(key, "kitten-new", -1)])

    found += [row.name for page in pages for row in page.rows]

    assert found == names


def seen(key: KeyHandle, name: str, place: int) -> SeenBatch:
    """Seven at one moment each; those from the 30th on are undated."""
    created = None if place >= 30 else NOON - timedelta(minutes=place // 7)
    return SeenBatch(fingerprint=key.fingerprint, name=name, created_at=created, seen_at=NOON)


def test_only_so_many_are_under_way(export: Export, refonte: Sandbox):
    with ExitStack() as of_others:
        for number in range(vendor.EXPORTS):
            of_others.enter_context(vendor.safeguards().exports.take(f"somebody {number}"))
        with pytest.raises(TooManyExports):
            export()

    assert names_of(export()) == []


def test_one_that_is_never_closed_ends_with_its_lease(
    export: Export, refonte: Sandbox, clock: time_machine.Traveller
):
    pages = export()
    del pages

    with pytest.raises(AlreadyExporting):
        export()
    clock.shift(LEASE_LENGTH + timedelta(seconds=1))
    list(export())


def test_only_while_it_asks_it_has_a_readers_room(export: Export, refonte: Sandbox):
    add(refonte, *kittens(250))
    pages = export()
    next(pages)

    with ExitStack() as all_rooms:
        for _ in range(vendor.READERS):
            all_rooms.enter_context(vendor.safeguards().readers.enter())
        cut = cut_of(pages)

    assert cut
    assert cut.failure
    assert cut.failure.outcome == "busy"


def test_one_that_is_never_closed_asks_the_database_nothing_when_its_memory_is_collected(
    export: Export, refonte: Sandbox, django_assert_num_queries: Any
):
    """That may happen within a statement of the same connection, which would wait for itself."""
    add(refonte, *kittens(250))
    pages = export()
    next(pages)

    with django_assert_num_queries(0):
        del pages
        gc.collect()

    with pytest.raises(AlreadyExporting):
        export()

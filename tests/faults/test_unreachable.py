"""A vendor that cannot be reached at all, or cannot prove who it is: nothing sent, pages stay."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

import pytest
from django.test import override_settings
from pytest_django.fixtures import Settings

from batches.services.vendor import calls
from tests.faults.calls import ALL, READS, SPARE, Cell, House, run_side_by_side
from tests.faults.certificates import Authority
from tests.faults.hosts import name_lookup_fails, name_lookup_hangs, port_of_nobody
from tests.faults.spoiled import SpoiledVendor
from tests.faults.table import note_row

Way = Callable[[House, Authority], AbstractContextManager[tuple[str, str]]]


@contextmanager
def refused(house: House, authority: Authority) -> Iterator[tuple[str, str]]:
    yield f"http://127.0.0.1:{port_of_nobody()}/v1", ""


@contextmanager
def unknown_host(house: House, authority: Authority) -> Iterator[tuple[str, str]]:
    with name_lookup_fails() as host:
        yield f"https://{host}/v1", ""


@contextmanager
def lookup_hangs(house: House, authority: Authority) -> Iterator[tuple[str, str]]:
    with name_lookup_hangs() as host:
        yield f"https://{host}/v1", ""


@contextmanager
def unknown_authority(house: House, authority: Authority) -> Iterator[tuple[str, str]]:
    with SpoiledVendor(house.sandbox, tls=authority.serve_as("127.0.0.1")) as impostor:
        yield impostor.url, ""


@contextmanager
def expired(house: House, authority: Authority) -> Iterator[tuple[str, str]]:
    tls = authority.serve_as("127.0.0.1", days_left=-1)
    with SpoiledVendor(house.sandbox, tls=tls) as impostor:
        yield impostor.url, str(authority.bundle)


@contextmanager
def wrong_name(house: House, authority: Authority) -> Iterator[tuple[str, str]]:
    with SpoiledVendor(house.sandbox, tls=authority.serve_as("other.test")) as impostor:
        yield impostor.url, str(authority.bundle)


WAYS: dict[str, Way] = {
    "connection refused": refused,
    "DNS failure": unknown_host,
    "DNS hangs": lookup_hangs,
    "unknown CA": unknown_authority,
    "expired certificate": expired,
    "wrong name": wrong_name,
}


@pytest.mark.parametrize("way", WAYS)
def test_what_cannot_be_reached_was_not_sent_and_pages_stay(
    way: str,
    house: House,
    authority: Authority,
    timeout: float,
    request: pytest.FixtureRequest,
):
    @contextmanager
    def broken(_: Sequence[Cell]) -> Iterator[None]:
        with (
            WAYS[way](house, authority) as (url, bundle),
            override_settings(REFONTE_API_URL=url, REFONTE_CA_BUNDLE=bundle),
        ):
            calls.client.cache_clear()
            house.sandbox.forget_calls()
            yield
        calls.client.cache_clear()

    cells = house.run(ALL, broken, side_by_side=way == "DNS hangs")
    note_row(request, way, cells)

    assert {c.outcome for c in cells if c.call.is_write} == {"not_sent"}
    assert {c.outcome for c in cells if not c.call.is_write} == {"last state"}
    assert all(cell.says_enough and cell.seconds <= timeout + SPARE for cell in cells)
    assert not house.sandbox.calls


def test_a_lookup_that_hangs_leaves_one_thread_behind_however_many_ask(
    house: House, authority: Authority, settings: Settings
):
    cells = house.cells(READS)
    with lookup_hangs(house, authority) as (settings.REFONTE_API_URL, _):
        calls.client.cache_clear()
        for _ in range(2):
            run_side_by_side(cells)
        left_behind = [t for t in threading.enumerate() if "_resolve" in t.name]

    assert len(left_behind) == 1

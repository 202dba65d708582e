"""A vendor that cannot be reached at all, or cannot prove who it is: nothing sent, pages stay."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

import pytest
from django.test import override_settings
from pytest_django.fixtures import Settings

from batches.services.vendor import calls
from tests.faults.calls import ALL, READS, SPARE, Attempt, Console, run_side_by_side
from tests.faults.certificates import Authority
from tests.faults.hosts import name_lookup_fails, name_lookup_hangs, port_of_nobody
from tests.faults.spoiled import SpoiledVendor
from tests.faults.table import note_row

pytestmark = pytest.mark.unmeasured  # other tests take these paths; measuring doubles the time

Way = Callable[[Console, Authority], AbstractContextManager[tuple[str, str]]]


@contextmanager
def refused(console: Console, authority: Authority) -> Iterator[tuple[str, str]]:
    yield f"http://127.0.0.1:{port_of_nobody()}/v1", ""


@contextmanager
def unknown_host(console: Console, authority: Authority) -> Iterator[tuple[str, str]]:
    with name_lookup_fails() as host:
        yield f"https://{host}/v1", ""


@contextmanager
def lookup_hangs(console: Console, authority: Authority) -> Iterator[tuple[str, str]]:
    with name_lookup_hangs() as host:
        yield f"https://{host}/v1", ""


@contextmanager
def unknown_authority(console: Console, authority: Authority) -> Iterator[tuple[str, str]]:
    with SpoiledVendor(console.sandbox, tls=authority.serve_as("127.0.0.1")) as impostor:
        yield impostor.url, ""


@contextmanager
def expired(console: Console, authority: Authority) -> Iterator[tuple[str, str]]:
    tls = authority.serve_as("127.0.0.1", days_left=-1)
    with SpoiledVendor(console.sandbox, tls=tls) as impostor:
        yield impostor.url, str(authority.bundle)


@contextmanager
def wrong_name(console: Console, authority: Authority) -> Iterator[tuple[str, str]]:
    with SpoiledVendor(console.sandbox, tls=authority.serve_as("other.test")) as impostor:
        yield impostor.url, str(authority.bundle)


WAYS: dict[str, Way] = {
    "connection refused": refused,
    "DNS failure": unknown_host,
    "DNS hangs": lookup_hangs,
    "unknown CA": unknown_authority,
    "expired certificate": expired,
    "wrong name": wrong_name,
}


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_what_cannot_be_reached_was_not_sent_and_pages_stay(
    way: str,
    console: Console,
    authority: Authority,
    timeout: float,
    settings: Settings,
    request: pytest.FixtureRequest,
):
    # only what hangs takes the whole deadline; of any other the deadline must change nothing
    settings.REFONTE_TIMEOUT = timeout if way == "DNS hangs" else 30

    @contextmanager
    def broken(_: Sequence[Attempt]) -> Iterator[None]:
        with (
            WAYS[way](console, authority) as (url, bundle),
            override_settings(REFONTE_API_URL=url, REFONTE_CA_BUNDLE=bundle),
        ):
            calls.vendor_client.cache_clear()
            console.sandbox.forget_calls()
            yield
        calls.vendor_client.cache_clear()

    attempts = console.run(ALL, broken, side_by_side=way == "DNS hangs")
    note_row(request, way, attempts)

    assert {c.outcome for c in attempts if c.call.is_write} == {"not_sent"}
    assert {c.outcome for c in attempts if not c.call.is_write} == {"last state"}
    assert all(attempt.says_enough and attempt.seconds <= timeout + SPARE for attempt in attempts)
    assert not console.sandbox.calls


def test_a_lookup_that_hangs_leaves_one_thread_behind_however_many_ask(
    console: Console, authority: Authority, settings: Settings
):
    attempts = console.attempts(READS)
    with lookup_hangs(console, authority) as (settings.REFONTE_API_URL, _):
        calls.vendor_client.cache_clear()
        for _ in range(2):
            run_side_by_side(attempts)
        left_behind = [t for t in threading.enumerate() if "_resolve" in t.name]

    assert len(left_behind) == 1

"""What a poll asks of Redis: freshness is decided from one look at all that is needed."""

from collections.abc import Iterator

import pytest
from django.test import override_settings
from redis.connection import AbstractConnection

from batches.services.cache import store
from tests.faults.calls import READS, Call, Console

LIST_POLL, DETAIL_POLL = READS[2:]
MOST_TRIPS = 3


@pytest.fixture
def trips(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[object]]:
    """Every message to Redis: a command, or a pipeline of several."""
    sent: list[object] = []
    send = AbstractConnection.send_packed_command

    def noting(self: AbstractConnection, command: object, check_health: bool = True) -> None:
        sent.append(command)
        send(self, command, check_health)

    with override_settings(REDIS_URL=redis_url):
        store.backend.cache_clear()
        monkeypatch.setattr(AbstractConnection, "send_packed_command", noting)
        yield sent
    store.backend.cache_clear()


@pytest.mark.services
@pytest.mark.parametrize("call", [LIST_POLL, DETAIL_POLL], ids=["list", "batch"])
def test_a_poll_whose_readings_are_fresh_takes_three_round_trips_at_most(
    call: Call, console: Console, trips: list[object]
):
    [viewer] = console.attempts([call])
    viewer.prime()
    asked = len(console.sandbox.calls)
    trips.clear()

    viewer.run()

    assert viewer.outcome == "live"
    assert len(console.sandbox.calls) == asked
    assert 0 < len(trips) <= MOST_TRIPS

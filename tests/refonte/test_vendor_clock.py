"""Answers that are older than their question, told by the vendor's own clock."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import time_machine

from batches.refonte import BadAnswer, Client, Deadline, Secret
from batches.refonte.vendor_clock import TOLERANCE, VendorClock
from tests.faults.exchange import Exchange
from tests.faults.server import FaultServer
from tests.support.clock import NOON

KEY = Secret("live_alice_0001")


def dated(offset: float, **headers: str) -> dict[str, str]:
    moment = NOON + timedelta(seconds=offset)
    return {"date": format_datetime(moment, usegmt=True)} | headers


def judged(*offsets: float) -> list[bool]:
    """Each answer's `Date` against the moment of its question."""
    clock = VendorClock()
    return [clock.is_older(dated(offset), NOON.timestamp()) for offset in offsets]


@pytest.mark.parametrize(
    ("offsets", "are_older"),
    [
        ([0, -1, 0, 1], [False] * 4),
        ([-3600, -3601, -3599], [False] * 3),  # their clock is slow, and stays so
        ([3600, 3600 - TOLERANCE], [False] * 2),
        ([0, -6], [False, True]),
        ([3600, 3590, 3590], [False, True, False]),  # another server of theirs: believed from now
        ([0, -86400, -86400, 0], [False, True, False, False]),  # a clock was set
    ],
)
def test_an_answer_is_older_where_its_date_falls_behind_all_before_it(
    offsets: list[float], are_older: list[bool]
) -> None:
    assert judged(*offsets) == are_older


@pytest.mark.parametrize("headers", [{}, {"date": "soon"}, dated(-60, age="60")])
def test_an_answer_that_does_not_say_when_it_was_made_is_not_judged(
    headers: dict[str, str],
) -> None:
    clock = VendorClock()
    clock.is_older(dated(0), NOON.timestamp())
    assert not clock.is_older(headers, NOON.timestamp())


def by_date(exchange: Exchange) -> bool:
    """Answers that were all made at noon."""
    body, date = exchange.answer, format_datetime(NOON, usegmt=True)
    head = f"HTTP/1.1 200 OK\r\nDate: {date}\r\nContent-Length: {len(body)}\r\n\r\n"
    exchange.send(head.encode() + body)
    return True


def test_an_older_answer_is_refused_with_its_connection_and_a_new_one_is_believed() -> None:
    with FaultServer(by_date) as vendor, time_machine.travel(NOON, tick=False) as clock:
        client = Client(vendor.url)
        client.get_batch(KEY, "kitten-07", deadline=Deadline(5))
        clock.shift(9)
        with pytest.raises(BadAnswer, match="older than the request"):
            client.get_batch(KEY, "kitten-07", deadline=Deadline(5))
        answer = client.get_batch(KEY, "kitten-07", deadline=Deadline(5))
    assert (vendor.connections, answer.vendor_date) == (2, datetime(2026, 11, 23, 12, tzinfo=UTC))

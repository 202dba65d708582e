"""Two keys in turn over one client: whatever the wire does, nothing of one reaches the other."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from batches.refonte import (
    Answer,
    BadAnswer,
    Batch,
    Client,
    Deadline,
    NoAnswer,
    NotFound,
    RefonteError,
    Secret,
)
from batches.refonte.connection import WatchedHTTP
from batches.refonte.messages import Request
from batches.refonte.transport import PooledTransport
from batches.sandbox.demo_keys import key_of
from tests.faults.certificates import Authority
from tests.faults.exchange import Exchange, Received, head
from tests.faults.faults import FAULTS
from tests.faults.framed import Fault
from tests.faults.proxies import tunnel
from tests.faults.server import FaultServer

ALICE, BOB = Secret("live_alice_0001"), Secret("live_bob_000002")
SECONDS = 0.25  # what lasts must end, and soon
CALLS = (ALICE, BOB, ALICE, BOB, BOB, ALICE)


def person(api_key: str) -> str:
    """The middle of a key: a whole one would be hidden in an answer."""
    return api_key.split("_")[1]


def whose(received: Received) -> bytes:
    """An answer that tells for whom it was made."""
    owner = person(key_of(received.headers.get("authorization")) or "live_nobody_1")
    return json.dumps({"name": "kitten-07", "status": owner, "result": "success"}).encode()


def read(client: Client, key: Secret) -> Answer[Batch]:
    return client.get_batch(key, "kitten-07", deadline=Deadline(SECONDS))


def write(client: Client, key: Secret) -> Answer[Batch]:
    deadline = Deadline(SECONDS)
    return client.create_batch(key, project="kittens", name="kitten-07", deadline=deadline)


def crossed(client: Client, call: Callable[[Client, Secret], Answer[Batch]]) -> list[str]:
    """What either was told that was the other's."""
    told: list[str] = []
    for owner in (person(key.reveal()) for key in CALLS):
        with suppress(RefonteError):
            status = call(client, ALICE if owner == "alice" else BOB).data.status
            told += [f"{status} for {owner}"] * (status != owner)
    return told


@pytest.mark.parametrize("call", [read, write])
@pytest.mark.parametrize("fault", FAULTS)
def test_nothing_crosses(fault: str, call: Callable[[Client, Secret], Answer[Batch]]) -> None:
    def by_turns(exchange: Exchange) -> bool:
        is_spoilt = exchange.received.headers["authorization"] == ALICE.basic_auth()
        return FAULTS[fault if is_spoilt else "ok"](exchange)

    with FaultServer(by_turns, answer_to=whose) as vendor:
        assert crossed(Client(vendor.url), call) == []


@pytest.mark.parametrize("fault", ["interim_103", "second_answer", "length_too_short", "204"])
def test_nothing_crosses_in_tls_or_behind_a_proxy(fault: str, authority: Authority) -> None:
    tls = authority.serve_as("127.0.0.1")
    with FaultServer(fault, answer_to=whose, tls=tls) as vendor, FaultServer(tunnel) as proxy:
        bundle, address = str(authority.bundle), proxy.url.removesuffix("/v1")
        assert crossed(Client(vendor.url, ca_bundle=bundle), read) == []
        assert crossed(Client(vendor.url, ca_bundle=bundle, proxy=address), read) == []


def test_a_proxy_that_forwards_mixes_nobody_up() -> None:
    with FaultServer("second_answer", answer_to=whose) as proxy:
        client = Client("http://127.0.0.1:9/v1", proxy=proxy.url.removesuffix("/v1"))
        assert crossed(client, read) == []
        assert proxy.requests


UNCLEAN = [
    *("second_at_once", "second_unasked", "length_too_short", "length_and_chunked", "101"),
    *("204", "204_with_body", "interim_cut", "chunk_below_zero"),
    *("chunked_garbage", "header_malformed", "500_endless", "400_body_cut", "garbage_status"),
    *("reset_mid_body", "length_too_long", "last_chunk_missing", "interim_endless"),
]


@pytest.mark.parametrize("fault", UNCLEAN)
def test_a_connection_is_closed_whose_answer_was_not_read_exactly_to_its_end(fault: str) -> None:
    with FaultServer(fault, answer_to=whose) as vendor:
        client = Client(vendor.url)
        with suppress(RefonteError):
            read(client, ALICE)
        vendor.wait_for_idle()
        vendor.fault = "ok"
        assert read(client, ALICE).data.status == "alice"
    assert vendor.connections == 2


@pytest.mark.parametrize(
    "answer", [b'{"name": "kitten-08"}', b"<!doctype html><title>Sign in</title>", b"null"]
)
def test_a_connection_is_closed_whose_answer_was_to_another_question(answer: bytes) -> None:
    with FaultServer(answer=answer) as vendor:
        client = Client(vendor.url)
        for _ in range(3):
            with pytest.raises(BadAnswer):
                read(client, ALICE)
    assert vendor.connections == 3


def test_who_uses_the_connection_of_an_answer_that_is_refused_gets_none() -> None:
    """Two questions of one key: the second leaves before the first answer was understood."""
    with FaultServer("slow", answer_to=whose) as vendor:
        transport = PooledTransport()
        request = Request(method="GET", url=f"{vendor.url}/batches/kitten-07", key=ALICE)
        reply = transport.send(request, Deadline(5))
        with ThreadPoolExecutor(1) as pool:
            second = pool.submit(transport.send, request, Deadline(5))
            vendor.wait_for(2)
            reply.abandon()
            with pytest.raises(NoAnswer):
                second.result()
        assert transport.send(request, Deadline(5)).status == 200
    assert vendor.connections == 2


@pytest.mark.parametrize("fault", ["ok", "chunked", "interim_103", "interim_many", "404"])
def test_a_connection_is_kept_whose_answer_was(fault: str) -> None:
    with FaultServer(fault, answer_to=whose) as vendor:
        client = Client(vendor.url)
        with suppress(RefonteError):
            read(client, ALICE)
        vendor.fault = "ok"
        read(client, ALICE)
    assert vendor.connections == 1


def framed(*headers: str, status: str = "200 OK", behind: bytes = b"") -> Fault:
    def fault(exchange: Exchange) -> bool:
        exchange.send(head(status, *headers) + exchange.answer + behind)
        exchange.wait_for_next(0.02)
        return True

    return fault


ANSWER = whose(Received(method="GET", target="/", headers={}, body=b""))
LENGTH = f"Content-Length: {len(ANSWER)}"


@pytest.mark.parametrize(
    "headers",
    [
        (LENGTH, LENGTH),
        (LENGTH, "Connection: close"),
        (LENGTH, "Transfer-Encoding: identity"),
        (f"Content-Length: +{len(ANSWER)}",),
        (f"Content-Length: {len(ANSWER)}, {len(ANSWER)}",),
    ],
)
def test_a_connection_is_closed_where_the_end_of_an_answer_was_told_oddly(
    headers: tuple[str, ...],
) -> None:
    with FaultServer(framed(*headers), answer=ANSWER) as vendor:
        client = Client(vendor.url)
        with suppress(RefonteError):
            read(client, ALICE)
        vendor.fault = framed(LENGTH)
        read(client, ALICE)
    assert vendor.connections == 2


def test_no_late_answer_settles_a_write() -> None:
    """A refusal to read that comes twice, and a list of how it stood before."""
    with FaultServer(answer_to=whose) as vendor:
        client = Client(vendor.url)
        vendor.fault = lambda exchange: refuse_twice(exchange) if is_get(exchange) else ok(exchange)
        for _ in range(2):
            with pytest.raises(NotFound):
                read(client, ALICE)
            assert write(client, ALICE).data.status == "alice"
        vendor.fault = "second_answer"
        write(client, ALICE)
        vendor.fault = "ok"
        read(client, ALICE)
    assert vendor.connections == len(vendor.requests)


def is_get(exchange: Exchange) -> bool:
    return exchange.received.method == "GET"


ok = FAULTS["ok"]


def refuse_twice(exchange: Exchange) -> bool:
    exchange.status = "404 Not Found"
    return FAULTS["second_answer"](exchange)


def test_a_bounded_number_is_kept_over_all_keys_and_the_oldest_is_closed() -> None:
    with FaultServer(answer_to=whose) as vendor:
        client = Client(vendor.url, pool_size=3)
        for number in range(5):
            read(client, Secret(f"live_person_{number}"))
        for number in (4, 3, 2):
            read(client, Secret(f"live_person_{number}"))
        assert vendor.connections == 5
        read(client, Secret("live_person_0"))
    assert vendor.connections == 6


def test_a_connection_tells_nothing_of_the_key_it_serves() -> None:
    marks = {secret.pool_id() for secret in (ALICE, BOB, Secret("live_alice_0001"))}
    assert len(marks) == 2
    assert ALICE.reveal().encode() not in b"".join(marks)
    assert WatchedHTTP("127.0.0.1").owner == b""

"""What the wire sees: no memory between calls, nothing from the environment, nowhere else."""

import socket
import threading
from contextlib import suppress
from pathlib import Path
from select import select

import pytest

from batches.refonte import (
    BadAnswer,
    Client,
    Deadline,
    NoAnswer,
    NotSent,
    RefonteError,
    Rejected,
    Reply,
    Request,
    Secret,
)
from batches.refonte.connection import MAX_IDLE, open_socket
from batches.refonte.dns import Address, resolve
from tests.faults.certificates import Authority
from tests.faults.exchange import Exchange, head
from tests.faults.hosts import name_lookup_hangs, port_of_nobody
from tests.faults.proxies import tunnel
from tests.faults.server import FaultServer

ALICE, BOB = Secret("live_alice_0001"), Secret("live_bob_000002")


def get(client: Client, key: Secret = ALICE, seconds: float = 5) -> None:
    client.get_batch(key, "kitten-07", deadline=Deadline(seconds))


def set_cookie(exchange: Exchange) -> bool:
    exchange.send_json("200 OK", exchange.answer, "Set-Cookie: session=alice; Path=/")
    return True


def test_two_keys_over_one_client_share_neither_cookies_nor_auth() -> None:
    with FaultServer(set_cookie) as vendor:
        client = Client(vendor.url)
        for key in (ALICE, BOB, ALICE, BOB):
            get(client, key)
    seen = [request.headers for request in vendor.requests]
    auths = [headers["authorization"] for headers in seen]
    assert auths == [key.basic_auth() for key in (ALICE, BOB, ALICE, BOB)]
    assert not [headers for headers in seen if "cookie" in headers]
    assert vendor.connections == 2  # each key keeps its own


def test_json_is_asked_for_and_sent_as_it_is() -> None:
    with FaultServer() as vendor:
        client = Client(vendor.url)
        client.prioritize_batch(ALICE, "kitten-07", 10, deadline=Deadline(5))
        client.finalize_batch(ALICE, "kitten-07", deadline=Deadline(5))
    prioritize, finalize = vendor.requests
    headers = prioritize.headers
    assert (headers["accept-encoding"], headers["accept"]) == ("identity", "application/json")
    assert (headers["content-type"], prioritize.body) == ("application/json", b'{"priority": 10}')
    assert (finalize.headers["content-length"], finalize.body) == ("0", b"")


def test_the_environment_has_no_say(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login mallory password pw\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere.pem")
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with FaultServer() as vendor:
        get(Client(vendor.url))
    assert vendor.requests[0].headers["authorization"] == ALICE.basic_auth()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(status: int) -> None:
    with FaultServer() as elsewhere:

        def move(exchange: Exchange) -> bool:
            exchange.send(head(f"{status} Moved", f"Location: {elsewhere.url}", length=0))
            return True

        with FaultServer(move) as vendor, pytest.raises(BadAnswer) as caught:
            get(Client(vendor.url))
    assert (caught.value.http_status, elsewhere.requests) == (status, [])


@pytest.mark.parametrize("fault", ["503_retry_3600", "500", "closed_after_acting", "429_retry_2"])
def test_nothing_is_sent_twice(fault: str) -> None:
    with FaultServer(fault) as vendor:
        with pytest.raises(RefonteError):
            get(Client(vendor.url))
        with pytest.raises(RefonteError):
            Client(vendor.url).finalize_batch(ALICE, "kitten-07", deadline=Deadline(5))
    assert [request.method for request in vendor.requests] == ["GET", "POST"]


def test_a_connection_is_kept_after_answers_that_were_read_whole() -> None:
    with FaultServer() as vendor:
        client = Client(vendor.url)
        for fault in ("404", "500", "ok", "chunked", "429", "nan"):
            vendor.fault = fault
            with suppress(RefonteError):
                get(client)
    assert (len(vendor.requests), vendor.connections) == (6, 1)


def test_a_call_after_one_that_was_cut_begins_afresh() -> None:
    with FaultServer("body_dripped") as vendor:
        client = Client(vendor.url)
        with pytest.raises(NoAnswer, match=r"did not answer within 0\.3 s"):
            get(client, seconds=0.3)
        vendor.fault = "ok"
        get(client)
    assert vendor.connections == 2


def test_a_connection_idle_for_long_is_not_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    with FaultServer() as vendor:
        client = Client(vendor.url)
        get(client)
        monkeypatch.setattr("batches.refonte.connection.MAX_IDLE", MAX_IDLE - MAX_IDLE)
        get(client)
    assert vendor.connections == 2


def test_what_was_there_before_the_question_is_no_answer_to_it() -> None:
    with FaultServer("second_unasked") as vendor:
        client = Client(vendor.url)
        for _ in range(3):
            get(client)
            vendor.wait_for_idle()
    assert vendor.connections == 3


class TalksFirst(FaultServer):
    """Answers as soon as somebody connects."""

    def _answer_one(self, exchange: Exchange) -> bool:
        exchange.send_json("200 OK", exchange.answer)
        exchange.wait_for_next(1)
        return super()._answer_one(exchange)


def test_nothing_is_sent_to_a_vendor_that_talks_first(monkeypatch: pytest.MonkeyPatch) -> None:
    connect = open_socket

    def open_and_listen(addresses: list[Address], limit: Deadline) -> socket.socket:
        sock = connect(addresses, limit)
        select([sock], [], [], 5)
        return sock

    monkeypatch.setattr("batches.refonte.connection.open_socket", open_and_listen)
    with TalksFirst() as vendor, pytest.raises(NotSent):
        get(Client(vendor.url))
    assert vendor.requests == []


def test_a_connection_is_closed_whose_answer_came_before_the_whole_question(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Early(FaultServer):
        def _answer_one(self, exchange: Exchange) -> bool:
            if self.connections > 1:
                return super()._answer_one(exchange)
            exchange.conn.recv(1)
            exchange.send_json("400 Bad Request", b"{}")
            exchange.wait()
            return False

    def wait_for_answer(sock: socket.socket, timeout: float) -> bool:
        return select([sock], [], [], 5)[0] != []

    monkeypatch.setattr("batches.refonte.connection.wait_for_read", wait_for_answer)
    with Early() as vendor:
        client = Client(vendor.url)
        with pytest.raises(Rejected):
            client.prioritize_batch(ALICE, "kitten-07", 10, deadline=Deadline(5))
        get(client)
    assert vendor.connections == 2


def test_many_threads_share_one_client() -> None:
    with FaultServer("slow") as vendor:
        client = Client(vendor.url, pool_size=2)
        threads = [threading.Thread(target=get, args=(client,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
    assert len(vendor.requests) == 8


def test_a_late_watch_does_not_strike_the_next_call() -> None:
    with FaultServer() as vendor:
        client = Client(vendor.url)
        get(client, seconds=0.3)
        vendor.fault = "slow"
        get(client)
        get(client)
    assert vendor.connections == 1


def test_a_lookup_has_the_time_for_connecting_and_not_the_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("batches.refonte.watchdog.CONNECT_SECONDS", 0.1)
    deadline = Deadline(5)
    with name_lookup_hangs() as host, pytest.raises(NotSent):
        Client(f"https://{host}").get_batch(ALICE, "kitten-07", deadline=deadline)
    assert deadline.remaining() > 2


def test_one_lookup_serves_all_who_wait_for_it() -> None:
    with name_lookup_hangs() as host:
        before = threading.active_count()
        for _ in range(5):
            with pytest.raises(TimeoutError):
                resolve(host, 443, Deadline(0.01))
        assert threading.active_count() - before <= 1


def test_the_next_address_is_tried_when_one_refuses() -> None:
    with FaultServer() as vendor:
        port = int(vendor.url.split(":")[2].split("/")[0])
        deadline = Deadline(5)
        good = resolve("127.0.0.1", port, deadline)
        bad = resolve("127.0.0.1", port_of_nobody(), deadline)
        with open_socket(bad + good, deadline) as sock:
            assert sock.getpeername()[1] == port
        with pytest.raises(ConnectionRefusedError):
            open_socket(bad, deadline)


def test_https_tunnels_through_the_proxy_that_was_named(authority: Authority) -> None:
    with (
        FaultServer(tls=authority.serve_as("127.0.0.1")) as vendor,
        FaultServer(tunnel) as proxy,
    ):
        address = proxy.url.removesuffix("/v1")
        get(Client(vendor.url, ca_bundle=str(authority.bundle), proxy=address))
    assert vendor.requests[0].headers["authorization"] == ALICE.basic_auth()
    assert proxy.requests[0].method == "CONNECT"
    assert "authorization" not in proxy.requests[0].headers


@pytest.mark.parametrize("fault", ["403", "closed_before_acting", "headers_dripped"])
def test_what_a_proxy_refuses_was_not_sent(fault: str) -> None:
    with FaultServer(fault) as proxy, pytest.raises(NotSent):
        get(Client("https://api.vendor.test", proxy=proxy.url), seconds=1)
    assert [request.method for request in proxy.requests] == ["CONNECT"]


class Stub:
    """A transport without a network."""

    def __init__(self) -> None:
        self.requests: list[Request] = []

    def send(self, request: Request, deadline: Deadline) -> Reply:
        self.requests.append(request)
        return Reply(status=200, body=b'{"name": "kitten-07"}')


def test_a_transport_can_be_handed_in() -> None:
    stub = Stub()
    get(Client("https://api.vendor.test/v1/", transport=stub))
    assert stub.requests[0].url == "https://api.vendor.test/v1/batches/kitten-07"

"""Each fault on a real socket, read and write: what comes out, and that it comes out in time."""

import socket
import time
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from batches.refonte import BadAnswer, Client, Deadline, ListQuery, RefonteError, Secret, TooLarge
from tests.faults.certificates import Authority
from tests.faults.exchange import Exchange, head
from tests.faults.faults import FAULTS
from tests.faults.hosts import (
    name_leads_to_loopback,
    name_lookup_fails,
    name_lookup_hangs,
    port_of_nobody,
)
from tests.faults.outcomes import BARE_YES, OUTCOMES
from tests.faults.server import FaultServer
from tests.refonte.conftest import READS, WRITES, Call

Lookup = Callable[[], AbstractContextManager[str]]

SECONDS = 1.0
SPARE = 30.0  # a busy machine may hold a test up; what drips would last for minutes

BAD_ANSWERS = sorted(FAULTS.keys() - OUTCOMES.keys())


def outcome_of(call: Call, url: str, key: Secret, bundle: str | None = None) -> str:
    """How the call ended. Fails if it took longer than its deadline."""
    client, deadline = Client(url, ca_bundle=bundle), Deadline(SECONDS)
    started, outcome = time.monotonic(), "ok"
    try:
        call(client, key, deadline)
    except RefonteError as error:
        outcome = error.outcome
    assert time.monotonic() - started < SECONDS + SPARE
    return outcome


@pytest.mark.parametrize("call", [READS["get"], WRITES["create"]], ids=["get", "create"])
@pytest.mark.parametrize(
    ("fault", "outcome"), [*OUTCOMES.items(), *((fault, "bad_answer") for fault in BAD_ANSWERS)]
)
def test_each_fault_has_its_outcome_in_time(
    fault: str, outcome: str, call: Call, key: Secret
) -> None:
    with FaultServer(fault) as vendor:
        assert outcome_of(call, vendor.url, key) == outcome
        assert len(vendor.requests) == 1


ODD_YES = ["200_login_page", "200_failure", "200_other_batch", "200_encoded_nothing", "null"]


@pytest.mark.parametrize("fault", [*sorted(BARE_YES), *ODD_YES, "headers_cut"])
@pytest.mark.parametrize("name", ["finalize", "prioritize"])
def test_only_a_priority_takes_an_empty_answer_for_a_yes(
    name: str, fault: str, key: Secret
) -> None:
    is_yes = name == "prioritize" and fault in BARE_YES
    expected = {"headers_cut": "no_answer"}.get(fault, "ok" if is_yes else "bad_answer")
    with FaultServer(fault) as vendor:
        assert outcome_of(WRITES[name], vendor.url, key) == expected


@pytest.mark.parametrize("fault", ["closed_after_acting", "closed_before_acting", "404", "500"])
def test_the_vendor_acts_unless_it_refuses(fault: str, key: Secret) -> None:
    acted: list[str] = []
    with FaultServer(fault, act=lambda request: acted.append(request.method)) as vendor:
        outcome_of(WRITES["create"], vendor.url, key)
    assert acted == (["POST"] if fault in {"closed_after_acting", "500"} else [])


def test_rows_without_names_are_no_fault_of_a_list(key: Secret) -> None:
    with FaultServer("names_missing") as vendor:
        page = Client(vendor.url).list_batches(key, ListQuery(), deadline=Deadline(5)).data
    assert (page.batches, page.rows_received) == ((), 3)


@pytest.mark.parametrize(
    ("beginning", "meaning"), [(b' {"docs": [', TooLarge), (b"[", TooLarge), (b"<html>", BadAnswer)]
)
def test_a_page_without_an_end_is_not_taken_for_a_list_that_is_too_large(
    beginning: bytes, meaning: type[BadAnswer], key: Secret
) -> None:
    def endless(exchange: Exchange) -> bool:
        exchange.send(head("200 OK", "Connection: close") + beginning)
        exchange.repeat(b" " * 100_000)
        return False

    with FaultServer(endless) as vendor, pytest.raises(BadAnswer) as raised:
        Client(vendor.url).list_batches(key, ListQuery(), deadline=Deadline(5))
    assert type(raised.value) is meaning


DRIPS = ["never_answers", "headers_dripped", "body_dripped", "continues_dripped"]


@pytest.mark.parametrize("fault", [*DRIPS, "body_dripped_unframed", "ok", "reset_mid_body"])
def test_tls_ends_in_time_too(fault: str, key: Secret, authority: Authority) -> None:
    tls = authority.serve_as("127.0.0.1")
    with FaultServer(fault, tls=tls) as vendor:
        outcome = outcome_of(READS["get"], vendor.url, key, str(authority.bundle))
    assert outcome == OUTCOMES[fault]


@pytest.mark.parametrize(
    ("host", "days_left", "is_known"),
    [("other.test", 30, True), ("127.0.0.1", -1, True), ("127.0.0.1", 30, False)],
    ids=["wrong name", "expired", "unknown authority"],
)
@pytest.mark.parametrize("call", [READS["get"], WRITES["create"]], ids=["get", "create"])
def test_nothing_is_sent_to_who_cannot_prove_who_it_is(
    call: Call, key: Secret, authority: Authority, host: str, days_left: int, is_known: bool
) -> None:
    bundle = str(authority.bundle) if is_known else None
    with FaultServer(tls=authority.serve_as(host, days_left=days_left)) as vendor:
        assert outcome_of(call, vendor.url, key, bundle) == "not_sent"
    assert vendor.requests == []


def test_a_certificate_made_out_to_a_name_is_accepted(key: Secret, authority: Authority) -> None:
    name = "api.vendor.test"
    with (
        name_leads_to_loopback(name),
        FaultServer(tls=authority.serve_as(name), host=name) as vendor,
    ):
        assert outcome_of(READS["get"], vendor.url, key, str(authority.bundle)) == "ok"


def test_a_handshake_that_hangs_sent_nothing(key: Secret, authority: Authority) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://127.0.0.1:{silent.getsockname()[1]}"
        assert outcome_of(WRITES["create"], url, key, str(authority.bundle)) == "not_sent"


def test_a_bundle_that_is_not_there_sends_nothing(key: Secret) -> None:
    assert outcome_of(WRITES["create"], "https://127.0.0.1:9", key, "/nowhere.pem") == "not_sent"


@pytest.mark.parametrize("call", [READS["get"], WRITES["create"]], ids=["get", "create"])
def test_a_refused_connection_sent_nothing(call: Call, key: Secret) -> None:
    assert outcome_of(call, f"http://127.0.0.1:{port_of_nobody()}", key) == "not_sent"


@pytest.mark.parametrize("call", [READS["get"], WRITES["create"]], ids=["get", "create"])
@pytest.mark.parametrize("lookup", [name_lookup_hangs, name_lookup_fails])
def test_a_name_that_leads_nowhere_sent_nothing(lookup: Lookup, call: Call, key: Secret) -> None:
    with lookup() as host:
        assert outcome_of(call, f"https://{host}", key) == "not_sent"

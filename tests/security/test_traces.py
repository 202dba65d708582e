"""What logs and metrics keep of people: enough to look into, and nothing that was typed."""

import json
import logging
import re
from typing import Any

import pytest
from django.test import Client
from prometheus_client import generate_latest

from batches.models import Operation
from batches.sandbox import Sandbox
from tests.security.conftest import Console
from tests.support.logs import json_of

LABELS = {
    "dismissed",
    "view",
    "method",
    "status",
    "kind",
    "outcome",
    "source",
    "verb",
    "state",
    "service",
    "le",
}


def lines(caplog: pytest.LogCaptureFixture, logger: str) -> list[dict[str, Any]]:
    return [json_of(record) for record in caplog.records if record.name == logger]


def of_this_product() -> str:
    found = generate_latest().decode().splitlines()
    return "\n".join(line for line in found if line.startswith("console_"))


def test_metrics_name_no_batch_no_key_and_nobody(
    console: Console, as_alice: Client, refonte: Sandbox
):
    refonte.add_batch("very-secret-batch")
    for path in ("very-secret-batch/", "very-secret-batch/live/", "", "name/?name=very-secret"):
        as_alice.get(f"/batches/{path}", {"key": console.ref("alice")})
    kept = of_this_product()
    assert "console_vendor_calls" in kept
    for word in ("very-secret", "alice", console.keys["alice"].fingerprint, "kittens"):
        assert word not in kept
    assert set(re.findall(r'(\w+)="', kept)) <= LABELS


def test_no_address_or_method_makes_a_series_of_its_own(console: Console, as_alice: Client):
    for warm in ("/x/", "/batches/x/"):
        as_alice.get(warm, {"key": console.ref("alice")})
        as_alice.generic("BREW", warm)
    before = len(of_this_product().splitlines())
    for number in range(20):
        as_alice.get(f"/no-such-{number}/")
        as_alice.get(f"/batches/b{number}/", {"key": console.ref("alice")})
        as_alice.generic(f"M{number}", "/x/")
    assert len(of_this_product().splitlines()) == before


def test_a_vendor_call_is_told_with_key_outcome_and_time_under_its_request(
    console: Console, as_alice: Client, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.INFO)
    answer = as_alice.get(f"/batches/kitten-07/?key={console.ref('alice')}")
    ids = {vars(r).get("request_id") for r in caplog.records if r.message == "vendor call"}
    calls = lines(caplog, "batches.services.vendor.calls")
    assert calls
    for call in calls:
        assert call["key"] == console.keys["alice"].fingerprint
        assert (call["outcome"], type(call["ms"])) == ("ok", int)
    assert ids == {answer["X-Request-ID"]}


def test_what_was_sent_for_an_operation_is_told_under_both(
    console: Console, as_alice: Client, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.INFO)
    fields = console.fields("alice", priority="12")
    answer = as_alice.post("/batches/kitten-07/prioritize/", fields)
    [call] = lines(caplog, "batches.services.vendor.calls")
    newest = Operation.objects.latest("created_at")
    assert (call["request_id"], call["operation"]) == (answer["X-Request-ID"], str(newest.id))
    assert "operation" not in lines(caplog, "dashboard.access")[-1]


def test_refusals_are_told_with_who_and_from_where(
    console: Console, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.INFO)
    console.browser("vera").get(f"/batches/new/?key={console.ref('vera')}&name=hush")
    line = lines(caplog, "dashboard.access")[-1]
    assert (line["status"], line["user"]) == (403, console.people["vera"].pk)
    assert line["client"] == "127.0.0.1"
    assert "hush" not in json.dumps([json_of(record) for record in caplog.records])


def test_a_sign_in_is_told_with_who_it_was(console: Console, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO)
    word = {"username": "alice", "password": "alice-has-a-password"}
    assert Client().post("/accounts/login/", word).status_code == 302
    line = lines(caplog, "dashboard.access")[-1]
    assert (line["view"], line["user"]) == ("login", console.people["alice"].pk)


def test_a_failed_sign_in_is_told_without_its_password(
    console: Console, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    Client().post("/accounts/login/", {"username": "alice", "password": "hush-hush-hush"})
    assert "hush-hush" not in json.dumps([json_of(record) for record in caplog.records])
    assert any(record.name.startswith("axes") for record in caplog.records)


def test_no_line_is_forged_by_an_address(
    console: Console, as_alice: Client, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.INFO)
    as_alice.get('/x%0a{"level":"ERROR"}%0d%0a\u2028', headers={"User-Agent": 'a\n{"b":1}'})
    for record in caplog.records:
        assert json_of(record)  # one line each: `json_of` says so
    assert lines(caplog, "dashboard.access")[-1]["path"].startswith("/x\n")


def test_an_address_of_405_is_the_clients_and_not_the_proxys(
    console: Console, settings: Any, caplog: pytest.LogCaptureFixture
):
    settings.TRUSTED_PROXY_HOPS = 1
    caplog.set_level(logging.INFO)
    headers = {"X-Forwarded-For": "6.6.6.6, 192.0.2.7"}
    Client().generic("TRACE", "/batches/", headers=headers)
    assert lines(caplog, "dashboard.access")[-1]["client"] == "192.0.2.7"

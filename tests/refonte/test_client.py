import json
import logging
import re
from datetime import UTC, datetime
from typing import Any, NoReturn

import pytest
import requests
import responses
import time_machine

from batches.refonte import (
    BadAnswer,
    Client,
    Deadline,
    Denied,
    KeyRefused,
    ListQuery,
    NoAnswer,
    NotFound,
    NotSent,
    RefonteError,
    Rejected,
    Secret,
    Throttled,
    VendorError,
)
from batches.refonte.messages import Reply, Request
from tests.refonte.conftest import BASE_URL, READS, WRITES, Call

BATCH = {"name": "kitten-07", "project": "kittens", "status": "staging"}
KITTEN = f"{BASE_URL}/batches/kitten-07"


def sent(vendor: responses.RequestsMock) -> tuple[str | None, str | None, Any]:
    request = vendor.calls[0].request
    return request.method, request.url, json.loads(request.body or "null")


def test_a_list_sends_its_query(
    vendor: responses.RequestsMock, client: Client, key: Secret, deadline: Deadline
) -> None:
    row = BATCH | {"project": "a b&c+d"}
    vendor.get(f"{BASE_URL}/batches", json={"docs": [row], "total": 1, "has_more": False})
    query = ListQuery(project="a b&c+d", status="staging", limit=50)
    answer = client.list_batches(key, query, deadline=deadline)
    asked = "project=a%20b%26c%2Bd&status=staging&limit=50&detailed=true"
    assert sent(vendor) == ("GET", f"{BASE_URL}/batches?{asked}", None)
    assert [batch.name for batch in answer.data.batches] == ["kitten-07"]


def test_projects_are_listed(
    vendor: responses.RequestsMock, client: Client, key: Secret, deadline: Deadline
) -> None:
    vendor.get(f"{BASE_URL}/projects", json=[{"name": "kittens"}])
    answer = client.list_projects(key, deadline=deadline)
    assert [project.name for project in answer.data] == ["kittens"]


def test_an_answer_has_its_times_and_payload(
    vendor: responses.RequestsMock, client: Client, key: Secret, deadline: Deadline
) -> None:
    vendor.get(KITTEN, json=BATCH, headers={"Date": "Tue, 01 Aug 2023 23:04:12 GMT"})
    now = datetime(2023, 8, 1, 23, 4, 15, tzinfo=UTC)
    with time_machine.travel(now, tick=False):
        answer = client.get_batch(key, "kitten-07", deadline=deadline)
    assert (answer.payload, answer.answered_at) == (BATCH, now)
    assert answer.vendor_date == datetime(2023, 8, 1, 23, 4, 12, tzinfo=UTC)
    assert answer.seconds >= 0


@pytest.mark.parametrize("date", ["", "yesterday", "Thu, 99 Foo 2023 25:61:00 GMT", "Mon"])
def test_a_nonsense_date_header_is_none(
    vendor: responses.RequestsMock, client: Client, key: Secret, deadline: Deadline, date: str
) -> None:
    vendor.get(KITTEN, json=BATCH, headers={"Date": date})
    assert client.get_batch(key, "kitten-07", deadline=deadline).vendor_date is None


@pytest.mark.parametrize(
    ("headers", "known"),
    [
        ({"X-Request-Id": "req_7Kq2"}, "req_7Kq2"),
        ({"Request-Id": "8f14e45f-ceea-467f"}, "8f14e45f-ceea-467f"),
        ({"X-Request-Id": "", "Request-Id": "b"}, "b"),
        ({}, ""),
        ({"X-Request-Id": "two words"}, ""),
        ({"X-Request-Id": "<b>7</b>"}, ""),
        ({"X-Request-Id": "a" * 81}, ""),
        ({"X-Request-Id": "live_4fQ/9zK+7bXw2mPd"}, ""),  # the key itself
    ],
)
def test_an_answer_has_the_vendors_own_id_of_the_request(
    client: Client,
    key: Secret,
    deadline: Deadline,
    vendor: responses.RequestsMock,
    headers: dict[str, str],
    known: str,
) -> None:
    url = f"{BASE_URL}/batches/kitten-07"
    vendor.get(url, json={"name": "kitten-07"}, headers=headers)
    assert client.get_batch(key, "kitten-07", deadline=deadline).request_id == known
    for answer in ({"status": 404}, {"status": 503}, {"status": 200, "body": "[]"}):
        vendor.reset()
        vendor.get(url, headers=headers, **answer)
        with pytest.raises(RefonteError) as caught:
            client.get_batch(key, "kitten-07", deadline=deadline)
        assert caught.value.request_id == known


def test_a_batch_is_created_with_the_given_fields(
    vendor: responses.RequestsMock, client: Client, key: Secret, deadline: Deadline
) -> None:
    vendor.post(f"{BASE_URL}/batches", json=BATCH)
    client.create_batch(
        key, project="kittens", name="kitten-07", calibration_batch=True, deadline=deadline
    )
    body = {"project": "kittens", "name": "kitten-07", "calibration_batch": True}
    assert sent(vendor) == ("POST", f"{BASE_URL}/batches", body)


def test_a_priority_is_sent_as_an_integer(
    vendor: responses.RequestsMock, client: Client, key: Secret, deadline: Deadline
) -> None:
    vendor.post(f"{KITTEN}/prioritize", json={"result": "success"})
    assert client.prioritize_batch(key, "kitten-07", 25, deadline=deadline).data is None
    assert sent(vendor) == ("POST", f"{KITTEN}/prioritize", {"priority": 25})


@pytest.mark.parametrize("priority", [9, 31, -10, 0])
def test_a_priority_out_of_bounds_is_not_sent(
    client: Client, key: Secret, deadline: Deadline, priority: int
) -> None:
    with pytest.raises(ValueError, match="from 10 to 30"):
        client.prioritize_batch(key, "kitten-07", priority, deadline=deadline)


def test_finalize_sends_no_body_and_brings_the_batch(
    vendor: responses.RequestsMock, client: Client, key: Secret, deadline: Deadline
) -> None:
    vendor.post(f"{KITTEN}/finalize", json={**BATCH, "status": "in_progress"})
    answer = client.finalize_batch(key, "kitten-07", deadline=deadline)
    assert sent(vendor) == ("POST", f"{KITTEN}/finalize", None)
    assert answer.data is not None
    assert answer.data.status == "in_progress"


@pytest.mark.parametrize("body", ["", " \n"])
@pytest.mark.parametrize("status", [200, 201, 202])
def test_an_empty_answer_to_a_priority_is_a_success(
    vendor: responses.RequestsMock,
    client: Client,
    key: Secret,
    deadline: Deadline,
    body: str,
    status: int,
) -> None:
    vendor.post(f"{KITTEN}/prioritize", body=body, status=status)
    answer: Any = WRITES["prioritize"](client, key, deadline)
    assert (answer.data, answer.payload) == (None, None)


@pytest.mark.parametrize("call", WRITES.values(), ids=WRITES)
@pytest.mark.parametrize("coding", ["gzip", "br", "deflate", "zstd"])
def test_an_empty_encoded_body_is_no_success(
    vendor: responses.RequestsMock,
    client: Client,
    key: Secret,
    deadline: Deadline,
    call: Call,
    coding: str,
) -> None:
    vendor.post(url=re.compile(".*"), body=b"", headers={"Content-Encoding": coding})
    with pytest.raises(BadAnswer) as caught:
        call(client, key, deadline)
    assert caught.value.may_have_happened


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("create", ""),
        ("finalize", ""),
        *((name, body) for name in WRITES for body in ("OK", "success", '"success"')),
        *((name, '{"result": "failure"}') for name in WRITES),
        ("finalize", '{"result": "success"}'),
        ("prioritize", json.dumps(BATCH)),
    ],
)
def test_an_undocumented_answer_is_no_success(
    vendor: responses.RequestsMock,
    client: Client,
    key: Secret,
    deadline: Deadline,
    name: str,
    body: str,
) -> None:
    vendor.post(url=re.compile(".*"), body=body)
    with pytest.raises(BadAnswer) as caught:
        WRITES[name](client, key, deadline)
    assert caught.value.may_have_happened


@pytest.mark.parametrize("call", WRITES.values(), ids=WRITES)
def test_a_login_page_is_never_a_success(
    vendor: responses.RequestsMock, client: Client, key: Secret, deadline: Deadline, call: Call
) -> None:
    vendor.post(url=re.compile(".*"), body="<html>Sign in</html>")
    with pytest.raises(BadAnswer) as caught:
        call(client, key, deadline)
    assert (caught.value.http_status, caught.value.may_have_happened) == (200, True)


def test_an_answer_about_another_batch_is_a_bad_answer(
    vendor: responses.RequestsMock, client: Client, key: Secret, deadline: Deadline
) -> None:
    vendor.get(f"{BASE_URL}/batches/a%2Fkitten-07", json=BATCH)
    with pytest.raises(BadAnswer, match="another batch"):
        client.get_batch(key, "a/kitten-07", deadline=deadline)


@pytest.mark.parametrize("name", ["create", "finalize"])
def test_a_success_for_another_batch_is_a_bad_answer(
    vendor: responses.RequestsMock, client: Client, key: Secret, deadline: Deadline, name: str
) -> None:
    vendor.post(url=re.compile(".*"), json={"name": "other-batch-name"})
    with pytest.raises(BadAnswer, match="another batch") as caught:
        WRITES[name](client, key, deadline)
    assert caught.value.may_have_happened


def test_a_name_in_another_unicode_form_is_the_same_batch(
    vendor: responses.RequestsMock, client: Client, key: Secret, deadline: Deadline
) -> None:
    vendor.get(f"{BASE_URL}/batches/e%CC%81te", json={"name": "éte"})
    assert client.get_batch(key, "e\u0301te", deadline=deadline).data.name == "éte"


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        (None, None),
        ("2", 2),
        ("0", 1),
        ("3600", 300),
        ("9" * 5000, 300),
        ("-1", None),
        ("1.5", None),
        ("٣", None),
        ("soon", None),
        ("", None),
        ("0000000000007", 7),
        ("Tue, 01 Aug 2023 23:04:42 GMT", 30),
        ("Mon, 01 Jan 1900 00:00:00 GMT", 1),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 300),
    ],
)
def test_a_throttled_call_has_the_seconds_to_wait(
    vendor: responses.RequestsMock,
    client: Client,
    key: Secret,
    deadline: Deadline,
    told: str | None,
    kept: int | None,
) -> None:
    headers = {"Date": "Tue, 01 Aug 2023 23:04:12 GMT"} | ({"Retry-After": told} if told else {})
    vendor.get(KITTEN, json={"error": "slow down"}, status=429, headers=headers)
    with pytest.raises(Throttled, match="slow down") as caught:
        client.get_batch(key, "kitten-07", deadline=deadline)
    assert caught.value.retry_after == kept


def test_an_error_has_the_vendors_message_and_date(
    vendor: responses.RequestsMock, client: Client, key: Secret, deadline: Deadline
) -> None:
    body = {"status_code": 422, "error": {"field": "name", "message": "too long"}}
    headers = {"Date": "Tue, 01 Aug 2023 23:04:12 GMT"}
    vendor.post(f"{BASE_URL}/batches", json=body, status=422, headers=headers)
    with pytest.raises(Rejected) as caught:
        WRITES["create"](client, key, deadline)
    error = caught.value
    assert (error.message, error.field, error.http_status) == ("too long", "name", 422)
    assert error.vendor_date == datetime(2023, 8, 1, 23, 4, 12, tzinfo=UTC)


@pytest.mark.parametrize("year", ["1970", "1999", "9999"])
def test_an_implausible_date_is_none(
    vendor: responses.RequestsMock, client: Client, key: Secret, deadline: Deadline, year: str
) -> None:
    vendor.get(KITTEN, json={}, status=404, headers={"Date": f"Fri, 31 Dec {year} 00:00:00 GMT"})
    with pytest.raises(NotFound) as caught:
        client.get_batch(key, "kitten-07", deadline=deadline)
    assert caught.value.vendor_date is None


def test_an_error_without_a_message_says_so(
    vendor: responses.RequestsMock, client: Client, key: Secret, deadline: Deadline
) -> None:
    vendor.get(KITTEN, status=530)
    with pytest.raises(VendorError, match="answered 530 without a reason"):
        client.get_batch(key, "kitten-07", deadline=deadline)


def test_an_echoed_key_is_in_no_message(
    vendor: responses.RequestsMock, client: Client, key: Secret, deadline: Deadline
) -> None:
    vendor.get(KITTEN, json={"error": f"no such key: {key.reveal()}"}, status=401)
    with pytest.raises(KeyRefused) as caught:
        client.get_batch(key, "kitten-07", deadline=deadline)
    assert caught.value.message == "no such key: [key]"


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        (requests.ConnectionError(), NoAnswer),
        (requests.ReadTimeout(), NoAnswer),
        (requests.ConnectTimeout(), NotSent),
        (requests.exceptions.SSLError(), NotSent),
        (AttributeError("a bug of a library"), NoAnswer),
    ],
)
def test_a_failing_stub_is_not_sent_or_no_answer_by_its_exception(
    vendor: responses.RequestsMock,
    client: Client,
    key: Secret,
    deadline: Deadline,
    failure: Exception,
    error: type[RefonteError],
) -> None:
    vendor.get(KITTEN, body=failure)
    with pytest.raises(error):
        client.get_batch(key, "kitten-07", deadline=deadline)


class Unreadable(dict[str, str]):
    """Headers that trip whoever reads them, as a bug of ours would."""

    def get(self, *_: object) -> NoReturn:
        raise AssertionError


class Tripping:
    """A transport whose replies cannot be read."""

    def __init__(self, status: int) -> None:
        self._reply = Reply(status=status, headers=Unreadable(), body=json.dumps(BATCH).encode())

    def send(self, request: Request, deadline: Deadline) -> Reply:
        return self._reply


@pytest.mark.parametrize(
    ("status", "error"),
    [(200, BadAnswer), (302, BadAnswer), (401, Denied), (429, Throttled), (500, VendorError)],
)
def test_a_bug_in_parsing_gives_the_error_of_the_status(
    key: Secret,
    deadline: Deadline,
    status: int,
    error: type[RefonteError],
    caplog: pytest.LogCaptureFixture,
) -> None:
    client = Client(BASE_URL, transport=Tripping(status))
    with pytest.raises(error) as caught:
        WRITES["create"](client, key, deadline)
    assert caught.value.http_status == status
    assert vars(caplog.records[-1])["error"] == "AssertionError"


@pytest.mark.parametrize("call", [*READS.values(), *WRITES.values()], ids=[*READS, *WRITES])
def test_no_call_is_made_when_no_time_is_left(client: Client, key: Secret, call: Call) -> None:
    with pytest.raises(NotSent, match="no time left"):
        call(client, key, Deadline(0))


def test_a_bad_answer_leaves_an_excerpt_in_the_log_without_the_key(
    vendor: responses.RequestsMock,
    client: Client,
    key: Secret,
    deadline: Deadline,
    caplog: pytest.LogCaptureFixture,
) -> None:
    vendor.get(KITTEN, body=f"<p>\n{key.basic_auth()} {key.reveal()}</p>" + "x" * 9999)
    with caplog.at_level(logging.DEBUG), pytest.raises(BadAnswer):
        client.get_batch(key, "kitten-07", deadline=deadline)
    record = next(record for record in caplog.records if record.name == "batches.refonte")
    excerpt: str = vars(record)["vendor_excerpt"]
    assert excerpt.startswith("<p> Basic [key] [key]</p>xxx")
    assert len(excerpt) == 300


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.refonte.com",
        "http://api.refonte.com/v1",
        "ftp://x",
        "http://127.0.0.1.evil.example",
        "https://",
        "https://user:pw@x",
        "https://x?a=1",
        "https://x#a",
        "http://10.0.0.1",
        "http://[::2]",
    ],
)
def test_an_address_that_could_leak_the_key_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="Refonte's address must be"):
        Client(url)


@pytest.mark.parametrize(
    "url",
    ["https://api.refonte.com/v1/", "http://localhost:8000", "http://127.8.8.8", "http://[::1]:1"],
)
def test_https_and_loopback_are_allowed(url: str) -> None:
    assert Client(url) is not None

"""What stands around every request."""

import json
import logging
from io import BytesIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from batches.trace import request_id
from dashboard.web import logs
from dashboard.web.middleware import ClientAddressMiddleware, RequestLogMiddleware, client_address
from tests.support.logs import json_of


def written(caplog: pytest.LogCaptureFixture) -> dict[str, Any]:
    """The last access line as it stands in the log."""
    return json_of(next(r for r in reversed(caplog.records) if r.name == "dashboard.access"))


@pytest.mark.parametrize(
    "path", ["/healthz", "/no-such-page", "/static/none.css", "/accounts/login/"]
)
@pytest.mark.django_db
def test_every_answer_carries_the_security_headers(client: Client, path: str):
    answer = client.get(path)
    policy = answer["Content-Security-Policy"]
    for part in ("default-src 'self'", "base-uri 'none'", "form-action 'self'"):
        assert part in policy
    assert "object-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert len(answer["X-Request-ID"]) == 16


@pytest.mark.django_db
def test_an_error_of_ours_carries_them_too(settings: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("dashboard.web.health.database_trouble", lambda: 1 / 0)
    answer = Client(raise_request_exception=False).get("/readyz")
    assert answer.status_code == 500
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Request-ID"] in answer.content.decode()


def test_tls_is_asked_for_ever_where_cookies_need_it(client: Client, settings: Any):
    assert "Strict-Transport-Security" not in client.get("/healthz")
    settings.SECURE_HSTS_SECONDS = 31536000
    assert client.get("/healthz")["Strict-Transport-Security"] == "max-age=31536000"


@pytest.mark.parametrize(
    "method", ["TRACE", "PUT", "DELETE", "PATCH", "OPTIONS", "BREW", "CONNECT"]
)
def test_a_method_that_no_page_needs_is_refused(client: Client, method: str):
    answer = client.generic(method, "/accounts/login/")
    assert answer.status_code == 405
    assert answer["Allow"] == "GET, HEAD, POST"


@pytest.mark.parametrize(
    ("hops", "forwarded", "believed"),
    [
        (0, "6.6.6.6", "10.0.0.9"),
        (1, "6.6.6.6, 192.0.2.7", "192.0.2.7"),
        (2, "6.6.6.6, 192.0.2.7, 10.0.0.1", "192.0.2.7"),
        (1, "", "10.0.0.9"),
        (2, "192.0.2.7", "10.0.0.9"),
        (1, "192.0.2.7, ", "10.0.0.9"),
        (1, "2001:db8::1", "2001:db8::1"),
        (1, "not an address", "10.0.0.9"),
    ],
)
def test_the_address_is_what_a_trusted_proxy_wrote(
    settings: Any, hops: int, forwarded: str, believed: str
):
    settings.TRUSTED_PROXY_HOPS = hops
    request = RequestFactory().get(
        "/", REMOTE_ADDR="10.0.0.9", headers={"X-Forwarded-For": forwarded}
    )
    ClientAddressMiddleware(lambda request: HttpResponse())(request)
    assert client_address(request) == believed


@pytest.mark.django_db
def test_a_line_says_who_what_and_how_long_but_no_query(
    client: Client, alice: User, caplog: pytest.LogCaptureFixture
):
    client.force_login(alice)
    caplog.set_level(logging.INFO)
    answer = client.get("/accounts/password_change/?word=hush")
    line = written(caplog)
    assert line["view"] == "password_change"
    assert (line["status"], line["user"], line["method"]) == (200, alice.pk, "GET")
    assert isinstance(line["ms"], int)
    assert "hush" not in json.dumps(line)
    assert answer["X-Request-ID"]


def test_two_requests_have_two_ids(client: Client):
    assert client.get("/healthz")["X-Request-ID"] != client.get("/healthz")["X-Request-ID"]
    assert request_id.get() == ""


def test_a_log_line_cannot_be_forged_by_a_newline():
    record = logging.makeLogRecord(
        {"name": "x", "msg": 'a\n{"level": "INFO"}\u2028', "levelno": 20}
    )
    assert json_of(record)["message"].startswith("a\n{")


def test_what_django_attaches_to_a_record_is_not_written():
    request: HttpRequest = RequestFactory().get("/?word=hush")
    record = logging.makeLogRecord({"msg": "Not found", "request": request, "status_code": 404})
    assert "hush" not in json.dumps(json_of(record))


@pytest.mark.django_db
def test_a_body_of_three_megabytes_is_refused_in_words(client: Client):
    answer = client.post("/accounts/login/", {"username": "a" * 3_000_000})
    assert answer.status_code in {400, 413}


class Unread(BytesIO):
    def read(self, *args: Any) -> bytes:
        raise AssertionError


@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=x", "text/plain", ""])
def test_a_body_larger_than_any_form_is_refused_unread(client: Client, kind: str):
    sent: Any = {"wsgi.input": Unread(), "CONTENT_LENGTH": "40000000", "CONTENT_TYPE": kind}
    answer = client.generic("POST", "/accounts/login/", **sent)
    assert answer.status_code == 400
    assert "not understood" in answer.text


@pytest.mark.django_db
def test_a_body_of_no_announced_length_is_not_read(client: Client):
    sent: Any = {"wsgi.input": Unread(), "CONTENT_LENGTH": "", "CONTENT_TYPE": "text/plain"}
    assert client.generic("POST", "/accounts/logout/", **sent).status_code == 302


@pytest.mark.django_db
def test_a_form_of_too_many_fields_is_refused(client: Client):
    answer = client.post("/accounts/login/", {f"f{n}": "" for n in range(1001)})
    assert answer.status_code in {400, 413}


@pytest.mark.django_db
def test_a_host_that_is_not_ours_is_refused(client: Client):
    assert client.get("/accounts/login/", headers={"Host": "evil.example"}).status_code == 400


@pytest.mark.parametrize(
    ("headers", "status", "is_written"),
    [({"X-Poll": "1"}, 204, False), ({"X-Poll": "1"}, 200, True), ({}, 204, True)],
)
def test_a_poll_that_found_nothing_new_writes_no_line(
    caplog: pytest.LogCaptureFixture, headers: dict[str, str], status: int, is_written: bool
):
    caplog.set_level(logging.INFO, "dashboard.access")
    ask = RequestFactory().get("/batches/live/", headers=headers)
    RequestLogMiddleware(lambda request: HttpResponse(status=status))(ask)
    assert bool(caplog.records) is is_written


@pytest.mark.parametrize(
    ("logger", "is_kept"), [("django.security.DisallowedHost", False), ("django.request", True)]
)
def test_a_refused_request_writes_its_line_without_a_traceback(logger: str, is_kept: bool):
    raised = ValueError("evil.example")
    fields = {"name": logger, "msg": "No host", "exc_info": (ValueError, raised, None)}
    record = logging.makeLogRecord(fields)
    assert logs.RefusalsFilter().filter(record)
    line = json_of(record)
    assert line["message"] == "No host"
    assert ("exc_info" in line) is is_kept


def test_a_foreign_host_is_logged_in_one_line(client: Client, caplog: pytest.LogCaptureFixture):
    client.get("/accounts/login/", headers={"Host": "evil.example"})
    record = next(r for r in caplog.records if r.name.startswith("django.security."))
    assert record.exc_info is None
    assert "evil.example" in record.getMessage()

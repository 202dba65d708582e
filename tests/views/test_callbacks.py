"""The address that Refonte calls answers everybody alike, and keeps nothing of what is sent."""

import logging
from io import BytesIO
from typing import Any

import pytest
from django.db import OperationalError
from django.http import UnreadablePostError
from django.test import Client, RequestFactory
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from batches.models import CallbackAddress, Operation
from batches.sandbox import Sandbox
from batches.services.callbacks import arrivals
from batches.services.keys.types import KeyHandle
from batches.views.callbacks import LARGEST, receive
from dashboard.wsgi import application
from tests.support.background import watched
from tests.support.callbacks import BASE, create_told, token_of
from tests.support.logs import json_of

__all__ = ["watched"]
UNKNOWN = "0" * 40
BODY = {"name": "another", "status": "completed", "callback": "https://evil.example/"}


@pytest.fixture(autouse=True)
def _nothing_arrived() -> None:
    arrivals.forget()


@pytest.fixture
def told(settings: Settings, refonte: Sandbox, alice: Any, watched: KeyHandle) -> Operation:
    settings.CALLBACK_BASE_URL = BASE
    refonte.add_project("kittens")
    return create_told(alice, watched)


def post(token: str, body: Any = BODY, client: Client | None = None, **more: Any) -> Any:
    more = {"content_type": "application/json"} | more
    return (client or Client(enforce_csrf_checks=True)).post(f"/callbacks/{token}/", body, **more)


def shown(answer: Any) -> tuple[int, bytes, dict[str, str]]:
    """All of an answer but the id of its request, and the second in which it was made."""
    fleeting = ("X-Request-ID", "Expires")
    headers = {name: value for name, value in answer.items() if name not in fleeting}
    return answer.status_code, answer.content, headers


def test_known_and_unknown_addresses_are_answered_alike_without_a_query(
    told: Operation, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    tokens = (token_of(told), UNKNOWN, "x", "%F0%9F%98%80", "a" * 4000, "..", "new")
    with django_assert_num_queries(0):
        answers = [shown(post(token)) for token in tokens]
    assert answers == [answers[0]] * len(tokens)
    status, content, headers = answers[0]
    assert (status, content) == (204, b"")
    assert "no-store" in headers["Cache-Control"]
    assert "Content-Length" not in headers


def test_over_the_limit_it_is_answered_no_differently(told: Operation) -> None:
    answers = [shown(post(token_of(told))) for _ in range(50)]
    assert answers == [(204, b"", answers[0][2])] * 50


def test_the_call_makes_the_batch_due_whatever_the_body_says(told: Operation) -> None:
    post(token_of(told), BODY)
    assert arrivals.handle_calls() == 1
    row = CallbackAddress.objects.get()
    assert row.due_at is not None
    assert row.operation.batch_name == "kitten-07"


def test_while_the_database_does_not_answer_it_is_answered_too(
    told: Operation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise OperationalError

    token, client = token_of(told), Client()
    client.cookies["sessionid"] = "a" * 32
    with monkeypatch.context() as patch:
        patch.setattr("django.db.backends.utils.CursorWrapper.execute", fails)
        assert post(token, client=client).status_code == 204


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_no_other_method_is_taken(method: str, db: None) -> None:
    answer = Client().generic(method, f"/callbacks/{UNKNOWN}/")
    assert answer.status_code == 405
    assert not arrivals._arrived


def test_neither_session_nor_cookie_is_read_or_set(told: Operation) -> None:
    client = Client()
    client.cookies["sessionid"] = "b" * 32
    answer = post(token_of(told), client=client)
    assert answer.cookies == {}
    assert "Cookie" not in answer.get("Vary", "")


@pytest.mark.parametrize(
    ("length", "status"), [(0, 204), (LARGEST, 204), (LARGEST + 1, 413), (2_000_000, 413)]
)
def test_a_body_has_64_kilobytes_at_most(length: int, status: int, db: None) -> None:
    answer = post(UNKNOWN, b"x" * length)
    assert answer.status_code == status
    assert (UNKNOWN in arrivals._arrived) is (status == 204)


class Unread(BytesIO):
    def read(self, *args: Any) -> bytes:
        raise AssertionError


@pytest.mark.parametrize("length", ["65537", "3000000", "9" * 30])
def test_a_larger_one_is_refused_unread(length: str, db: None) -> None:
    sent: Any = {"wsgi.input": Unread(), "CONTENT_LENGTH": length}
    answer = Client().generic("POST", f"/callbacks/{UNKNOWN}/", **sent)
    assert answer.status_code in (400, 413)
    assert not arrivals._arrived


def test_one_that_breaks_off_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    request = RequestFactory().post("/callbacks/x/", BODY, content_type="application/json")

    def breaks_off(_: int) -> bytes:
        raise UnreadablePostError

    monkeypatch.setattr(request, "read", breaks_off)
    assert receive(request, UNKNOWN).status_code == 204


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("application/json", 204),
        ("application/json; charset=utf-8", 204),
        ("multipart/form-data; boundary=x", 204),
        ("application/x-www-form-urlencoded", 204),
        ("", 204),
        ("application/json; charset=utf-16", 400),
        ("text/plain; charset=zlib", 400),
    ],
)
def test_a_charset_is_utf8_here_as_everywhere(kind: str, status: int, db: None) -> None:
    request = RequestFactory().generic("POST", f"/callbacks/{UNKNOWN}/", b"a=b", content_type=kind)
    told: list[Any] = []

    def start_answer(status: str, headers: Any, error: Any = None, /) -> Any:
        told.append(status)

    application(request.environ, start_answer)
    assert told[0].startswith(str(status))


@pytest.mark.parametrize("path", ["/callbacks/", "/callbacks/a/b/", "/callbacks/a%2Fb/"])
def test_no_address_is_near_it(path: str, client: Client, db: None) -> None:
    assert client.post(path, BODY).status_code == 404


def test_a_host_that_is_not_ours_is_refused(db: None) -> None:
    assert post(UNKNOWN, headers={"Host": "evil.example"}).status_code == 400


def test_the_log_has_the_call_without_its_token(
    told: Operation, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    token = token_of(told)
    for path in (f"/callbacks/{token}/", f"/callbacks/{token}", f"/callbacks/{token}/x"):
        Client().post(path, BODY, content_type="application/json")
    Client().get(f"/callbacks/{token}/")
    arrivals.handle_calls()
    lines = [json_of(record) for record in caplog.records]
    paths = [line["path"] for line in lines if line["logger"] == "dashboard.access"]
    assert paths[0] == "/callbacks/[hidden]/"
    assert len(paths) == 4
    assert token not in repr(lines)
    assert "another" not in repr(lines)

"""What Refonte calls the last POST of an operation, whatever it answered."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from batches.models import Operation, State
from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from tests.support.operations import (
    POST_FINALIZE,
    POST_PRIORITIZE,
    create,
    finalize,
    prioritize,
    settle_in,
)

ID = {"X-Request-Id": "req_7Kq2"}


@pytest.fixture(autouse=True)
def _world(refonte: Sandbox) -> None:
    refonte.add_project("kittens")
    refonte.add_batch("staged", status="staging")
    refonte.add_batch("going")


def test_every_verb_keeps_it(refonte: Sandbox, alice: User, key: KeyHandle) -> None:
    for operation in (
        create(alice, key, "new"),
        finalize(alice, key, "staged"),
        prioritize(alice, key, "going"),
    ):
        operation.refresh_from_db()
        assert operation.state == State.SUCCEEDED
        assert operation.request_id.startswith("req_"), operation


@pytest.mark.parametrize(
    ("fault", "options", "known"),
    [
        ("status", {"code": 400, "headers": ID}, "req_7Kq2"),
        ("status", {"code": 404, "headers": {"Request-Id": "r-1", "X-Request-Id": ""}}, "r-1"),
        ("status", {"code": 500, "headers": ID}, "req_7Kq2"),
        ("status", {"code": 429, "headers": ID}, "req_7Kq2"),
        ("status", {"code": 403, "body": {"error": "no"}, "headers": ID}, "req_7Kq2"),
        ("status", {"code": 200, "body": {"result": "failure"}, "headers": ID}, "req_7Kq2"),
        ("status", {"code": 400, "headers": {"X-Request-Id": "<b>"}}, ""),
        ("reset_after_acting", {}, ""),
    ],
)
def test_an_error_that_is_an_answer_has_one_too(
    refonte: Sandbox, alice: User, key: KeyHandle, fault: str, options: dict[str, Any], known: str
) -> None:
    refonte.fault(fault, match=POST_PRIORITIZE, times=1, **options)
    operation = prioritize(alice, key, "going")
    assert Operation.objects.get(id=operation.id).request_id == known


def test_it_is_that_of_the_last_post(refonte: Sandbox, alice: User, key: KeyHandle) -> None:
    headers = ID | {"Retry-After": "2"}
    refonte.fault("status", match=POST_PRIORITIZE, times=1, code=429, headers=headers)
    operation = prioritize(alice, key, "going")
    assert (operation.state, operation.request_id) == (State.WAITING, "req_7Kq2")
    settle_in(3, operation)
    assert operation.state == State.SUCCEEDED
    assert operation.request_id not in ("", "req_7Kq2")


def test_a_later_read_keeps_it(refonte: Sandbox, alice: User, key: KeyHandle) -> None:
    refonte.fault("status", match=POST_FINALIZE, times=1, code=500, headers=ID)
    operation = finalize(alice, key, "staged")
    assert (operation.state, operation.request_id) == (State.CHECKING, "req_7Kq2")
    settle_in(3, operation)
    assert operation.request_id == "req_7Kq2"


def test_the_page_shows_it_or_a_dash(
    refonte: Sandbox, alice: User, key: KeyHandle, as_alice: Client
) -> None:
    operation = prioritize(alice, key, "going")
    page = as_alice.get(f"/operations/{operation.id}/").text
    assert operation.request_id in page
    Operation.objects.update(request_id="")
    page = as_alice.get(f"/operations/{operation.id}/").text
    assert "<dt>Request id</dt><dd><bdi" in page.replace("\n", "")
    assert "—</bdi>" in page

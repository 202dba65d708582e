"""Every write that was carried out and answered with something else: never refused, never lost.

The calls are counted: a create takes two where it is clear and three where it is not, a finalize
three, a priority one.
"""

from typing import Any
from unittest import mock

import pytest
from django.contrib.auth.models import User

from batches.models import Operation, PostAnswer, State
from batches.refonte import Client, VendorError
from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from tests.support.operations import (
    POST_CREATE,
    POST_FINALIZE,
    POST_PRIORITIZE,
    create,
    finalize,
    prioritize,
)

DONE, DOUBT = State.SUCCEEDED, State.UNCONFIRMED
OTHER = {"name": "another-batch", "status": "in_progress"}
# what the vendor answers after acting, and how a create, a finalize and a priority stand then
ANSWERS: dict[str, tuple[str, dict[str, Any], State, State, State]] = {
    "reset": ("reset_after_acting", {}, DONE, DONE, DOUBT),
    "cut": ("reset_mid_body", {}, DONE, DONE, DOUBT),
    "500": ("status", {"code": 500}, DONE, DONE, DOUBT),
    "502 html": ("html", {"code": 502}, DONE, DONE, DOUBT),
    "429": ("status", {"code": 429, "headers": {"Retry-After": "2"}}, DONE, DONE, State.WAITING),
    "409": ("status", {"code": 409}, DOUBT, DONE, DOUBT),
    "400": ("status", {"code": 400}, DOUBT, DONE, State.REFUSED),
    "422": ("status", {"code": 422}, DOUBT, DONE, State.REFUSED),
    "404": ("status", {"code": 404}, DOUBT, DONE, State.REFUSED),
    "login page": ("html", {"code": 200}, DONE, DONE, DOUBT),
    "null": ("wrong_shape", {"shape": "null"}, DONE, DONE, DOUBT),
    "truncated": ("truncated_json", {}, DONE, DONE, DOUBT),
    "another batch": ("status", {"code": 200, "body": OTHER}, DONE, DONE, DOUBT),
    "nothing known": ("status", {"code": 200, "body": {}}, DONE, DONE, DOUBT),
    "failure": ("status", {"code": 200, "body": {"result": "failure"}}, DONE, DONE, DOUBT),
    "text": ("status", {"code": 200, "body": "OK"}, DONE, DONE, DOUBT),
    "redirect": ("redirect", {}, DONE, DONE, DOUBT),
    "encoded nothing": (
        "status",
        {"code": 200, "body": "", "headers": {"Content-Encoding": "gzip"}},
        DONE,
        DONE,
        DOUBT,
    ),
    "empty": ("empty", {}, DONE, DONE, DONE),
}


@pytest.fixture(autouse=True)
def _world(refonte: Sandbox) -> None:
    refonte.add_project("kittens")
    refonte.add_batch("staged", status="staging", counts={"pending": 640})
    refonte.add_batch("going")


def methods(refonte: Sandbox) -> list[str]:
    return [call.method for call in refonte.calls]


def record_agrees(operation: Operation, wanted: State) -> None:
    """The row, its words and the last line of its history say the same."""
    assert operation.state == wanted
    last = operation.events.last()
    assert last
    assert (last.state, last.message) == (operation.state, operation.message)
    assert "another name" not in operation.message
    assert bool(operation.settled_at) != operation.is_open


@pytest.mark.parametrize("name", ANSWERS)
def test_a_create_that_was_carried_out(
    refonte: Sandbox, alice: User, key: KeyHandle, name: str
) -> None:
    fault, options, wanted, *_ = ANSWERS[name]
    refonte.fault(fault, match=POST_CREATE, times=1, **({"acting": True} | options))
    operation = create(alice, key, priority=30)
    record_agrees(operation, wanted)
    follow_up = ["POST"] if wanted == DONE else []
    assert methods(refonte) == ["GET", "POST", "GET", *follow_up]
    assert refonte.priorities_of("kitten-07") == ([30] if wanted == DONE else [])


@pytest.mark.parametrize("name", ANSWERS)
def test_a_finalize_that_was_carried_out(
    refonte: Sandbox, alice: User, key: KeyHandle, name: str
) -> None:
    fault, options, _, wanted, _ = ANSWERS[name]
    refonte.fault(fault, match=POST_FINALIZE, times=1, **({"acting": True} | options))
    operation = finalize(alice, key, name="staged")
    record_agrees(operation, wanted)
    assert (operation.status_before, operation.status_after) == ("staging", "in_progress")
    assert "nothing changed" not in operation.message.lower()
    assert methods(refonte) == ["GET", "POST", "GET"]


@pytest.mark.parametrize("name", ANSWERS)
def test_a_priority_that_was_carried_out(
    refonte: Sandbox, alice: User, key: KeyHandle, name: str
) -> None:
    fault, options, _, _, wanted = ANSWERS[name]
    refonte.fault(fault, match=POST_PRIORITIZE, times=1, **({"acting": True} | options))
    operation = prioritize(alice, key, name="going")
    record_agrees(operation, wanted)
    assert methods(refonte) == ["POST"]


@pytest.mark.parametrize("status", [401, 403, 407])
def test_a_refusal_by_something_on_the_way_is_settled_by_reading(
    refonte: Sandbox, alice: User, key: KeyHandle, status: int
) -> None:
    """Whatever the client takes for no answer of the vendor's, by what its error knows of it."""
    sent = Client.create_batch

    def acted(*args: Any, **fields: Any) -> None:
        sent(*args, **fields)
        raise VendorError("Attention", http_status=status)

    with mock.patch.object(Client, "create_batch", acted):
        operation = create(alice, key)
    record_agrees(operation, DONE)
    assert (operation.answer, operation.http_status) == (PostAnswer.UNCLEAR, status)


@pytest.mark.parametrize(("late", "wanted"), [(0, DONE), (5, State.REFUSED)])
def test_a_batch_is_ours_though_clocks_differ_by_seconds(
    refonte: Sandbox, alice: User, key: KeyHandle, late: int, wanted: State
) -> None:
    ahead = {0: "Thu, 26 Nov 2026 12:00:05 GMT", 5: "Thu, 26 Nov 2026 12:05:00 GMT"}[late]
    made = {"name": "kitten-07", "project": "kittens", "created_at": "2026-11-26T12:00:00Z"}
    read = "GET /v1/batches/kitten-07"
    refonte.fault("status", match=read, times=1, code=404, headers={"Date": ahead})
    refonte.fault("status", match=read, times=1, code=200, body=made)
    refonte.fault("reset_after_acting", match=POST_CREATE, times=1)
    record_agrees(create(alice, key), wanted)

"""The record of one key, newest first."""

from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User

from batches.models import ApiKey, Operation, State, Verb
from batches.services import newest
from batches.services.keys.types import KeyHandle
from tests.support.api import Program, token_of
from tests.support.operations import unsaved_operation
from tests.support.vendor import KeyMaker, with_replaced_key
from tests.support.watched_work import at


def done(user: User, key: KeyHandle, minute: float = 0, **facts: Any) -> Operation:
    usual: dict[str, Any] = {
        "verb": Verb.FINALIZE,
        "batch_name": "kitten-07",
        "state": State.SUCCEEDED,
        "created_at": at(minute),
    }
    operation = unsaved_operation(user, key, **usual | facts)
    operation.save()
    return operation


def ids(items: list[Any]) -> list[str]:
    return [item["id"] for item in items]


def test_an_operation_has_who_what_when_and_the_outcome(
    program: Program, alice: User, key: KeyHandle
):
    row = done(
        alice,
        key,
        verb=Verb.CREATE,
        project="kittens",
        parameters={"priority": 25, "tell_console": True, "callback": "a@example.com"},
        state=State.UNCONFIRMED,
        sent_at=at(1),
        settled_at=at(2),
        message="It is there since this minute.",
        answer_message="=Taken",
        http_status=409,
    )
    assert program.read("operations/")["items"] == [
        {
            "id": str(row.id),
            "page": f"/operations/{row.id}/?key={key.ref}",
            "verb": "create",
            "state": "unconfirmed",
            "state_words": "Unconfirmed",
            "is_open": False,
            "batch": "kitten-07",
            "ref": "kitten-07",
            "project": "kittens",
            "parameters": {"priority": 25, "tell_console": True, "callback": "a@example.com"},
            "by": "alice",
            "created_at": "2026-11-23T12:00:00Z",
            "sent_at": "2026-11-23T12:01:00Z",
            "settled_at": "2026-11-23T12:02:00Z",
            "message": "It is there since this minute.",
            "answer_message": "=Taken",
            "http_status": 409,
            "status_before": "",
            "status_after": "",
        }
    ]


def test_pages_follow_each_other_and_a_new_operation_shifts_none(
    program: Program, alice: User, key: KeyHandle
):
    rows = [done(alice, key, minute) for minute in range(5)]
    expected = [str(row.id) for row in reversed(rows)]
    first = program.read("operations/", limit=2)
    done(alice, key, 9)
    second = program.read(first["next"])
    third = program.read(second["next"])
    assert ids(first["items"] + second["items"] + third["items"]) == expected
    assert third["next"] is None


def test_filters_narrow_them(program: Program, alice: User, key: KeyHandle):
    done(alice, key)
    other = done(alice, key, verb=Verb.CREATE, state=State.REFUSED, batch_name="a/b")
    for query in ({"batch": "a/b"}, {"verb": "create"}, {"state": "refused"}):
        assert ids(program.read("operations/", **query)["items"]) == [str(other.id)]
    assert program.read("operations/", verb="create", state="succeeded")["items"] == []


def test_a_page_that_looked_through_enough_goes_on(
    program: Program, alice: User, key: KeyHandle, monkeypatch: Any
):
    monkeypatch.setattr(newest, "AT_ONCE", 2)
    monkeypatch.setattr(newest, "LEAST_OF_A_PART", 2)
    wanted = done(alice, key, -9, verb=Verb.CREATE)
    for minute in range(5):
        done(alice, key, minute, verb=Verb.CREATE, state=State.REFUSED)
    query = {"state": "succeeded", "verb": "create"}
    assert ids(program.read_all("operations/", **query)) == [str(wanted.id)]


def test_they_are_those_of_the_key_alone_for_an_admin_too(
    program: Program, alice: User, ada: User, bob: User, key: KeyHandle, key_for: KeyMaker
):
    his, hers = key_for(bob, mode="test"), key_for(ada, mode="test", api_key="key-of-ada-1234")
    done(alice, key)
    at_bobs = done(bob, his)
    assert Program(token_of(ada)).read("operations/")["items"] == []
    assert Program(token_of(ada)).get("operations/", key=his.ref).status_code == 404
    ApiKey.objects.filter(id=his.id).update(is_shared=True)
    for user in (ada, alice):
        found = Program(token_of(user)).read("operations/", key=his.ref)
        assert ids(found["items"]) == [str(at_bobs.id)]
    assert hers.ref != his.ref


def test_what_was_sent_before_the_key_was_replaced_is_part_of_it(
    program: Program, alice: User, key: KeyHandle
):
    row = done(alice, key)
    replaced = with_replaced_key(key)
    ApiKey.objects.update(fingerprint=replaced.fingerprint, earlier=list(replaced.earlier))
    assert ids(program.read("operations/")["items"]) == [str(row.id)]


def test_an_open_operation_says_that_it_will_change(program: Program, alice: User, key: KeyHandle):
    done(alice, key, state=State.WAITING, next_check_at=at(0) + timedelta(minutes=1))
    [item] = program.read("operations/")["items"]
    assert (item["is_open"], item["settled_at"]) == (True, None)

"""Whatever is read, Refonte is not asked; and nothing of another key is in any answer."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from batches.api.routes import ENDPOINTS
from batches.models import Alarm, AlarmKind, ApiKey, Estimate, StoredReading
from batches.refs import to_ref
from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from tests.support.api import Program, token_of
from tests.support.operations import finalize
from tests.support.vendor import KeyMaker
from tests.support.watched_work import Work, at


def paths(name: str) -> list[str]:
    return [path.replace("{ref}", to_ref(name)) for path in ENDPOINTS]


def secret_work(key: KeyHandle, user: User, mark: str) -> None:
    """Something of each kind with one key, with a mark in every name."""
    work = Work(name=f"{mark}-batch", project=f"{mark}-project", fingerprint=key.fingerprint)
    work.see(0, 40)
    Estimate.objects.create(
        batch=work.row, at=at(0), as_of=at(0), status="in_progress", reason="unsure"
    )
    facts: dict[str, Any] = {"since": at(0), "began_at": at(0), "checked_at": at(0)}
    Alarm.objects.create(
        batch=work.row, fingerprint=key.fingerprint, kind=AlarmKind.STALLED, subject="1", **facts
    )
    StoredReading.objects.create(
        fingerprint=key.fingerprint,
        query="projects",
        payload=f'[{{"name": "{mark}-listed"}}]',
        as_of=at(0),
    )
    finalize(user, key, f"{mark}-batch")


@pytest.mark.parametrize("outage", [False, True])
def test_no_answer_costs_a_call(program: Program, work: Work, refonte: Sandbox, outage: bool):
    if outage:
        refonte.fault("status", code=503)
    for path in [*paths("kitten-07"), *paths("never-seen"), "nothing/"]:
        assert program.get(path).status_code in {200, 404}
    assert refonte.calls == []
    assert not ApiKey.objects.exclude(last_used_at=None).exists()


def test_nothing_of_another_key_is_in_any_answer(
    program: Program, alice: User, bob: User, key: KeyHandle, key_for: KeyMaker, refonte: Sandbox
):
    refonte.add_key("key-of-bob-1234", "live")
    his = key_for(bob, api_key="key-of-bob-1234")
    secret_work(his, bob, "hidden")
    secret_work(key, alice, "shown")
    for path in [*paths("hidden-batch"), *paths("shown-batch")]:
        for query in ({}, {"key": key.ref}, {"key": his.ref}):
            content = program.get(path, **query).content.decode()
            assert "hidden" not in content, path
    theirs = "".join(
        Program(token_of(bob)).get(path).content.decode() for path in paths("hidden-batch")
    )
    for part in ("hidden-batch", "hidden-project", "hidden-listed", "finalize"):
        assert part in theirs
    assert "shown" not in theirs.replace("is shown", "")


def test_what_a_program_reads_is_what_the_page_has(
    program: Program, as_alice: Client, key: KeyHandle, refonte: Sandbox
):
    refonte.add_batch("kitten-07", counts={"pending": 60, "completed": 40})
    assert as_alice.get(f"/batches/kitten-07/?key={key.ref}").status_code == 200
    asked = len(refonte.calls)
    assert asked
    tasks = program.read("batches/kitten-07/")["batch"]["tasks"]
    assert tasks["counts"] == {"pending": 60, "completed": 40}
    assert len(refonte.calls) == asked

"""Names are percent-decoded once, segment by segment, so that every name has its own address."""

from urllib.parse import quote

import pytest

from batches.sandbox import Sandbox
from batches.sandbox.sample_names import HARD_NAMES

from .conftest import Caller


@pytest.mark.parametrize("name", HARD_NAMES)
def test_a_hard_name_can_be_created_read_and_listed(alice: Caller, name: str):
    assert alice.create(name).json()["name"] == name
    assert alice.get(f"/batches/{quote(name, safe='')}").json()["name"] == name
    assert "tasks_pending" in alice.status(name)
    assert alice.names() == [name]


def test_an_encoded_slash_is_no_separator(alice: Caller):
    alice.create("a")
    alice.create("a/status")
    assert alice.get("/batches/a%2Fstatus").json()["name"] == "a/status"
    assert "name" not in alice.get("/batches/a/status").json()


def test_a_name_is_decoded_only_once(alice: Caller):
    alice.create("%2F")
    assert alice.get("/batches/%252F").status_code == 200
    assert alice.get("/batches/%2F").status_code == 404


def test_bytes_that_are_no_text_are_refused(alice: Caller):
    assert alice.get("/batches/%ff").status_code == 400


def test_the_hard_names_are_in_the_test_world():
    with Sandbox(batches=60) as sandbox:
        assert set(HARD_NAMES) <= set(sandbox.world("test").batches)

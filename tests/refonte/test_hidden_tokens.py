"""No answer and no error brings the token of a callback's address into the product."""

import json
import logging
from typing import Any

import pytest
import responses

from batches.refonte import Client, Deadline, RefonteError, Secret
from tests.refonte.conftest import BASE_URL

TOKEN = "0123456789abcdef" * 2 + "01234567"
ADDRESS = f"https://hooks.example.com/callbacks/{TOKEN}/"
HIDDEN = "https://hooks.example.com/callbacks/[hidden]/"
ROW = {"name": "kitten-07", "callback": ADDRESS, "metadata": {"echo": [ADDRESS, 7], ADDRESS: 1}}


def escaped(text: str) -> str:
    """JSON with every character of a text as a number."""
    return "".join(f"\\u{ord(char):04x}" for char in text)


@pytest.mark.parametrize(
    "body",
    [
        json.dumps(ROW),
        json.dumps(ROW).replace("/", "\\/"),
        f'{{"name": "kitten-07", "callback": "{escaped(ADDRESS)}"}}',
    ],
)
def test_an_answer_has_the_address_without_it(
    body: str, vendor: responses.RequestsMock, client: Client, key: Secret, deadline: Deadline
) -> None:
    vendor.get(f"{BASE_URL}/batches/kitten-07", body=body)
    answer = client.get_batch(key, "kitten-07", deadline=deadline)
    assert answer.data.callback == HIDDEN
    assert answer.data.name == "kitten-07"
    assert TOKEN not in json.dumps(answer.payload)


def test_so_has_a_list(
    vendor: responses.RequestsMock, client: Client, key: Secret, deadline: Deadline
) -> None:
    vendor.get(f"{BASE_URL}/batches/kitten-07", json={**ROW, "callback": "ops@example.com"})
    answer = client.get_batch(key, "kitten-07", deadline=deadline)
    assert answer.data.callback == "ops@example.com"
    assert answer.data.metadata == {
        "echo": [HIDDEN, 7],
        HIDDEN: 1,
    }


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 400, "json": {"status_code": 400, "error": f"{ADDRESS} cannot be reached"}},
        {"status": 400, "body": f"<h1>No</h1>{ADDRESS}"},
        {"status": 200, "body": f"created {ADDRESS}"},
        {"status": 200, "json": [ADDRESS]},
    ],
)
def test_neither_an_error_nor_the_log_has_it(
    answer: dict[str, Any],
    vendor: responses.RequestsMock,
    client: Client,
    key: Secret,
    deadline: Deadline,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    vendor.post(f"{BASE_URL}/batches", **answer)
    with pytest.raises(RefonteError) as error:
        client.create_batch(
            key, project="kittens", name="kitten-07", callback=ADDRESS, deadline=deadline
        )
    told = [vars(record) for record in caplog.records if record.name == "batches.refonte"]
    assert TOKEN not in error.value.message
    assert TOKEN not in repr(told)

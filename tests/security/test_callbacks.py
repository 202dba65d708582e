"""The address that Refonte calls: its token is nowhere, and it is no way in."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from pytest_django.fixtures import Settings

from batches.models import CallbackAddress, CallMinute, Lease, Operation, SeenBatch, StoredReading
from batches.sandbox import Sandbox
from batches.services.callbacks import arrivals
from tests.security import leaks
from tests.security.conftest import Console
from tests.support.callbacks import BASE, call, read_called_once, token_of
from tests.support.logs import json_of
from tests.support.operations import POST_CREATE, READ
from tests.support.vendor import forget_readings

pytestmark = pytest.mark.django_db(transaction=True)
PATHS = (
    *("/batches/", "/batches/export/", "/batches/new-one/", "/batches/new-one/live/"),
    *("/batches/new/?like=new-one", "/batches/new-one/finalize/", "/operations/"),
)


@pytest.fixture(autouse=True)
def _reachable(settings: Settings) -> Iterator[None]:
    settings.CALLBACK_BASE_URL = BASE
    arrivals.forget()
    yield
    arrivals.forget()


def new_batch(console: Console, **more: str) -> dict[str, str]:
    facts = {"project": "kittens", "name": "new-one", "tell_console": "on"}
    return console.fields("alice") | facts | more


def pages_of(client: Client, console: Console) -> bytes:
    found = []
    operations = [f"/operations/{one.id}/" for one in Operation.objects.all()]
    for path in (*PATHS, *operations):
        address = f"{path}{'&' if '?' in path else '?'}key={console.ref('alice')}"
        for headers in ({}, {"HX-Request": "true"}):
            answer = client.get(address, headers=headers)
            found += [answer.getvalue(), repr(answer.headers).encode()]
    return b"".join(found)


def echo(refonte: Sandbox, address: str) -> None:
    """A vendor that repeats the address wherever it can say anything."""
    escaped = address.replace("/", "\\/")
    by_number = "".join(f"\\u{ord(char):04X}" for char in address)
    for told in (address, escaped, by_number):
        batch = f'{{"name": "new-one", "callback": "{told}", "metadata": {{"{told}": "{told}"}}}}'
        refonte.fault("status", match="GET /v1/batches?*", code=200, times=2, body=batch)
        refonte.fault("status", match=READ, code=200, times=2, body=batch)
        refonte.fault("status", match=READ, code=400, times=2, body=f'{{"error": "{told}"}}')
        refonte.fault("status", match=READ, code=200, times=2, body=f"<p>{told}")


def test_no_token_is_anywhere(
    console: Console, refonte: Sandbox, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    caplog.set_level(logging.DEBUG)
    alice, data = console.browser("alice"), new_batch(console)
    token = token_of(Operation(form_id=UUID(data["form_id"])))
    address = f"{BASE}/callbacks/{token}/"
    body = json.dumps({"status_code": 400, "error": {"message": f"{address} is not reached"}})
    refonte.fault("status", match=POST_CREATE, times=1, code=400, body=body)
    refused = new_batch(console, form_id=data["form_id"], name="refused-one")
    pages = [alice.post("/batches/new/", refused).getvalue()]
    assert b"is not reached" in pages[0]
    data = new_batch(console)
    pages.append(alice.post("/batches/new/", data, follow=True).getvalue())
    created = Operation.objects.get(batch_name="new-one")
    tokens = [token, token_of(created)]
    pages.append(pages_of(alice, console))
    assert b"/callbacks/[hidden]/" in pages[-1]
    echo(refonte, f"{BASE}/callbacks/{token_of(created)}/")
    for _ in range(8):
        forget_readings()
        pages.append(pages_of(alice, console))
    Client().post(f"/callbacks/{token_of(created)}/", data, content_type="application/json")
    Client().get(f"/callbacks/{token_of(created)}/")
    arrivals.handle_calls()
    log = json.dumps([json_of(record) for record in caplog.records])
    places = {
        "pages": b"".join(pages),
        "log": log.encode(),
        "database": leaks.bytes_of_database(),
        "dumpdata": leaks.dump(),
        "sessions": leaks.sessions(),
        "caches": leaks.cached(),
        "queue": leaks.queue(),
        "mail": leaks.mails(),
    }
    if connection.vendor == "sqlite":
        places["backup"] = leaks.backup(tmp_path)
    assert [place for place, text in places.items() if leaks.leaks(text, tokens)] == []
    assert "Refonte called about a batch" in log
    assert "dashboard.access" in log


def rows() -> list[int]:
    tables = (CallbackAddress, CallMinute, Lease, Operation, SeenBatch, Session, StoredReading)
    return [table._default_manager.count() for table in tables]


def test_a_flood_of_odd_calls_leaves_nothing_and_asks_refonte_nothing(
    console: Console, refonte: Sandbox
) -> None:
    before, calls = rows(), len(refonte.calls)
    client = Client()
    for number in range(400):
        word = f"{number:x}" + "x" * 900
        token = (f"{number:040x}", word, "%00%ff", f"{'a' * 39}g")[number % 4]
        more: dict[str, Any] = {"headers": {"Cookie": f"sessionid={word}", "User-Agent": word}}
        answer = client.post(f"/callbacks/{token}/", word, content_type="text/plain", **more)
        assert answer.status_code in (204, 404)
        if number % 50 == 0:
            arrivals.handle_calls()
    arrivals.handle_calls()
    read_called_once()
    assert rows() == before
    assert len(refonte.calls) == calls
    assert not arrivals._arrived


def test_what_is_sent_is_never_believed(console: Console, refonte: Sandbox) -> None:
    console.browser("alice").post("/batches/new/", new_batch(console))
    created = Operation.objects.get(batch_name="new-one")
    bodies: tuple[Any, ...] = (
        {"name": "new-one", "status": "completed", "tasks_completed": 9},
        {"name": "kitten-07", "status": "cancelled"},
        [],
    )
    for body in bodies:
        Client().post(
            f"/callbacks/{token_of(created)}/", json.dumps(body), content_type="application/json"
        )
    refonte.forget_calls()
    arrivals.handle_calls()
    # her key is not watched in the background: not one call
    assert read_called_once() == 0
    assert refonte.calls == []
    assert "completed" not in SeenBatch.objects.values_list("status", flat=True)


def test_an_open_page_of_a_key_that_is_not_watched_asks_at_its_next_poll(
    console: Console, refonte: Sandbox
) -> None:
    alice, ref = console.browser("alice"), console.ref("alice")
    alice.post("/batches/new/", new_batch(console))
    alice.get(f"/batches/new-one/?key={ref}")
    refonte.set_status("new-one", "completed")
    call(Operation.objects.get(batch_name="new-one"))
    refonte.forget_calls()
    poll = alice.get(f"/batches/new-one/live/?key={ref}", headers={"X-Poll": "1"})
    assert len(refonte.calls_to("GET", "/batches/new-one/status")) == 1
    assert b"Completed" in poll.content

"""A personal token goes through everything that handles one, and is then looked for everywhere."""

import json
import logging
from pathlib import Path
from typing import Any
from unittest import mock
from uuid import uuid4

import pytest
from django.core import mail
from django.db import connection
from django.utils.log import AdminEmailHandler
from pytest_django.fixtures import Settings

from batches.models import PersonalToken
from batches.personal_tokens import TOKEN
from dashboard.web.logs import JsonLine
from tests.security import leaks
from tests.security.conftest import Console
from tests.support.api import Program, token_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.unmeasured]


@pytest.fixture
def token(console: Console) -> str:
    """Of Alice, made on the page."""
    fields = {"form_id": str(uuid4()), "label": "Sheet", "scope": "all", "days": "30"}
    page = console.browser("alice").post("/tokens/add/", fields)
    found = TOKEN.search(page.text)
    assert found
    return found[0]


def ask(console: Console, token: str, path: str) -> Any:
    headers = {"Authorization": f"Bearer {token}"}
    return console.browser("nobody").get(f"/api/v1/{path}", headers=headers)


def test_no_place_keeps_a_token(console: Console, token: str, tmp_path: Path):
    answers = [ask(console, token, path) for path in ("batches/", "operations/", "no-such/")]
    row = PersonalToken.objects.get(prefix=token[:11])
    browser = console.browser("alice")
    pages = [browser.get("/tokens/"), browser.get(f"/tokens/{row.id}/revoke/")]
    places = {
        "answers": b"".join(one.content + repr(one.headers).encode() for one in answers + pages),
        "database": leaks.bytes_of_database(),
        "dumpdata": leaks.dump(),
        "sessions": leaks.sessions(),
        "caches": leaks.cached(),
        "queue": leaks.queue(),
    }
    if connection.vendor == "sqlite":
        places["backup"] = leaks.backup(tmp_path)
    assert [name for name, text in places.items() if leaks.leaks(text, [token])] == []


@pytest.mark.parametrize("debug", [True, False], ids=["DEBUG", "live"])
@pytest.mark.parametrize(
    "where",
    ["batches.services.people.tokens.digest_of", "batches.api.projects.list_projects"],
)
def test_a_bug_of_ours_tells_no_token(
    console: Console, token: str, settings: Settings, where: str, debug: bool
):
    settings.ADMINS, settings.DEBUG = [("Ada", "ada@example.com")], debug
    mailer, log = AdminEmailHandler(include_html=True), logging.getLogger("django.request")
    log.addHandler(mailer)
    try:
        with mock.patch(where, side_effect=RuntimeError("a bug")):
            answer = ask(console, token, "projects/")
    finally:
        log.removeHandler(mailer)
    assert (answer.status_code, answer.json()["code"]) == (500, "server_error")
    assert mail.outbox
    assert not leaks.leaks(leaks.mails() + answer.content, [token])


def test_a_line_of_the_log_hides_a_token_wherever_it_is():
    text = "rc_" + "aB-_0" * 8 + "xyz"
    found = JsonLine().process_log_record(
        {"message": f"GET /x/{text}/", "path": f"/{text}", "ms": 3}
    )
    assert text not in json.dumps(found)
    assert found["path"] == "/[token]"


@pytest.mark.parametrize("name", ["nobody", "charlie", "vera", "alice", "ada", "bob"])
def test_each_token_reads_with_the_keys_of_its_owner_alone(console: Console, name: str):
    """Every endpoint × everybody's key, with a token of each person."""
    program = Program("" if name == "nobody" else token_of(console.people[name]))
    for owner, key in console.keys.items():
        for path in ("batches/", "attention/", "operations/", "projects/"):
            expected = {"nobody": 401, "charlie": 403}.get(name, 200 if owner == name else 404)
            assert program.get(path, key=key.ref).status_code == expected, (owner, path)

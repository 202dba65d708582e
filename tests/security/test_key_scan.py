"""An API key goes through everything the product does, and is then looked for everywhere."""

import base64
import json
import logging
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.utils.log import AdminEmailHandler
from huey.contrib.djhuey import HUEY
from pytest_django.fixtures import Settings

from batches.models import ApiKey, SeenBatch
from batches.refonte import Secret
from batches.sandbox import Sandbox
from batches.services.key_checks import checks
from batches.services.keys import fingerprints, vault
from batches.services.vendor import calls
from tests.faults.spoiled import SpoiledVendor
from tests.security import leaks
from tests.security.conftest import Console
from tests.support.vendor import forget_readings

FIRST = 'live_s3cr+t/<&>"4fQ9zK7bXw2mPd'
SECOND = "live_other/2=~'8hTgRk5vYcN1qWs"
REFUSED = "live_refused+9/jLxZ3e7MuBaF6oDi"
ECHOED = "live_a&b<c>d/5gHsWq8eRt2nVx"
KEYS = [FIRST, SECOND, REFUSED, ECHOED]
METRICS_TOKEN = "a-token-for-prometheus"

# other tests take these paths; measuring doubles the time
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.unmeasured]


class Walk:
    """A person's browser that keeps every answer, and the log that hears all of it."""

    def __init__(self, client: Client, listener: leaks.Listener) -> None:
        self.client, self.listener = client, listener
        self.pages: list[bytes] = []

    def get(self, path: str, **headers: str) -> Any:
        return self._kept(self.client.get(path, headers=headers))

    def post(self, path: str, data: dict[str, Any], **headers: str) -> Any:
        return self._kept(self.client.post(path, data, headers=headers))

    def _kept(self, answer: Any) -> Any:
        cookies = repr(answer.cookies).encode()
        self.pages += [answer.getvalue(), repr(answer.headers).encode(), cookies]
        return answer

    def places(self, folder: Path) -> dict[str, bytes]:
        """Everything that is kept or shown, by the name of its place."""
        found = {
            "pages": b"".join(self.pages),
            "log": "".join(self.listener.heard).encode(),
            "tracebacks": "".join(self.listener.tracebacks).encode(),
            "database": leaks.bytes_of_database(),
            "dumpdata": leaks.dump(),
            "sessions": leaks.sessions(),
            "caches": leaks.cached(),
            "queue": leaks.queue(),
            "mail": leaks.mails(),
        }
        if connection.vendor == "sqlite":
            found["backup"] = leaks.backup(folder)
        return found


def forget_deleted_rows() -> None:
    """SQLite leaves deleted rows in its file: what another test planted is no leak of this one."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@pytest.fixture
def walk(console: Console, settings: Settings) -> Iterator[Walk]:
    forget_deleted_rows()
    settings.ADMINS = [("Ada", "ada@example.com")]
    settings.SESSION_COOKIE_AGE = 60
    settings.METRICS_TOKEN = METRICS_TOKEN
    listener, root = leaks.Listener(), logging.getLogger()
    mailer = AdminEmailHandler(include_html=True)
    loggers = [
        root,
        *map(logging.getLogger, ("urllib3", "requests", "django", "django.request", "batches")),
    ]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    for logger in (root, logging.getLogger("urllib3")):  # which hands nothing on
        logger.addHandler(listener)
    logging.getLogger("django.request").addHandler(mailer)
    yield Walk(console.browser("alice"), listener)
    for logger in (root, logging.getLogger("urllib3")):
        logger.removeHandler(listener)
    logging.getLogger("django.request").removeHandler(mailer)
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


def add(walk: Walk, label: str, api_key: str) -> None:
    walk.post("/keys/add/", {"label": label, "mode": "live", "api_key": api_key})


def through_everything(walk: Walk, console: Console, refonte: Sandbox) -> None:
    for api_key in (FIRST, SECOND):
        refonte.add_key(api_key, "live")
    walk.get("/keys/")
    add(walk, "Mine", FIRST)
    row = ApiKey.objects.get(label="Mine")
    walk.post(f"/keys/{row.id}/check/", {})
    walk.post(f"/keys/{row.id}/replace/", {"api_key": SECOND}, **{"HX-Request": "true"})
    refuse_a_key(walk, row, refonte)
    row.refresh_from_db()
    use(walk, console, row.ref)
    echo(walk, refonte)
    fail(walk, console, row.ref, refonte)
    walk.get("/metrics", Authorization=f"Bearer {METRICS_TOKEN}")


def refuse_a_key(walk: Walk, row: ApiKey, refonte: Sandbox) -> None:
    """A vendor that repeats the key in its refusal, plainly and as it was sent; and nonsense."""
    basic = base64.b64encode(f"{REFUSED}:".encode()).decode()
    body = json.dumps({"message": f"Wrong key {REFUSED}, sent as Basic {basic}"})
    for path in ("/keys/add/", f"/keys/{row.id}/replace/"):
        refonte.fault("status", times=1, code=401, body=body)
        walk.post(path, {"label": "Other", "mode": "live", "api_key": REFUSED})
        walk.post(path, {"label": "Other", "mode": "live", "api_key": REFUSED + ":é"})
        walk.post(path, {"label": "", "mode": "x", "api_key": REFUSED})


def use(walk: Walk, console: Console, ref: str) -> None:
    of_batches = ("", "export/", "kitten-07/", "kitten-07/live/", "new/")
    for path in (f"/batches/{page}" for page in of_batches):
        walk.get(f"{path}?key={ref}")
    for path in ("/operations/", "/preferences/", "/batches/kitten-07/finalize/", "/keys/"):
        walk.get(f"{path}?key={ref}")
    walk.get(f"/batches/name/?key={ref}&name=kitten-08")
    walk.post(f"/batches/live/?key={ref}", {"since": "2026-11-23T00:00:00+00:00"})
    new = {"project": "kittens", "name": "kitten-08", "priority": "20"}
    walk.post("/batches/new/", console.fields("alice") | {"key": ref} | new)
    for verb in ("finalize", "prioritize"):
        data = console.fields("alice") | {"key": ref, "priority": "12"}
        walk.post(f"/batches/kitten-07/{verb}/", data)


def fail(walk: Walk, console: Console, ref: str, refonte: Sandbox) -> None:
    """Every way in which a call to the vendor ends badly, by a read and by a write."""
    kinds = ["reset_before_acting", "close_after_acting", "html", "truncated_json", "not_utf8"]
    for kind in [*kinds, "garbage_status_line", "reset_mid_body", "nested", "redirect"]:
        refonte.fault(kind, times=4)
        forget_readings()
        walk.get(f"/batches/kitten-07/?key={ref}")
        data = console.fields("alice") | {"key": ref, "priority": "13"}
        walk.post("/batches/kitten-07/prioritize/", data)
        refonte.reset()
        refonte.add_key(SECOND, "live")


def echo(walk: Walk, refonte: Sandbox) -> None:
    """A vendor that repeats the key in answers that are fine: as Go does, and by numbers."""
    refonte.add_key(ECHOED, "live")
    add(walk, "Echoed", ECHOED)
    ref = ApiKey.objects.get(label="Echoed").ref
    by_number = "".join(f"\\u{ord(char):04X}" for char in ECHOED)
    for told in (leaks.as_go(ECHOED), by_number):
        batch = f'{{"name": "kitten-11", "project": "{told}", "metadata": {{"{told}": "{told}"}}}}'
        for path, body in {
            "/batches/": f'{{"docs": [{batch}, {{"name": "{told}", "status": "{told}"}}]}}',
            "/batches/export/": f'{{"docs": [{batch}, {{"name": "{told}"}}]}}',
            "/batches/kitten-11/": batch,
            "/batches/new/": f'[{{"type": "annotation", "name": "{told}"}}]',
        }.items():
            forget_readings()
            refonte.fault("status", code=200, body=body)
            walk.get(f"{path}?key={ref}")
            refonte.reset()
    refonte.add_key(SECOND, "live")


def crash(walk: Walk, console: Console, where: str) -> None:
    """A bug of ours in mid-call: its page, its mail and its line in the log."""
    ref = ApiKey.objects.get(label="Mine").ref
    forget_readings()
    with mock.patch(where, side_effect=RuntimeError("a bug")):
        walk.get(f"/batches/kitten-07/?key={ref}")
        walk.get(f"/batches/?key={ref}&limit=25")
        data = console.fields("alice") | {"key": ref, "project": "kittens", "name": "kitten-09"}
        walk.post("/batches/new/", data)
        refusing = {"label": "Third", "mode": "live", "api_key": REFUSED}
        walk.post("/keys/add/", refusing)


CRASHES = [
    # a bug in reading an answer is an outcome of its own, and names the error
    "batches.services.vendor.calls.vendor_client",
    "batches.refonte.transport.PooledTransport._attempt",
    "batches.services.keys.vault.seal",
    "batches.services.keys.fingerprints._secret_bytes",
    "batches.forms.keys.Secret",
]


def found_in(places: dict[str, bytes]) -> list[str]:
    return [name for name, text in places.items() if leaks.leaks(text, KEYS)]


@pytest.mark.slow
def test_no_key_is_anywhere(walk: Walk, console: Console, refonte: Sandbox, tmp_path: Path):
    through_everything(walk, console, refonte)
    assert found_in(walk.places(tmp_path)) == []
    assert len(walk.pages) > 100
    assert "vendor call" in "".join(walk.listener.heard)
    assert b"console_vendor_calls_total" in walk.pages[-3]
    assert b"[key]" in b"".join(walk.pages)


@pytest.mark.parametrize("debug", [True, False], ids=["DEBUG", "live"])
@pytest.mark.parametrize("where", CRASHES)
def test_a_bug_of_ours_tells_no_key(
    where: str,
    debug: bool,
    walk: Walk,
    console: Console,
    refonte: Sandbox,
    settings: Settings,
    tmp_path: Path,
):
    refonte.add_key(FIRST, "live")
    add(walk, "Mine", FIRST)
    settings.DEBUG = debug
    crash(walk, console, where)
    assert mail.outbox
    assert walk.listener.tracebacks
    places = walk.places(tmp_path)
    del places["tracebacks"]  # with locals: what nothing of this product ever writes
    assert found_in(places) == []


def test_what_a_failing_vendor_leaves_in_a_traceback_holds_no_key(
    console: Console, refonte: Sandbox
):
    refonte.refuse_key("key-of-alice-1234")
    row = ApiKey.objects.get(owner__username="alice")
    secret = vault.open_key(key=console.keys["alice"])
    check = checks.check_key(user=console.people["alice"], key=console.keys["alice"])
    shown = f"{row!r} {vars(row)} {secret!r} {secret} {check!r} {console.keys!r}"
    shown += repr(pickle.dumps(console.keys["alice"])) + repr(pickle.dumps(row))
    assert not leaks.leaks(shown.encode(), ["key-of-alice-1234"])
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError):
            pickle.dumps(secret, protocol)


def test_a_row_copied_to_another_does_not_tell_its_key_by_failing(console: Console):
    alices, bobs = console.keys["alice"], console.keys["bob"]
    ApiKey.objects.filter(id=bobs.id).update(sealed=ApiKey.objects.get(id=alices.id).sealed)
    with pytest.raises(vault.KeyUnreadable) as caught:
        vault.open_key(key=bobs)
    assert not leaks.leaks(leaks.told(caught.value).encode(), ["key-of-alice-1234"])


def test_a_header_line_that_repeats_the_key_is_not_logged(
    walk: Walk, refonte: Sandbox, settings: Settings, tmp_path: Path
):
    """Raw, as Basic, and the address with its query, in a line that is no header."""
    refonte.add_key(FIRST, "live")
    add(walk, "Mine", FIRST)
    ref = ApiKey.objects.get(label="Mine").ref
    spoiled = SpoiledVendor(refonte)
    with spoiled:
        settings.REFONTE_API_URL = spoiled.url
        calls.vendor_client.cache_clear()
        spoiled.spoil(FIRST, "header_malformed")
        forget_readings()
        walk.get(f"/batches/?key={ref}&project=hush-hush")
        assert spoiled.requests
    calls.vendor_client.cache_clear()
    assert "vendor call" in "".join(walk.listener.heard)
    assert "no header, for" not in "".join(walk.listener.heard)
    assert found_in(walk.places(tmp_path)) == []


def spelled(key: str) -> list[str]:
    return [spelling.decode() for spelling in leaks.spellings(key)]


def plant_database(text: str, walk: Walk) -> None:
    SeenBatch.objects.create(fingerprint="f", name=text, seen_at="2026-11-23T00:00:00Z")


def plant_session(text: str, walk: Walk) -> None:
    session = walk.client.session
    session["note"] = text
    session.save()


def plant_traceback(text: str, walk: Walk) -> None:
    try:
        raise RuntimeError
    except RuntimeError:
        logging.getLogger("batches").exception("planted")


PLANTS: dict[str, Callable[[str, Walk], object]] = {
    "pages": lambda text, walk: walk.pages.append(f"<p>{text}</p>".encode()),
    "log": lambda text, walk: logging.getLogger("urllib3.x").debug("with %s", text),
    "tracebacks": plant_traceback,
    "database": plant_database,
    "dumpdata": plant_database,
    "backup": plant_database,
    "sessions": plant_session,
    "caches": lambda text, walk: cache.set("note", text),
    "queue": lambda text, walk: HUEY.storage.enqueue(text.encode()),
    "mail": lambda text, walk: mail.mail_admins("A bug", text),
}


@pytest.mark.parametrize("place", PLANTS)
def test_the_scan_sees_what_is_planted(place: str, walk: Walk, tmp_path: Path):
    if place == "backup" and connection.vendor != "sqlite":
        pytest.skip("no backup command there")
    PLANTS[place](spelled(FIRST)[-1], walk)
    seen = found_in(walk.places(tmp_path))
    HUEY.storage.flush_queue()
    assert place in seen


def test_the_scan_knows_every_spelling():
    sent = Secret(FIRST).basic_auth()
    for text in (FIRST, sent, FIRST.encode().hex(), json.dumps({"k": FIRST})):
        assert leaks.leaks(f"before {text} after".encode(), KEYS)
    for lead in ("", "a", "bc"):
        hidden = base64.b64encode(f"{lead}{FIRST}: more".encode())
        assert leaks.leaks(hidden, KEYS)
        assert leaks.leaks(base64.b32encode(f"{lead}{FIRST}".encode()), KEYS)
    assert not leaks.leaks(b"live_s3cr+t/<&>", KEYS)
    fingerprints.forget()

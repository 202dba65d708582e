"""The demo: everything in its own directory, nothing of anything else."""

import io
import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from batches.management.commands import serve, set_up_demo
from batches.management.demo_operations import record_operations
from batches.management.demo_views import VIEWS, store_views
from batches.models import ApiKey, Bulk, BulkState, Operation, SavedView, State
from batches.sandbox import LIVE_KEY, TEST_KEY, Sandbox
from batches.services.keys.types import ViewerKey
from batches.services.vendor import calls as vendor
from dashboard.run import demo
from dashboard.run.supervisor import STOP_SIGNALS, Program, Supervisor
from tests.support.bulk_work import work_off
from tests.support.pages import text_of
from tests.support.people import person
from tests.support.static_files import give_static_files

FETCH = {"HX-Request": "true", "X-Poll": "1"}


@pytest.fixture(autouse=True)
def _signals_as_before():
    former = {number: signal.getsignal(number) for number in STOP_SIGNALS}
    yield
    for number, action in former.items():
        signal.signal(number, action)


def test_no_variable_of_the_shell_reaches_the_demo(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("DATABASE_URL", "postgresql://real")
    monkeypatch.setenv("REFONTE_PROXY", "http://real")
    found = demo.environment_for(tmp_path, {"SECRET_KEY": "x"}, 8000, 8001)
    assert "real" not in str(found)
    assert found["ENV_FILE"] == ""
    assert found["REFONTE_API_URL"] == "http://127.0.0.1:8001/v1"


def test_secrets_are_made_once_and_kept_from_others(tmp_path: Path):
    first = demo.read_or_make_secrets(tmp_path)
    assert demo.read_or_make_secrets(tmp_path) == first
    assert (tmp_path / "secrets.json").stat().st_mode & 0o077 == 0
    assert set(first["passwords"]) == {"olga", "vera", "admin"}


def test_a_second_demo_in_one_directory_is_refused(tmp_path: Path):
    with (
        demo.locked(tmp_path),
        pytest.raises(SystemExit, match="already running"),
        demo.locked(tmp_path),
    ):
        pass


def test_a_port_that_is_taken_is_refused_in_words():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SystemExit, match=f"Port {port} is taken"):
            demo.choose_port(str(port))


@pytest.mark.parametrize("asked", ["0", "65536", "x", "-1", "٣"])
def test_a_port_is_a_number(asked: str):
    with pytest.raises(SystemExit, match="from 1 to 65535"):
        demo.choose_port(asked)


@pytest.mark.parametrize("asked", ["0", "1001", "x", "-1", "1.5", "٣"])
def test_a_speed_is_a_number(asked: str):
    with pytest.raises(SystemExit, match="SPEED must be a number from 1 to 1000"):
        demo.choose_speed(asked)


def test_the_sandbox_of_the_demo_has_its_batches_and_the_speed_asked_for(tmp_path: Path):
    assert demo.choose_speed("") == "1"
    command = demo.sandbox(tmp_path, 8001, demo.choose_speed("60")).command
    assert "--demo" in command
    assert command[-2:] == ("--speed", "60")


def test_without_a_wish_any_free_port_will_do(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(demo, "is_free", lambda port: False)
    assert demo.choose_port("") > 1024
    free = demo.free_port()
    monkeypatch.setattr(demo, "is_free", lambda port: True)
    assert demo.choose_port(str(free)) == free
    assert not demo.is_ready(free)


def test_the_greeting_names_address_and_accounts():
    words = demo.greeting(8000, 8001, {"olga": "o-word", "vera": "v-word", "admin": "a-word"})
    for part in (
        "http://127.0.0.1:8000/",
        "operator  olga   o-word",
        "viewer    vera   v-word",
        LIVE_KEY,
        TEST_KEY,
        """-d '{"kind": "status", "code": 503}' http://127.0.0.1:8001/_sandbox/faults""",
    ):
        assert part in words


class NoSupervisor:
    """Starts nothing; its first program has ended already."""

    def __init__(self, environment: Any) -> None:
        self.programs: list[Program] = []

    def __enter__(self) -> "NoSupervisor":
        return self

    def __exit__(self, *ignored: object) -> None:
        assert [program.name for program in self.programs[-2:]] == ["dashboard", "worker"]

    def start(self, program: Program) -> None:
        self.programs.append(program)

    def ended(self) -> Program:
        return self.programs[0]

    wait = ended


def test_a_part_that_ends_ends_the_demo_and_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(demo, "Supervisor", NoSupervisor)
    monkeypatch.setattr(demo, "set_up", lambda *given: None)
    monkeypatch.setattr(demo, "wait_until", lambda *given: None)
    monkeypatch.setenv("PORT", str(demo.free_port()))
    with pytest.raises(SystemExit, match=r"The sandbox stopped; see .*sandbox\.log"):
        demo.main(tmp_path / ".demo")
    assert "The console is at" in capsys.readouterr().out


def test_serving_for_real_ends_with_the_part_that_ended(
    monkeypatch: pytest.MonkeyPatch, settings: Any
):
    settings.PORT = demo.free_port()
    done: list[str] = []
    monkeypatch.setattr(serve, "Supervisor", NoSupervisor)
    monkeypatch.setattr(serve, "call_command", lambda name, **options: done.append(name))
    with pytest.raises(SystemExit, match="The dashboard stopped"):
        call_command("serve")
    assert done == ["migrate", "collectstatic"]


def test_serving_says_that_it_starts_before_its_long_work(
    monkeypatch: pytest.MonkeyPatch, settings: Any
):
    settings.PORT = demo.free_port()
    out, said = io.StringIO(), list[str]()
    monkeypatch.setattr(serve, "Supervisor", NoSupervisor)
    monkeypatch.setattr(serve, "call_command", lambda *_, **__: said.append(out.getvalue()))
    with pytest.raises(SystemExit):
        call_command("serve", stdout=out)
    assert said[0] == "Starting …\n"


def test_serving_on_a_taken_port_is_refused_before_anything_else(
    monkeypatch: pytest.MonkeyPatch, settings: Any
):
    done: list[str] = []
    monkeypatch.setattr(serve, "call_command", lambda name, **options: done.append(name))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings.PORT = taken.getsockname()[1]
        with pytest.raises(CommandError, match=f"Port {settings.PORT} is taken"):
            call_command("serve")
    assert done == []


@pytest.mark.parametrize(
    ("host", "words"),
    [
        ("203.0.113.7", "This machine has no address 203.0.113.7"),
        ("2001:db8::7", "This machine has no address 2001:db8::7"),
    ],
)
def test_serving_on_an_address_of_another_machine_is_refused(settings: Any, host: str, words: str):
    settings.BIND, settings.PORT = host, demo.free_port()
    with pytest.raises(CommandError, match=words):
        call_command("serve")


def test_the_address_that_is_served_is_named_as_one_types_it(
    monkeypatch: pytest.MonkeyPatch, settings: Any
):
    settings.BIND, settings.PORT = "::1", 8123
    out = io.StringIO()
    monkeypatch.setattr(serve, "refuse_address", lambda *_: None)
    monkeypatch.setattr(serve, "Supervisor", NoSupervisor)
    monkeypatch.setattr(serve, "call_command", lambda *_, **__: None)
    with pytest.raises(SystemExit):
        call_command("serve", stdout=out)
    assert "Serving on http://[::1]:8123/" in out.getvalue()


def test_waiting_ends_with_a_part_or_with_patience(monkeypatch: pytest.MonkeyPatch):
    with Supervisor({}) as supervisor:
        demo.wait_until(lambda: True, supervisor)
        monkeypatch.setattr(demo, "READY_SECONDS", 0)
        answers = iter([False, True])
        with pytest.raises(SystemExit, match="does not start"):
            demo.wait_until(lambda: next(answers), supervisor)
        ended = Program(name="sandbox", command=("x",))
        monkeypatch.setattr(supervisor, "ended", lambda: ended)
        with pytest.raises(SystemExit, match="sandbox stopped"):
            demo.wait_until(lambda: False, supervisor)


def test_a_set_up_that_fails_shows_its_reason(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    failing = (sys.executable, "-c", "import sys; sys.exit('the disk is full')")
    monkeypatch.setattr(demo, "manage", lambda *arguments: failing)
    with pytest.raises(SystemExit, match="the disk is full"):
        demo.set_up(tmp_path, dict(os.environ), {})


@pytest.mark.django_db
def test_set_up_makes_the_accounts_once(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    settings.DATA_DIR = tmp_path / ".demo"
    settings.DATA_DIR.mkdir()
    monkeypatch.setattr(set_up_demo, "collect_static", lambda stamp: None)
    with Sandbox(batches=120) as refonte:
        settings.REFONTE_API_URL = refonte.url
        vendor.vendor_client.cache_clear()
        for word in ("first-word", "second-word"):
            passwords = {"olga": word, "vera": word, "admin": word}
            monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(passwords)))
            call_command("set_up_demo")
    vendor.vendor_client.cache_clear()
    assert User.objects.get(username="olga").groups.get().name == "Operators"
    assert User.objects.get(username="admin").is_superuser
    assert User.objects.get(username="vera").check_password("first-word")
    assert ApiKey.objects.filter(keep_watch=True).count() == 6


@pytest.mark.django_db
def test_the_demo_begins_with_a_record_of_each_kind(settings: Any):
    with Sandbox(batches=120) as refonte:
        settings.REFONTE_API_URL = refonte.url
        vendor.vendor_client.cache_clear()
        for name in demo.ACCOUNTS:
            set_up_demo.add_account(name, "a-word")
        for _ in range(2):  # a second start adds nothing
            record_operations()
        [bulk] = Bulk.objects.all()
        assert bulk.state == BulkState.RUNNING
        with time_machine.travel(timezone.now(), tick=False) as clock:
            work_off(clock, seconds=20)
    vendor.vendor_client.cache_clear()
    recorded = [(row.verb, row.state) for row in Operation.objects.all()]
    assert set(recorded) >= {
        ("create", State.SUCCEEDED),
        ("create", State.REFUSED),
        ("finalize", State.SUCCEEDED),
        ("finalize", State.NO_EFFECT),
        ("prioritize", State.SUCCEEDED),
    }
    assert recorded.count(("create", State.SUCCEEDED)) == 1
    assert [row.state for row in bulk.operations.all()] == [State.SUCCEEDED] * bulk.rows.count()
    assert bulk.rows.count() > 2


@pytest.mark.usefixtures("refonte")
def test_its_views_are_shared_and_open_as_they_were_saved(as_alice: Client, key: ViewerKey):
    person("olga", "Operators")
    for _ in range(2):  # a second start adds nothing
        store_views()
    assert [row.name for row in SavedView.objects.order_by("pk")] == [*VIEWS]
    for row in SavedView.objects.all():
        page = as_alice.get("/batches/", {"view": row.slug, "key": key.ref})
        assert (page.status_code, f"view={row.slug}" in page.text) == (200, True)
        menu = as_alice.get("/views/menu/", {"view": row.slug, "key": key.ref}, headers=FETCH)
        assert "changed" not in text_of(menu)


@pytest.mark.parametrize(
    ("folder", "vendor"), [("real", "http://127.0.0.1/v1"), (".demo", "https://api.refonte.com/v1")]
)
def test_set_up_touches_nothing_real(settings: Any, folder: str, vendor: str):
    settings.DATA_DIR = Path(folder)
    settings.REFONTE_API_URL = vendor
    with pytest.raises(CommandError, match="not the demo"):
        call_command("set_up_demo")


def test_static_files_are_collected_again_only_when_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    done: list[str] = []
    monkeypatch.setattr(set_up_demo, "call_command", lambda name, **options: done.append(name))
    for _ in range(2):
        set_up_demo.collect_static(tmp_path / "stamp")
    assert done == ["collectstatic"]


@pytest.mark.slow
def test_the_demo_comes_up_and_leaves_nothing_running(tmp_path: Path, static_root: Path):
    """The whole of it, as `make run` starts it."""
    home, port = tmp_path / ".demo", demo.free_port()
    home.mkdir()
    give_static_files(static_root, home)
    command = [sys.executable, "-m", "dashboard.run.demo", str(home)]
    running = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        text=True,
        cwd=demo.ROOT,
        env=os.environ | {"PORT": str(port), "DATABASE_URL": "postgresql://not-this-one"},
    )
    assert running.stdout
    with running.stdout:
        said = ""
        while "Ctrl-C" not in said and (line := running.stdout.readline()):
            said += line
        try:
            assert f"http://127.0.0.1:{port}/" in said
            page = urllib.request.urlopen(f"http://127.0.0.1:{port}/accounts/login/").read()
        finally:
            running.send_signal(signal.SIGINT)
            assert running.wait(60) == 0
    assert b"csrfmiddlewaretoken" in page
    assert not demo.listens(port)

"""How gunicorn is set up: one process without Redis, headers on its own refusals too."""

import json
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.test import RequestFactory
from gunicorn.http.errors import (
    InvalidHeader,
    InvalidRequestLine,
    LimitRequestHeaders,
    LimitRequestLine,
)

from dashboard.env.hosts import in_address
from dashboard.run import gunicorn_conf
from dashboard.run.demo import ROOT, free_port, is_ready
from dashboard.run.worker import Worker
from dashboard.web import logs
from dashboard.wsgi import application
from tests.support.headers import ALWAYS
from tests.support.logs import json_of

GUNICORN = [sys.executable, "-m", "gunicorn", "-c", "python:dashboard.run.gunicorn_conf"]


def has_ipv6() -> bool:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


HAS_IPV6 = has_ipv6()


def server(workers: int) -> Any:
    cfg, log = SimpleNamespace(workers=workers), logging.getLogger("gunicorn.error")
    return SimpleNamespace(cfg=cfg, log=log, num_workers=workers)


@pytest.fixture(autouse=True)
def check(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Stands in for the process that checks the database: what it was asked, how it ends."""
    ended = SimpleNamespace(returncode=0, command=())

    def run(command: tuple[str, ...], **options: Any) -> SimpleNamespace:
        ended.command = command
        return ended

    monkeypatch.setattr(gunicorn_conf, "subprocess", SimpleNamespace(run=run, DEVNULL=None))
    monkeypatch.setattr(os, "umask", lambda mask: setattr(ended, "umask", mask))
    return ended


def test_the_database_is_checked_before_the_start(check: SimpleNamespace):
    gunicorn_conf.on_starting(server(1))
    assert check.command[2:] == ("check", "--database=default")
    check.returncode = 1
    with pytest.raises(SystemExit, match="reason is above"):
        gunicorn_conf.on_starting(server(1))


def test_what_it_writes_is_for_its_own_account_only(check: SimpleNamespace):
    gunicorn_conf.on_starting(server(1))
    assert check.umask == 0o077


def test_without_redis_a_second_process_is_refused(settings: Any):
    with pytest.raises(SystemExit, match="only one process"):
        gunicorn_conf.on_starting(server(2))
    gunicorn_conf.on_starting(server(1))
    settings.REDIS_URL = "redis://127.0.0.1"
    gunicorn_conf.on_starting(server(2))


def test_a_signal_does_not_start_a_second_process_either(settings: Any):
    running = server(2)
    gunicorn_conf.nworkers_changed(running, 2, 1)
    assert running.num_workers == 1
    settings.REDIS_URL = "redis://127.0.0.1"
    running = server(2)
    gunicorn_conf.nworkers_changed(running, 2, 1)
    assert running.num_workers == 2


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"WEB_CONCURRENCY": "2"}, "only one process"),
        ({"PORT": "http"}, "PORT"),
        ({"BIND": "localhost"}, "BIND"),
    ],
)
def test_a_wrong_start_ends_with_a_sentence(environment: dict[str, str], words: str):
    done = subprocess.run(
        [*GUNICORN, "dashboard.wsgi"],
        env=os.environ
        | {"DJANGO_SETTINGS_MODULE": "dashboard.settings", "PORT": str(free_port())}
        | environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("Not started. ")
    assert words in done.stderr.splitlines()[0]
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (InvalidRequestLine("\x16\x03"), "400 Bad Request", "a form that the console cannot read"),
        (LimitRequestLine(9000, 8190), "414 URI Too Long", "The address is too long"),
        (LimitRequestHeaders("cookie"), "431 Request Header Fields", "Delete the cookies"),
        (ValueError("a bug"), "500 Internal Server Error", "Something went wrong here"),
    ],
)
def test_what_gunicorn_refuses_itself_carries_the_headers(
    error: Exception, status: str, words: str, settings: Any, caplog: pytest.LogCaptureFixture
):
    settings.SECURE_HSTS_SECONDS = 3600
    worker: Any = Worker.__new__(Worker)
    worker.log, worker.cfg = logging.getLogger("gunicorn.error"), None
    ours, theirs = socket.socketpair()
    with ours, theirs:
        worker.handle_error(None, ours, ("192.0.2.7", 1), error)
        head, _, body = theirs.recv(4096).decode().partition("\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {status}")
    assert words in body
    assert f"Content-Length: {len(body)}" in head
    for name, value in (ALWAYS | {"Strict-Transport-Security": "max-age=3600"}).items():
        assert f"\r\n{name}: {value}" in head
    assert "frame-ancestors 'none'" in head
    line = json_of(caplog.records[-1])
    assert len(line["request_id"]) == 16
    assert f"\r\nX-Request-ID: {line['request_id']}\r\n" in head


class Listener:
    """As gunicorn's own: `sock` is None once it is closed."""

    def __init__(self) -> None:
        self.sock: socket.socket | None = socket.create_server(("127.0.0.1", 0))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.sock, name)

    def close(self) -> None:
        assert self.sock
        self.sock.close()
        self.sock = None


@pytest.mark.parametrize("alive", [True, False])
def test_a_process_that_ends_lets_in_who_waits_and_then_nobody(alive: bool):
    """One that is merely full leaves its queue open: another process takes from it."""
    listener, let_in = Listener(), list[socket.socket]()
    address = listener.getsockname()
    worker: Any = Worker.__new__(Worker)
    worker.sockets, worker.alive, worker._accepting = [listener], alive, True
    worker.poller = SimpleNamespace(unregister=lambda _: None)
    worker.accept = lambda asked: let_in.append(asked.accept()[0])
    with socket.create_connection(address), socket.create_connection(address):
        worker.set_accept_enabled(False)
        assert len(let_in) == (0 if alive else 2)
        assert (listener.sock is None) is not alive
    for opened in [*let_in, listener.sock]:
        if opened:
            opened.close()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (InvalidRequestLine("GET /x?word=hush HTPP/1.1"), "192.0.2.7: Invalid HTTP request line"),
        (InvalidHeader("Cookie\x01: sessionid=hush"), "192.0.2.7: Invalid HTTP Header"),
        (LimitRequestLine(9000, 8190), "192.0.2.7: Request Line is too large (9000 > 8190)"),
        (ValueError("a bug"), "Error handling a request"),
    ],
)
def test_what_was_sent_stands_in_no_line_of_gunicorns(
    error: Exception, words: str, caplog: pytest.LogCaptureFixture
):
    log = logging.getLogger("gunicorn.error")
    for kept in logs.config(debug=False)["loggers"]["gunicorn.error"]["filters"]:
        log.addFilter(made := logs.config(debug=False)["filters"][kept]["()"]())
    worker: Any = Worker.__new__(Worker)
    worker.log, worker.cfg = log, SimpleNamespace(is_ssl=False)
    ours, theirs = socket.socketpair()
    asked = SimpleNamespace(method="GET", uri="/x?word=hush")
    with ours, theirs, suppress(AttributeError):  # the request is none of gunicorn's own
        worker.handle_error(asked, ours, ("192.0.2.7", 1), error)
    log.removeFilter(made)
    line = json_of(caplog.records[-1])
    assert line["message"].endswith(words)
    assert "hush" not in json.dumps(line)


@pytest.mark.django_db
def test_what_gunicorn_serves_is_the_product():
    assert served(RequestFactory().get("/healthz"))[2] == b"ok\n"


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/healthz", "/accounts/login/", "/no-such-page", "/%00"])
def test_a_head_is_a_get_without_its_body(path: str):
    by_get, by_head = served(RequestFactory().get(path)), served(RequestFactory().head(path))
    assert by_head == (*by_get[:2], b"")
    assert by_get[1] == str(len(by_get[2]))


def served(request: WSGIRequest) -> tuple[str, str, bytes]:
    """Status, Content-Length and body, as gunicorn gets them."""
    told: list[Any] = []

    def start_answer(status: str, headers: list[tuple[str, str]], error: Any = None, /) -> Any:
        told.extend((status, dict(headers)["Content-Length"]))

    body = b"".join(application(request.environ, start_answer))
    return (*told, body)


@pytest.mark.slow
def test_gunicorn_refuses_a_start_without_a_key_that_rows_are_sealed_with(tmp_path: Path):
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "dashboard.settings",
        "DATABASE_URL": "",
        "DATA_DIR": str(tmp_path),
        "PORT": str(free_port()),
    }
    seal = """
from django.core.management import call_command
call_command("migrate", verbosity=0)
from batches.models import FingerprintSecret
FingerprintSecret.objects.create(id=1, sealed="x", sealed_with="another-key")
"""
    shell = [sys.executable, "manage.py", "shell", "--verbosity=0", "-c", seal]
    subprocess.run(shell, env=environment, cwd=ROOT, check=True, umask=0o022)
    assert {path.stat().st_mode & 0o077 for path in tmp_path.glob("*.sqlite3*")} == {0}
    done = subprocess.run(
        [*GUNICORN, "dashboard.wsgi"],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "still needed (1 rows need another-key)" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_connections_that_send_nothing_hold_no_thread(tmp_path: Path):
    """As browsers open them ahead of a request: 48 of these would keep 16 threads for 15 s."""
    port = free_port()
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "dashboard.settings",
        "DATABASE_URL": "",
        "REDIS_URL": "",
        "DATA_DIR": str(tmp_path),
        "PORT": str(port),
    }
    running = subprocess.Popen([*GUNICORN, "dashboard.wsgi"], env=environment, cwd=ROOT)
    try:
        deadline = time.monotonic() + 60
        while not health_of("127.0.0.1", port) and time.monotonic() < deadline:
            time.sleep(0.1)
        with ExitStack() as idle:
            opened = [
                idle.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(48)
            ]
            assert " 200 OK" in health_of("127.0.0.1", port)  # it gives up after 5 s
            opened[0].sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            assert b" 200 OK" in opened[0].recv(4096)
    finally:
        running.send_signal(signal.SIGTERM)
        running.wait(60)


@pytest.mark.slow
@pytest.mark.skipif(not HAS_IPV6, reason="no IPv6 on this machine")
def test_it_listens_on_the_address_that_bind_names(tmp_path: Path):
    port = free_port()
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "dashboard.settings",
        "DATABASE_URL": "",
        "REDIS_URL": "",
        "DATA_DIR": str(tmp_path),
        "BIND": "::1",
        "PORT": str(port),
        "ALLOWED_HOSTS": "[::1]",
    }
    running = subprocess.Popen([*GUNICORN, "dashboard.wsgi"], env=environment, cwd=ROOT)
    try:
        deadline = time.monotonic() + 60
        while not (answer := health_of("::1", port)) and time.monotonic() < deadline:
            assert running.poll() is None
            time.sleep(0.1)
        assert " 200 OK" in answer
        assert not health_of("127.0.0.1", port)
    finally:
        running.send_signal(signal.SIGTERM)
        running.wait(60)


def health_of(host: str, port: int) -> str:
    """The answer of /healthz; empty where nobody listens."""
    ask = f"GET /healthz HTTP/1.0\r\nHost: {in_address(host)}:{port}\r\n\r\n"
    try:
        with socket.create_connection((host, port), timeout=5) as connection:
            connection.sendall(ask.encode())
            return connection.recv(4096).decode()
    except OSError:
        return ""


@pytest.mark.slow
@pytest.mark.services
def test_two_processes_serve_with_postgresql_and_redis(
    tmp_path: Path, postgres_url: str, redis_url: str
):
    port = free_port()
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "dashboard.settings",
        "DATABASE_URL": postgres_url,
        "REDIS_URL": redis_url,
        "DATA_DIR": str(tmp_path),
        "PORT": str(port),
        "WEB_CONCURRENCY": "2",
    }
    migrate = [sys.executable, "manage.py", "migrate", "-v0"]
    subprocess.run(migrate, env=environment, cwd=ROOT, check=True)
    log = tmp_path / "log"
    with log.open("wb") as output:
        command = [*GUNICORN, "dashboard.wsgi"]
        running = subprocess.Popen(command, env=environment, cwd=ROOT, stderr=output)
    try:
        deadline = time.monotonic() + 60
        while not is_ready(port) and running.poll() is None and time.monotonic() < deadline:
            time.sleep(0.1)
        assert is_ready(port), log.read_text()
        assert log.read_text().count("Booting worker") == 2
    finally:
        running.send_signal(signal.SIGTERM)
        running.wait(60)

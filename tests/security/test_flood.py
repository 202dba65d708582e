"""A flood of odd requests by nobody in particular leaves no more behind than it found."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dashboard.run.demo import ROOT, free_port, is_ready
from tests.support.static_files import give_static_files

WARM_UP, ODD_REQUESTS = 600, 2_400  # each carries 20 KB of its own
MEGABYTE = 1024 * 1024
CHARSETS = ("zlib", "undefined", "idna", "utf-16", "no-such", "latin-1")
METHODS = ("POST", "HEAD", "TRACE", "BREW")
PAGES = ("/accounts/login/", "/", "/batches/", "/admin/", "/keys/")


@contextmanager
def gunicorn(home: Path) -> Iterator[tuple[int, int]]:
    """The product alone, as it ships. Gives its port, and the id of the process that answers."""
    port = free_port()
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "dashboard.settings",
        "DATABASE_URL": "",
        "REDIS_URL": "",
        "DATA_DIR": str(home),
        "PORT": str(port),
    }
    migrate = [sys.executable, "manage.py", "migrate", "-v0"]
    subprocess.run(migrate, env=environment, cwd=ROOT, check=True)
    command = [sys.executable, "-m", "gunicorn", "-c", "python:dashboard.run.gunicorn_conf"]
    with (home / "log").open("wb") as log:
        running = subprocess.Popen(
            [*command, "dashboard.wsgi"], env=environment, cwd=ROOT, stderr=log
        )
    try:
        until = time.monotonic() + 180
        while not is_ready(port):
            assert time.monotonic() < until, (home / "log").read_text()
            time.sleep(0.1)
        children = Path(f"/proc/{running.pid}/task/{running.pid}/children").read_text("ascii")
        yield port, int(children.split()[0])
    finally:
        running.send_signal(signal.SIGTERM)
        running.wait(60)


def memory_of(process: int) -> int:
    """Bytes that it holds of the machine's memory."""
    pages = Path(f"/proc/{process}/statm").read_text("ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def odd_request(number: int, host: str) -> bytes:
    """No two are alike in what any sender may choose; every other one is odd in one more way."""
    word = f"{number:x}" + "x" * 1_000
    facts = {"method": "GET", "path": PAGES[number % len(PAGES)], "host": host, "charset": "utf-8"}
    more_odd = (
        {"method": METHODS[number // 12 % len(METHODS)]},
        {"path": f"/{word}%00%ff/"},
        {"path": f"/static/{word}"},
        {"host": f"{word[:60]}.example"},
        {"charset": CHARSETS[number // 12 % len(CHARSETS)]},
        {"charset": word},
    )
    if number % 2:
        facts |= more_odd[number // 2 % len(more_odd)]
    lines = [
        f"{facts['method']} {facts['path']}?{word}={word} HTTP/1.1",
        f"Host: {facts['host']}",
        f"Cookie: sessionid={word * 3}; csrftoken={word}; messages={word}; {word}=1",
        f"Content-Type: text/{word}; charset={facts['charset']}",
        f"User-Agent: {word}",
        f"Accept: {word}/{word}, text/html; q=0.{number}",
        f"Accept-Language: {word[:8]}, en; q=0.{number}",
        f"Accept-Encoding: {word}, gzip; q=0.{number}",
        f"Referer: https://{word[:60]}.example/{word}",
        f"Origin: https://{word[:60]}.example",
        f"If-None-Match: {word}",
        f"Authorization: Bearer {word}",
        f"X-Forwarded-For: 2001:db8::{number:x}",
        f"HX-Current-URL: https://{word[:60]}.example/{word}",
        f"X-Request-ID: {word}",
        "Connection: close",
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def send(port: int, request: bytes) -> bytes:
    """The answer's first line."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as sender:
        sender.sendall(request)
        answer = bytearray()
        while more := sender.recv(65536):
            answer += more
    return bytes(answer.partition(b"\r\n")[0])


def flood(port: int, numbers: range) -> set[bytes]:
    """The codes of the answers."""
    host = f"127.0.0.1:{port}"
    return {send(port, odd_request(number, host)).split(b" ")[1] for number in numbers}


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc for the memory")
def test_odd_requests_leave_ten_megabytes_at_most(tmp_path: Path, static_root: Path):
    give_static_files(static_root, tmp_path)
    with gunicorn(tmp_path) as (port, process):
        flood(port, range(WARM_UP))  # what is loaded on first use is not what is left behind
        before = memory_of(process)
        codes = flood(port, range(WARM_UP, WARM_UP + ODD_REQUESTS))
        after = memory_of(process)
    assert {b"200", b"302", b"400", b"405"} <= codes
    assert {code for code in codes if code >= b"500"} == set()
    assert (after - before) / MEGABYTE <= 10

"""The operations guide's nginx configuration: put together for several hosts, nginx takes it."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.faults.certificates import Authority
from tests.hosts.guide import AROUND, GUIDE, block_after, configuration

ADDRESSES = ["127.0.0.11:8000", "127.0.0.12:8000"]


@pytest.fixture
def text(tmp_path: Path) -> str:
    Authority.make(tmp_path).serve_as("console.example.com")
    return configuration(
        tmp_path,
        port=8443,
        plain_port=8080,
        addresses=ADDRESSES,
        certificate=tmp_path / "console.example.com-30.pem",
    )


def test_a_host_that_was_away_is_asked_again_at_once(text: str):
    assert [f"server {address} max_fails=0;" in text for address in ADDRESSES] == [True, True]


def test_only_what_reads_is_sent_twice(text: str):
    """A poll of a list is a POST; every other one writes."""
    assert text.count("non_idempotent") == 1
    poll = text[text.index("location = /batches/live/") :]
    assert "non_idempotent" in poll[: poll.index("}")]


@pytest.mark.skipif(not shutil.which("nginx"), reason="no nginx")
def test_nginx_takes_it(text: str, tmp_path: Path):
    (tmp_path / "nginx.conf").write_text(text, "utf-8")
    command = ("nginx", "-t", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf"))
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def callbacks_server(folder: Path) -> str:
    """The server that publishes the callbacks alone, with a port and a certificate of the test."""
    Authority.make(folder).serve_as("hooks.example.com")
    certificate = folder / "hooks.example.com-30.pem"
    (folder / "console-headers.conf").write_text(block_after("nginx", "default_type"), "utf-8")
    text = GUIDE.read_text("utf-8").partition("server_name hooks.example.com;")
    start = text[0].rindex("    server {")
    block = (text[0][start:] + text[1] + text[2]).partition("\n    }\n")[0] + "\n}"
    block = block.replace("/var/log/nginx/error.log", str(folder / "error.log"))
    block = block.replace("listen 443 ssl;", "listen 127.0.0.1:8444 ssl;")
    for name in ("/etc/ssl/hooks.pem", "/etc/ssl/private/hooks.key"):
        assert name in block
        block = block.replace(name, str(certificate))
    return AROUND.format(folder=folder, servers=block)


def test_nothing_but_callbacks_is_published(tmp_path: Path):
    text = callbacks_server(tmp_path)
    assert text.count("proxy_pass") == 1
    path = re.search(r'location ~ "(.*)"', text)
    assert path
    assert re.search(path[1], "/callbacks/" + "0a" * 20 + "/")
    for other in ("/", "/callbacks/", "/batches/", "/callbacks/x/", "/x/callbacks/" + "0a" * 20):
        assert not re.search(path[1], other)


@pytest.mark.skipif(not shutil.which("nginx"), reason="no nginx")
def test_nginx_takes_that_server_too(tmp_path: Path):
    (tmp_path / "nginx.conf").write_text(callbacks_server(tmp_path), "utf-8")
    command = ("nginx", "-t", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf"))
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

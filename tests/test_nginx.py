"""The operations guide's nginx configuration: put together for several hosts, nginx takes it."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.faults.certificates import Authority
from tests.hosts.guide import configuration

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

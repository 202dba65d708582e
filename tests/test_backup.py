"""A copy of the database while it is in use, only on SQLite; and what is done on its return."""

import os
import re
import shutil
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from textwrap import dedent
from unittest import mock

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone
from huey import RedisHuey
from pytest_django.fixtures import Settings
from redis import Redis
from redis.exceptions import ConnectionError as RedisGone

from batches.models import State
from batches.sandbox import Sandbox
from batches.services.cache.store import backend
from dashboard.run.demo import ROOT, free_port
from dashboard.settings import REDIS
from tests.support.api import Program, token_of
from tests.support.operations import abandoned_operation
from tests.support.static_files import give_static_files
from tests.support.vendor import KeyMaker

sqlite_only = pytest.mark.skipif("connection.vendor != 'sqlite'", reason="VACUUM INTO is SQLite's")


@sqlite_only
@pytest.mark.django_db(transaction=True)
def test_a_backup_holds_what_was_committed(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    User.objects.create(username="kept")
    target = tmp_path / "copy.sqlite3"
    call_command("backup_database", str(target))
    said = capsys.readouterr().out
    assert "Wrote" in said
    assert said.endswith("The record of operations in it ends at 0:\n")
    assert target.stat().st_mode & 0o077 == 0
    copy = sqlite3.connect(target)
    try:
        assert copy.execute("SELECT username FROM auth_user").fetchall() == [("kept",)]
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    finally:
        copy.close()


@sqlite_only
@pytest.mark.django_db(transaction=True)
def test_a_backup_never_replaces_a_file(tmp_path: Path):
    target = tmp_path / "copy.sqlite3"
    target.write_text("an older backup")
    with pytest.raises(CommandError, match="File exists"):
        call_command("backup_database", str(target))
    assert target.read_text() == "an older backup"


@sqlite_only
@pytest.mark.django_db
def test_a_backup_that_fails_leaves_no_half_file(tmp_path: Path):
    target = tmp_path / "copy.sqlite3"
    with pytest.raises(CommandError, match="No copy was written"):
        call_command("backup_database", str(target))  # inside a transaction SQLite refuses
    assert not target.exists()


def test_postgresql_has_its_own_tool(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(connection, "vendor", "postgresql")
    with pytest.raises(CommandError, match="pg_dump"):
        call_command("backup_database", str(tmp_path / "copy"))


@pytest.mark.django_db
def test_after_a_restore_nothing_waits_and_nobody_is_signed_in(
    client: Client, alice: User, capsys: pytest.CaptureFixture[str]
):
    client.force_login(alice)
    token = token_of(alice)
    call_command("after_restore")
    assert capsys.readouterr().out.splitlines()[:6] == [
        "The record of operations ended at 0:",
        "Operations settled as not sent: 0",
        "Bulks stopped: 0",
        "Mails and messages dropped, not sent: 0",
        "Sessions ended: 1",
        "Personal tokens revoked: 1",
    ]
    assert Program(token).get("batches/").status_code == 401
    cache.clear()  # as the memory of the process that served is gone
    assert client.get("/").status_code == 302
    call_command("after_restore")
    assert "Sessions ended: 0\n" in capsys.readouterr().out


@pytest.mark.services
@pytest.mark.django_db
def test_after_a_restore_redis_holds_nothing(
    redis_url: str, settings: Settings, capsys: pytest.CaptureFixture[str]
):
    settings.REDIS_URL = redis_url
    settings.CACHES = {"default": REDIS | {"LOCATION": redis_url}}
    queue = RedisHuey("console", url=redis_url)
    queue.task()(print)()
    backend.cache_clear()
    backend().set("reading", datetime(2026, 11, 23, tzinfo=UTC))
    cache.set("session", {"began": 7})
    with Redis.from_url(redis_url) as server:
        assert server.dbsize() == 3
        call_command("after_restore")
        assert server.dbsize() == 0
    backend.cache_clear()
    assert "Redis emptied" in capsys.readouterr().out


@pytest.mark.django_db
def test_a_redis_that_does_not_answer_is_told(settings: Settings):
    settings.REDIS_URL = "redis://127.0.0.1"
    gone = mock.patch.object(cache, "clear", side_effect=RedisGone("gone"))
    with gone, pytest.raises(CommandError, match=r"not emptied\. Run this again\. gone"):
        call_command("after_restore")


DRILL = re.compile(r"### Practise the restore.*?(?=\n## )", re.DOTALL)
BLOCK = re.compile(r"(?:^    .*\n)+", re.MULTILINE)


def drill_of_the_guide(home: Path, port: int) -> str:
    """Its commands as they stand there, but for the paths, the port and the account."""
    section = DRILL.findall((ROOT / "docs/operations.md").read_text("utf-8"))[0]
    look = "    drill python manage.py settle_operations\n"  # what a worker would do
    do, clean_up = BLOCK.findall(section)
    text = dedent(do + look + clean_up.replace("rm -rf /tmp/drill", ":"))
    changes = {
        "cd /opt/console": f"cd {ROOT}",
        ".venv/bin/": f"{Path(sys.executable).parent}/",
        "/etc/console/env": str(home / "env"),
        "/var/lib/console": str(home),
        "/tmp/drill": str(home / "drill"),
        "8123": str(port),
        "runuser -u console -- ": "",
        "-o console ": "",
        "collectstatic": "collectstatic --dry-run",  # they are there
    }
    for guide, here in changes.items():
        assert guide in text
        text = text.replace(guide, here)
    return f"set -em\n{text}"


@pytest.mark.slow
@sqlite_only
@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(not shutil.which("sqlite3"), reason="no sqlite3 (on Debian: apt-get install)")
def test_the_drill_of_the_guide_answers_and_sends_nothing(
    tmp_path: Path,
    static_root: Path,
    refonte: Sandbox,
    alice: User,
    key_for: KeyMaker,
    client: Client,
):
    client.force_login(alice)
    waiting = abandoned_operation(
        alice, key_for(alice), State.WAITING, next_check_at=timezone.now()
    )
    call_command("backup_database", str(tmp_path / "backup-2026-03-02.sqlite3"))
    keys = ",".join(settings.API_KEY_ENCRYPTION_KEYS)
    secrets = {"SECRET_KEY": "x" * 50, "RECORD_KEY": "x" * 50, "API_KEY_ENCRYPTION_KEYS": keys}
    real = {"REFONTE_API_URL": refonte.url, "ALLOWED_HOSTS": "x.example", "TRUSTED_PROXY_HOPS": "1"}
    lines = [f"{name}={value}\n" for name, value in (secrets | real).items()]
    (tmp_path / "env").write_text("".join(lines))
    give_static_files(static_root, tmp_path / "drill")
    done = subprocess.run(
        ["bash", "-c", drill_of_the_guide(tmp_path, free_port())],
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    said = done.stdout.splitlines()
    assert said[0] == "ok", done.stderr
    assert said[-3:] == ["ready", "200", "0 operations taken one step on."], done.stderr
    assert "Operations settled as not sent: 1" in said
    assert "Sessions ended: 1" in said
    assert refonte.calls == []
    waiting.refresh_from_db()
    assert waiting.state == State.WAITING  # in the database that goes on

"""A copy of the database while it is in use, and only on SQLite."""

import sqlite3
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection

sqlite_only = pytest.mark.skipif("connection.vendor != 'sqlite'", reason="VACUUM INTO is SQLite's")


@sqlite_only
@pytest.mark.django_db(transaction=True)
def test_a_backup_holds_what_was_committed(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    User.objects.create(username="kept")
    target = tmp_path / "copy.sqlite3"
    call_command("backup_database", str(target))
    assert "Wrote" in capsys.readouterr().out
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

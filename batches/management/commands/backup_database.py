"""`manage.py backup_database`: a copy of the SQLite database while it is in use."""

import os
import sqlite3
from argparse import ArgumentParser
from contextlib import closing
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection


class Command(BaseCommand):
    help = "Writes a consistent copy of the SQLite database to a new file (VACUUM INTO)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("target", type=Path, help="a file that does not exist yet")

    def handle(self, *args: Any, target: Path, **options: Any) -> None:
        if connection.vendor != "sqlite":
            raise CommandError("The database is PostgreSQL: back it up with pg_dump.")
        reserve(target)
        try:
            with connection.cursor() as cursor:
                cursor.execute("VACUUM INTO %s", [str(target)])
        except DatabaseError as error:
            target.unlink()
            raise CommandError(f"No copy was written: {error}") from error
        self.stdout.write(f"Wrote {target} ({target.stat().st_size:,} bytes).")
        self.stdout.write(f"The record of operations in it ends at {head_in(target)}")


def head_in(target: Path) -> str:
    """As COUNT:HEAD for `verify_operations --head`; read from the copy, as the record grows."""
    with closing(sqlite3.connect(target)) as copy:
        rows = copy.execute("SELECT count, seal FROM batches_recordhead").fetchall()
    return "{}:{}".format(*rows[0]) if rows else "0:"


def reserve(target: Path) -> None:
    try:  # SQLite writes into an empty file, but would make one that everybody can read
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except OSError as error:
        raise CommandError(f"{target} cannot be written: {error.strerror}.") from error

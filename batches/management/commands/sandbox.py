"""`manage.py sandbox`: a simulated Refonte API, for demos and for scripts against the API."""

import sqlite3
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from batches.sandbox.standalone import run_until_stopped


class Command(BaseCommand):
    help = "Run a simulated Refonte API on this machine until SIGTERM or Ctrl-C."
    requires_system_checks = ()  # it needs no database

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=0, help="0 picks a free one")
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--batches", type=int, default=1200, help="batches in Live")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--still", action="store_true", help="no new batches by the clock")
        parser.add_argument("--demo", action="store_true", help="the batches of docs/demo.md")
        parser.add_argument(
            "--speed", type=float, default=1.0, help="how many times as fast as usual work goes"
        )
        parser.add_argument("--state", type=Path, help="SQLite file that keeps what is created")

    def handle(self, *_: Any, **options: Any) -> None:
        names = ("host", "port", "batches", "seed", "state", "demo", "speed")
        try:
            run_until_stopped(
                **{name: options[name] for name in names},
                growing=not options["still"],
                write=self._write,
            )
        except (OSError, ValueError, sqlite3.Error) as error:
            raise CommandError(str(error)) from error

    def _write(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()

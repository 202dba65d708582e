"""`make serve`: the dashboard and its worker against the real vendor, under one command."""

import os
import sys
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from dashboard.demo import console_programs, is_free
from dashboard.supervise import Supervisor


class Command(BaseCommand):
    help = "Brings the database up to date, collects static files, runs dashboard and worker."

    def handle(self, *args: Any, **options: Any) -> None:
        if not is_free(settings.PORT):
            raise CommandError(
                f"Port {settings.PORT} is taken by another program. Set another as PORT in .env."
            )
        self._say("Starting …")
        with Supervisor(os.environ) as supervisor:
            # with its checks, which code that calls it is else spared
            call_command("migrate", verbosity=0, interactive=False, skip_checks=False)
            call_command("collectstatic", verbosity=0, interactive=False)
            for program in console_programs():
                supervisor.start(program)
            self._say(f"Serving on http://127.0.0.1:{settings.PORT}/ · Ctrl-C stops it.")
            sys.exit(f"The {supervisor.wait().name} stopped; the reason is above.")

    def _say(self, words: str) -> None:
        """At once, also where the output is a pipe."""
        self.stdout.write(words)
        self.stdout.flush()

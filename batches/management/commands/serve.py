"""`make serve`: the dashboard and its worker against the real vendor, under one command."""

import os
import sys
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

from dashboard.demo import console_programs
from dashboard.supervise import Supervisor


class Command(BaseCommand):
    help = "Brings the database up to date, collects static files, runs dashboard and worker."

    def handle(self, *args: Any, **options: Any) -> None:
        with Supervisor(os.environ) as supervisor:
            # with its checks, which code that calls it is else spared
            call_command("migrate", verbosity=0, interactive=False, skip_checks=False)
            call_command("collectstatic", verbosity=0, interactive=False)
            for program in console_programs():
                supervisor.start(program)
            self.stdout.write(f"Serving on http://127.0.0.1:{settings.PORT}/ · Ctrl-C stops it.")
            sys.exit(f"The {supervisor.wait().name} ended by itself; its reason stands above.")

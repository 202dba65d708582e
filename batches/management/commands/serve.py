"""`manage.py serve`: dashboard and worker under one command, for `make serve`."""

import errno
import os
import socket
import sys
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from dashboard.env.hosts import in_address
from dashboard.run.demo import console_programs
from dashboard.run.supervisor import Supervisor


class Command(BaseCommand):
    help = "Brings the database up to date, collects static files, runs dashboard and worker."

    def handle(self, *args: Any, **options: Any) -> None:
        refuse_address(settings.BIND, settings.PORT)
        self._say("Starting …")
        with Supervisor(os.environ) as supervisor:
            # `call_command` skips checks by default
            call_command("migrate", verbosity=0, interactive=False, skip_checks=False)
            call_command("collectstatic", verbosity=0, interactive=False)
            for program in console_programs():
                supervisor.start(program)
            address = f"http://{in_address(settings.BIND)}:{settings.PORT}/"
            self._say(f"Serving on {address} · Ctrl-C stops it.")
            sys.exit(f"The {supervisor.wait().name} stopped; the reason is above.")

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()  # at once, also into a pipe


def refuse_address(host: str, port: int) -> None:
    """Raises CommandError where no server can listen on this address."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CommandError(reason_of(error, host, port)) from error


def reason_of(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is taken by another program. Set another as PORT in .env."
    if error.errno == errno.EACCES:
        return f"Port {port} is for root alone. Set one from 1024 on as PORT in .env."
    return f"This machine has no address {host}. Set one that it has as BIND in .env."

#!/usr/bin/env python
"""Django's command line for this project."""

import os
import sys

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

from batches.management.commands import sandbox


def main() -> None:
    os.umask(0o077)  # SQLite's files hold sessions and names of batches: nobody else reads them
    if sys.argv[1:2] == ["sandbox"]:
        settings.configure()  # the stand-in needs no setting: scripts run it where no `.env` is
        sandbox.Command().run_from_argv(sys.argv)
        return
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
    try:
        settings.INSTALLED_APPS  # noqa: B018 - reads the environment: a sentence, not a traceback
    except ImproperlyConfigured as error:
        sys.exit(f"Not started. {error}")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)  # as a shell says it; a traceback would hide why this was stopped

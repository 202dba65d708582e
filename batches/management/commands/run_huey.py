"""`manage.py run_huey`: Huey's own command, which starts the worker, behind the same check as the
dashboard's start: a worker without an encryption key would settle nothing of what it finds.
"""

from typing import Any

from huey.contrib.djhuey.management.commands.run_huey import Command as Consumer

from dashboard.postgresql.limits import WORKER_SECONDS, serve_within
from dashboard.web.logs import log_uncaught


class Command(Consumer):  # type: ignore[misc]  # huey ships no types
    def handle(self, *args: Any, **options: Any) -> None:
        self.check(databases=["default"])
        log_uncaught()
        serve_within(WORKER_SECONDS)
        super().handle(*args, **options)

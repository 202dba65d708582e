"""`manage.py run_huey`: Huey's own command, which starts the worker, after checks."""

from typing import Any

from huey.contrib.djhuey.management.commands.run_huey import Command as Consumer

from dashboard.databases.postgresql.limits import WORKER_SECONDS, limit_statements
from dashboard.web.logs import log_uncaught


class Command(Consumer):  # type: ignore[misc]  # huey ships no types
    def handle(self, *args: Any, **options: Any) -> None:
        self.check(databases=["default"])  # without an encryption key it could settle nothing
        log_uncaught()
        limit_statements(WORKER_SECONDS)
        super().handle(*args, **options)

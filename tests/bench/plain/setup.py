"""Tables, 10,000 rows and an account; the password comes by standard input."""

import sys
from datetime import UTC, datetime, timedelta

import django

ROWS = 10_000
STATUSES = ("staging", "in_progress", "completed")


def main(password: str) -> None:
    django.setup()
    from django.contrib.auth.models import User
    from django.core.management import call_command

    from tests.bench.plain.models import Entry

    call_command("migrate", run_syncdb=True, verbosity=0)
    User.objects.create_superuser("admin", password=password)
    began = datetime(2024, 1, 1, tzinfo=UTC)
    Entry._default_manager.bulk_create(
        Entry(
            name=f"batch-of-some-project-{number:05}",
            project=f"project {number % 7}",
            status=STATUSES[number % 3],
            priority=number % 3 * 10,
            created_at=began + timedelta(minutes=number),
        )
        for number in range(ROWS)
    )


if __name__ == "__main__":
    main(sys.stdin.read())

"""Background work. Huey only wakes it: every job finds its work in the database, under a lease.

So it is harmless that a task killed in mid-run is gone, and that two consumers tick twice.
"""

from django.core.management import call_command
from django.utils import timezone
from huey import crontab
from huey.contrib.djhuey import db_periodic_task, on_startup

from batches.services import operations, readings


@db_periodic_task(crontab(minute="*"))  # type: ignore[untyped-decorator]  # huey ships no types
def settle_operations() -> None:
    """Settle writes that are waiting, unanswered, or left by a killed process."""
    operations.settle_due_operations(now=timezone.now())


@db_periodic_task(crontab(minute="17"))  # type: ignore[untyped-decorator]  # huey ships no types
def prune_readings() -> None:
    """Drop readings that nobody will be shown any more."""
    readings.prune(now=timezone.now())


@db_periodic_task(crontab(minute="47", hour="3"))  # type: ignore[untyped-decorator]  # huey ships no types
def clear_sessions() -> None:
    """Drop sessions that have ended; Django leaves them lying."""
    call_command("clearsessions")


@on_startup()  # type: ignore[untyped-decorator]  # huey ships no types
def settle_at_start() -> None:
    """Do not wait for the minute: what a killed process left may be settled now."""
    settle_operations()

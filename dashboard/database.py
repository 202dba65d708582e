"""How the database is opened, and whether it can be written."""

from pathlib import Path
from typing import Any

from django.db import InternalError, OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper

from dashboard.sqlite import LOCK_SECONDS, not_waiting_for_a_lock

# `synchronous=FULL`: an operation that was committed survives a power cut. `IMMEDIATE`: two
# writers wait for each other instead of failing (with DEFERRED, most writes of eight writers fail).
SQLITE_OPTIONS = {
    "timeout": LOCK_SECONDS,
    "transaction_mode": "IMMEDIATE",
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL",
}
# A server that is away is noticed in 2 s, a way to it that swallows everything in 10. What a web
# process or a worker asks is bounded besides: `postgresql/limits.py`.
POSTGRES_OPTIONS = {
    "connect_timeout": 2,
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
    "options": "-c lock_timeout=5s -c idle_in_transaction_session_timeout=60s",
}


def settings_of(parsed: dict[str, Any], base_dir: Path) -> dict[str, Any]:
    """Django's settings for what `DATABASE_URL` says; connections stay open between requests."""
    found = parsed | {"CONN_MAX_AGE": None, "ATOMIC_REQUESTS": False}
    if found["ENGINE"] == "django.db.backends.sqlite3":
        found["NAME"] = str(base_dir / found["NAME"])  # relative to the project, not the shell
        found["OPTIONS"] = SQLITE_OPTIONS.copy()
    else:
        found["ENGINE"] = "dashboard.postgresql"
        found["OPTIONS"] = _postgres_options(found.get("OPTIONS", {}))
        found["CONN_HEALTH_CHECKS"] = True
    return found


def can_be_written(connection: BaseDatabaseWrapper) -> bool:
    """By a statement that finds no row. A lock that somebody else has is no hindrance."""
    try:
        with connection.cursor() as cursor, not_waiting_for_a_lock(connection):
            cursor.execute("UPDATE batches_fingerprintsecret SET sealed = sealed WHERE id = 0")
    except (OperationalError, InternalError) as error:
        return "locked" in str(error)
    return True


def _postgres_options(told: dict[str, Any]) -> dict[str, Any]:
    """What the address says comes last, and so counts."""
    both = f"{POSTGRES_OPTIONS['options']} {told.get('options', '')}".strip()
    return POSTGRES_OPTIONS | told | {"options": both}

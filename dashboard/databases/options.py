"""Django's `DATABASES` for the address in `DATABASE_URL`."""

from pathlib import Path
from typing import Any

from dashboard.databases.sqlite import LOCK_SECONDS

SQLITE_OPTIONS = {
    "timeout": LOCK_SECONDS,
    # with Django's DEFERRED most writes of eight writers at once fail instead of waiting
    "transaction_mode": "IMMEDIATE",
    # FULL: an operation that was committed survives a power cut
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL",
}
# A server that is down is noticed in 2 s, a network that swallows everything in 10. What a web
# process or the worker asks is bounded besides: `postgresql/limits.py`.
POSTGRES_OPTIONS = {
    "connect_timeout": 2,
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
    "options": "-c lock_timeout=5s -c idle_in_transaction_session_timeout=60s",
}


def database_settings(parsed: dict[str, Any], base_dir: Path) -> dict[str, Any]:
    """parsed: the address as django-environ reads it. Connections stay open between requests."""
    found = parsed | {"CONN_MAX_AGE": None, "ATOMIC_REQUESTS": False}
    if found["ENGINE"] == "django.db.backends.sqlite3":
        found["NAME"] = str(base_dir / found["NAME"])  # relative to the project, not the shell
        found["OPTIONS"] = SQLITE_OPTIONS.copy()
    else:
        found["ENGINE"] = "dashboard.databases.postgresql"
        found["OPTIONS"] = _postgres_options(found.get("OPTIONS", {}))
        found["CONN_HEALTH_CHECKS"] = True
    return found


def _postgres_options(in_address: dict[str, Any]) -> dict[str, Any]:
    # the last of two equal `-c` counts: what the address says wins
    options = f"{POSTGRES_OPTIONS['options']} {in_address.get('options', '')}".strip()
    return POSTGRES_OPTIONS | in_address | {"options": options}

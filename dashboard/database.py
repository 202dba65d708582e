"""How the database is opened."""

from pathlib import Path
from typing import Any

# `synchronous=FULL`: an operation that was committed survives a power cut. `IMMEDIATE`: two
# writers wait for each other instead of failing (with DEFERRED, most writes of eight writers fail).
SQLITE_OPTIONS = {
    "timeout": 5,
    "transaction_mode": "IMMEDIATE",
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL",
}


def settings_of(parsed: dict[str, Any], base_dir: Path) -> dict[str, Any]:
    """Django's settings for what `DATABASE_URL` says; connections stay open between requests."""
    found = parsed | {"CONN_MAX_AGE": None, "ATOMIC_REQUESTS": False}
    if found["ENGINE"] == "django.db.backends.sqlite3":
        found["NAME"] = str(base_dir / found["NAME"])  # relative to the project, not the shell
        found["OPTIONS"] = SQLITE_OPTIONS.copy()
    else:
        found["CONN_HEALTH_CHECKS"] = True
    return found

"""What a seal covers: the columns of a settled operation that never change, as one text."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

# Names, not foreign keys: accounts and keys may go, and their ids with them. Left out as well is
# what follows from another column, and what only an open operation needs.
COLUMNS = (
    *("id", "form_id", "username", "key_label", "key_mode", "fingerprint", "verb", "batch_name"),
    *("project", "parameters", "state", "message", "field", "status_before", "status_after"),
    *("answer", "answer_message", "http_status", "request_id", "precheck_at", "vendor_date"),
    *("found_at", "created_at", "sent_at", "settled_at"),
)


def sealed_text(row: Mapping[str, Any]) -> str:
    """The same text for the same row on SQLite and PostgreSQL. row: values of COLUMNS by name."""
    # without what is empty: a column of a later version changes no seal of an older row
    kept = {name: value for name, value in row.items() if value not in (None, "")}
    return json.dumps(kept, default=_plain, sort_keys=True, separators=(",", ":"))


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(type(value).__name__)

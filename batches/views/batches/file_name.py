"""What an exported file is called: its list, then when it was made."""

import re
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime

from batches.services.batches.filters import ListFilters

PART_BYTES = 48  # a file name has 255 bytes at most, and this one up to three free parts
DASHES = re.compile(r"-{2,}")


def csv_name(*, mode: str, filters: ListFilters, now: datetime) -> str:
    """Like `batches-live-annotation-team-in_progress-2026-11-26T1402Z.csv`, in UTC."""
    parts = (_safe(part) for part in ("batches", mode, *_filter_parts(filters)))
    made_at = now.astimezone(UTC).strftime("%Y-%m-%dT%H%MZ")
    return "-".join([*filter(None, parts), made_at]) + ".csv"


def _filter_parts(filters: ListFilters) -> Iterator[str]:
    yield from (filters.project, filters.status, filters.created)
    if filters.start:
        yield f"from-{filters.start}"
    if filters.end:
        yield f"to-{filters.end}"
    yield filters.q


def _safe(text: str) -> str:
    """Letters and digits of any script; a dash for all that a shell or a disk may take amiss."""
    shown = unicodedata.normalize("NFC", text)
    kept = "".join(char if _is_plain(char) else "-" for char in shown)
    cut = kept.encode()[:PART_BYTES].decode(errors="ignore")
    return DASHES.sub("-", cut).strip("-")


def _is_plain(char: str) -> bool:
    return char == "_" or unicodedata.category(char)[0] in "LMN"

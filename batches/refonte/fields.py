"""Single values of the vendor's JSON, each of which may be missing or nonsense: then None."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeGuard

from .limits import NAME_MAX, clean, cut, is_name

_LARGEST = 2**53 - 1  # above it JSON readers disagree on integers (RFC 8259 §6)
# What a date may lie between. Beyond are the ways in which systems write "never" and "not set": the
# years 1, 1601, 1900, 1970, the last day of 2099 and 9999.
_FIRST = datetime(2000, 1, 1, tzinfo=UTC)
_LAST = datetime(2099, 1, 1, tzinfo=UTC)


def is_object(value: Any) -> TypeGuard[Mapping[str, Any]]:
    return isinstance(value, dict)


def read_text(value: Any, longest: int = NAME_MAX) -> str | None:
    return cut(clean(value), longest) if isinstance(value, str) else None


def read_name(row: Mapping[str, Any]) -> str | None:
    """As it came, or None: a name that was cut or cleaned is the name of something else."""
    name = row.get("name")
    return str(name) if is_name(name) else None


def is_count(value: Any) -> TypeGuard[int]:
    """A non-negative integer; True is not one, whatever Python says."""
    return type(value) is int and 0 <= value <= _LARGEST


def first_count(data: Mapping[str, Any], *names: str) -> int | None:
    return next((data[name] for name in names if is_count(data.get(name))), None)


def parse_time(value: Any) -> datetime | None:
    """An aware UTC time; one without a zone is UTC. None for anything that cannot be a date here:
    the API is younger than 2000, and what is dated 9999 was never dated.
    """
    if not isinstance(value, str) or not 10 <= len(value) <= 64:
        return None
    try:
        moment = datetime.fromisoformat(value.strip())
        utc = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):  # nonsense, or past the years that exist
        return None
    return utc if is_possible(utc) else None


def is_possible(moment: datetime) -> bool:
    """Whether a time of the vendor's is one, and no way of writing "never"."""
    return _FIRST <= moment < _LAST


def format_time(moment: datetime) -> str:
    """`YYYY-MM-DDTHH:MM:SS.mmmZ`, the form in which the vendor takes times."""
    try:
        utc = moment.astimezone(UTC)
    except OverflowError:  # the zone pushes it out of the first or last year
        utc = moment
    return utc.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"

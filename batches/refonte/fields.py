"""Reads single values of the vendor's JSON: None where they are missing or invalid."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeGuard

from .limits import NAME_MAX, clean, cut, is_name

_LARGEST = 2**53 - 1  # above it JSON readers disagree on integers (RFC 8259 §6)
# Plausible dates. Systems write "never" and "not set" as dates outside: the years 1, 1601, 1900,
# 1970, the last day of 2099 and 9999.
_FIRST = datetime(2000, 1, 1, tzinfo=UTC)
_LAST = datetime(2099, 1, 1, tzinfo=UTC)


def is_object(value: Any) -> TypeGuard[Mapping[str, Any]]:
    return isinstance(value, dict)


def read_text(value: Any, longest: int = NAME_MAX) -> str | None:
    return cut(clean(value), longest) if isinstance(value, str) else None


def read_name(row: Mapping[str, Any]) -> str | None:
    """The name unchanged, or None."""
    # a name that was cut or cleaned could be the name of another batch
    name = row.get("name")
    return str(name) if is_name(name) else None


def is_count(value: Any) -> TypeGuard[int]:
    """A non-negative integer."""
    # not isinstance: True is an int in Python
    return type(value) is int and 0 <= value <= _LARGEST


def first_count(data: Mapping[str, Any], *names: str) -> int | None:
    return next((data[name] for name in names if is_count(data.get(name))), None)


def parse_time(value: Any) -> datetime | None:
    """An aware UTC time; one without a zone is UTC. None for an implausible one."""
    if not isinstance(value, str) or not 10 <= len(value) <= 64:
        return None
    try:
        moment = datetime.fromisoformat(value.strip())
        utc = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):  # no date, or outside of the years of datetime
        return None
    return utc if is_plausible(utc) else None


def is_plausible(moment: datetime) -> bool:
    """Whether it is between 2000 and 2099, and so no way to write "never"."""
    return _FIRST <= moment < _LAST


def format_time(moment: datetime) -> str:
    """`YYYY-MM-DDTHH:MM:SS.mmmZ`, the format of the vendor's parameters."""
    try:
        utc = moment.astimezone(UTC)
    except OverflowError:  # the zone moves it out of the first or last year
        utc = moment
    return utc.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"

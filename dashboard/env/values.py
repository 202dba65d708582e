"""Texts, numbers, flags, secrets."""

import math
import os
from zoneinfo import available_timezones

from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

TRUE = {"true", "1", "yes", "on"}
FALSE = {"false", "0", "no", "off"}

known: set[str] = set()  # every name that was read: any other in `.env` is a mistake


def wrong(name: str, why: str) -> ImproperlyConfigured:
    """why: completes the sentence that an admin reads."""
    return ImproperlyConfigured(f"{name} in the environment is wrong: {why}.")


def text(name: str, default: str | None = None) -> str:
    """Blank counts as missing. Required where there is no default."""
    known.add(name)
    value = os.environ.get(name, "").strip()
    if value:
        return value
    if default is None:
        raise ImproperlyConfigured(
            f"{name} is missing from the environment; `make env` writes a .env that has it."
        )
    return default


def secret(name: str, *, shortest: int, default: str | None = None) -> str:
    """shortest: characters. It does not apply to the default."""
    value = text(name, default)
    if len(value) < shortest and value != default:
        raise wrong(name, f"it must have at least {shortest} characters")
    return value


def secrets(name: str, *, shortest: int) -> list[str]:
    """Separated by commas, at least one. shortest: characters of each."""
    text(name)  # raises where it is missing
    found = items(name)
    for position, value in enumerate(found, start=1):
        if len(value) < shortest:
            # by its position: the message may be logged, so it must not have the secret
            raise wrong(name, f"value {position} must have at least {shortest} characters")
    return found


def flag(name: str, *, default: bool) -> bool:
    # `env.bool` of django-environ would read any unknown word as False
    word = text(name, str(default)).lower()
    if word not in TRUE | FALSE:
        raise wrong(name, "it must be True or False")
    return word in TRUE


def whole(name: str, default: int, *, lowest: int, highest: int, note: str = "") -> int:
    """note: where the bounds come from, appended to the message."""
    value = text(name, str(default))
    # cut before `int`, which raises for more than 4,300 digits
    if not (value.isascii() and value.isdigit() and lowest <= int(value[:12]) <= highest):
        raise wrong(name, f"it must be a whole number from {lowest} to {highest}{note}")
    return int(value)


def readers(name: str, *, threads: int) -> int:
    """How many of the threads may wait for reads. Default: half."""
    note = f", as two of the {threads} threads (WEB_THREADS) stay for writes"
    return whole(name, threads // 2, lowest=1, highest=threads - 2, note=note)


def processes(name: str, *, share_memory: bool) -> int:
    """share_memory: whether a Redis is named, through which processes coalesce calls."""
    value = whole(name, 1, lowest=1, highest=64)
    if value > 1 and not share_memory:
        raise wrong(name, "without REDIS_URL only one process can serve")
    return value


def number(name: str, default: float, *, lowest: float, highest: float) -> float:
    try:
        value = float(text(name, str(default)))
    except ValueError:
        value = math.nan
    if not lowest <= value <= highest:  # also true of NaN
        raise wrong(name, f"it must be a number from {lowest:g} to {highest:g}")
    return value


def items(name: str, default: str = "") -> list[str]:
    """Separated by commas; empty for none."""
    value = text(name, default)
    found = [item for part in value.split(",") if (item := part.strip())]
    if value and not found:
        raise wrong(name, "it has nothing but commas")
    return found


def fernet_keys(name: str) -> list[str]:
    """Encryption keys: the first encrypts, all decrypt."""
    text(name)  # raises where it is missing; an empty list would encrypt nothing
    keys = items(name)
    for position, key in enumerate(keys, start=1):
        try:
            Fernet(key)
        except ValueError as error:
            # by its position: the message may be logged, so it must not have the key
            raise wrong(
                name, f"key {position} is not a Fernet key; `make env` writes one"
            ) from error
    return keys


def zone(name: str, default: str) -> str:
    value = text(name, default)
    if value not in available_timezones():
        raise wrong(name, "no such time zone is known; write it like Europe/Paris")
    return value

"""Reading the environment. Strict: a missing or wrong value stops the start, with its name.

`env.bool` of django-environ reads any unknown word as False, so flags are read here. Every reader
takes the name as people write it and raises `ImproperlyConfigured` with a sentence.
"""

import math
import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import available_timezones

import environ
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

TRUE = {"true", "1", "yes", "on"}
FALSE = {"false", "0", "no", "off"}
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def wrong(name: str, why: str) -> ImproperlyConfigured:
    """The sentence a person reads; it never repeats the value, which may be a secret."""
    return ImproperlyConfigured(f"{name} in the environment is wrong: {why}.")


def read_file(default: Path) -> None:
    """Add what `.env` says to the environment, which wins.

    `ENV_FILE` names another file; empty means none, as in the demo and the tests.
    """
    named = os.environ.get("ENV_FILE")
    if named == "":
        return
    if named and not Path(named).is_file():
        raise wrong("ENV_FILE", "there is no such file")
    path = Path(named) if named else default
    if path.is_file():
        environ.Env.read_env(str(path))


def text(name: str, default: str | None = None) -> str:
    """A word; blank counts as missing. Without a default it is required."""
    value = os.environ.get(name, "").strip()
    if value:
        return value
    if default is None:
        raise ImproperlyConfigured(
            f"{name} is missing from the environment; `make env` writes a .env that has it."
        )
    return default


def secret(name: str, *, shortest: int) -> str:
    value = text(name)
    if len(value) < shortest:
        raise wrong(name, f"it must have at least {shortest} characters")
    return value


def flag(name: str, *, default: bool) -> bool:
    word = text(name, str(default)).lower()
    if word not in TRUE | FALSE:
        raise wrong(name, "it must be True or False")
    return word in TRUE


def whole(name: str, default: int, *, lowest: int, highest: int) -> int:
    value = text(name, str(default))
    if not (value.isascii() and value.isdigit() and lowest <= int(value[:12]) <= highest):
        raise wrong(name, f"it must be a whole number from {lowest} to {highest}")
    return int(value)


def number(name: str, default: float, *, lowest: float, highest: float) -> float:
    try:
        value = float(text(name, str(default)))
    except ValueError:
        value = math.nan
    if not lowest <= value <= highest:  # also true of NaN
        raise wrong(name, f"it must be a number from {lowest:g} to {highest:g}")
    return value


def words(name: str, default: str = "") -> list[str]:
    return [word for part in text(name, default).split(",") if (word := part.strip())]


def origins(name: str) -> list[str]:
    found = words(name)
    if not all(word.startswith(("https://", "http://")) for word in found):
        raise wrong(name, "each origin must begin with https:// or http://")
    return found


def fernet_keys(name: str) -> list[str]:
    """Keys that seal and open; the first seals."""
    text(name)
    keys = words(name)
    for position, key in enumerate(keys, start=1):
        try:
            Fernet(key)
        except ValueError as error:
            raise wrong(
                name, f"key {position} is not a Fernet key; `make env` writes one"
            ) from error
    if not keys:
        raise wrong(name, "it names no key")
    return keys


def vendor_url(name: str, default: str) -> str:
    """Where API keys are sent to: https, except on this machine."""
    value = text(name, default).rstrip("/")
    host = url_host(name, value)
    scheme = urlsplit(value).scheme
    if scheme != "https" and not (scheme == "http" and host in LOOPBACK):
        raise wrong(name, "it must begin with https:// (http:// only on loopback)")
    if "@" in value or "?" in value or "#" in value:
        raise wrong(name, "it must be an address alone, without user, query or fragment")
    return value


def url_host(name: str, value: str) -> str:
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise wrong(name, "it is not an address") from error
    if not host:
        raise wrong(name, "it names no host")
    return host


def proxy(name: str) -> str:
    value = text(name, "")
    if value:
        url_host(name, value)
        if urlsplit(value).scheme not in {"http", "https"}:
            raise wrong(name, "it must begin with http:// or https://")
    return value


def readable_file(name: str) -> str:
    value = text(name, "")
    if value and not os.access(value, os.R_OK):
        raise wrong(name, "there is no file that can be read")
    return value


def directory(name: str, default: Path) -> Path:
    path = Path(text(name, str(default))).absolute()
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise wrong(name, f"the directory {path} cannot be made ({error.strerror})") from error
    return path


def redis_url(name: str) -> str:
    value = text(name, "")
    if value and urlsplit(value).scheme not in {"redis", "rediss", "unix"}:
        raise wrong(name, "it must begin with redis://, rediss:// or unix://")
    return value


def database(name: str, default: str) -> dict[str, Any]:
    value = text(name, default)
    if urlsplit(value).scheme not in {"sqlite", "postgres", "postgresql"}:
        raise wrong(name, "it must begin with sqlite:// or postgresql://")
    try:
        found: dict[str, Any] = environ.Env.db_url_config(value)
    except ValueError as error:
        raise wrong(name, "it is not a database's address") from error
    return found


def email(name: str, default: str) -> dict[str, Any]:
    value = text(name, default)
    if urlsplit(value).scheme not in environ.Env.EMAIL_SCHEMES:
        raise wrong(name, "it must begin with smtp://, smtp+tls:// or smtp+ssl://")
    try:
        found: dict[str, Any] = environ.Env.email_url_config(value)
    except ValueError as error:
        raise wrong(name, "it is not a mail server's address") from error
    return found


def zone(name: str, default: str) -> str:
    value = text(name, default)
    if value not in available_timezones():
        raise wrong(name, "no such time zone is known; write it like Europe/Paris")
    return value

"""Addresses of database, Redis and mail server."""

from typing import Any
from urllib.parse import urlsplit

import environ
import redis
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email
from redis.backoff import NoBackoff
from redis.retry import Retry

from dashboard.env.values import text, wrong

# Redis answers in a millisecond, or pages go on without it. By default it would be tried 4 times.
REDIS_OPTIONS: dict[str, Any] = {
    "socket_timeout": 0.5,
    "socket_connect_timeout": 0.5,
    "retry": Retry(NoBackoff(), 0),
}
QUEUE_SECONDS = 10  # longer than the worker waits in Redis for work, which is one second
PARTS = {"ENGINE", "NAME", "USER", "PASSWORD", "HOST", "PORT", "OPTIONS"}


def database(name: str, default: str) -> dict[str, Any]:
    value = text(name, default)
    scheme = urlsplit(value).scheme
    if scheme not in {"sqlite", "postgres", "postgresql"}:
        raise wrong(name, "it must begin with sqlite:// or postgresql://")
    if scheme == "sqlite" and not value.startswith("sqlite:///"):
        raise wrong(name, "for SQLite it names a file, after three or four slashes")
    try:
        found: dict[str, Any] = environ.Env.db_url_config(value)
    except ValueError as error:
        raise wrong(name, "it is not a database's address") from error
    if found["NAME"] in {"", ":memory:"}:
        raise wrong(name, "it names no database")
    refuse_options(name, scheme, found)
    return found


def refuse_options(name: str, scheme: str, found: dict[str, Any]) -> None:
    options = found.get("OPTIONS", {})
    # an option that has no effect would be taken for one that works
    if found.keys() - PARTS or (options and scheme == "sqlite"):
        raise wrong(name, "it has options that are not supported")
    if options:
        refuse_unknown_options(name, options)


def refuse_unknown_options(name: str, options: dict[str, Any]) -> None:
    from psycopg import ProgrammingError  # slow to load, and not needed with SQLite
    from psycopg.conninfo import make_conninfo

    try:
        make_conninfo(**options)
    except ProgrammingError as error:
        raise wrong(name, "it has options that PostgreSQL does not know") from error


def redis_url(name: str) -> str:
    value = text(name, "")
    if value:
        if urlsplit(value).scheme not in {"redis", "rediss", "unix"}:
            raise wrong(name, "it must begin with redis://, rediss:// or unix://")
        try_redis_url(name, value)
    return value


def queue_pool(url: str) -> redis.ConnectionPool:
    """The worker's connections to Redis."""
    # with a timeout: without one the worker would wait for ever for a Redis that does not answer
    return redis.ConnectionPool.from_url(
        url, socket_timeout=QUEUE_SECONDS, socket_connect_timeout=QUEUE_SECONDS
    )


def try_redis_url(name: str, value: str) -> None:
    """Makes a connection object, as each request will, but does not connect."""
    try:
        parts = urlsplit(value)
        pool = redis.ConnectionPool.from_url(value)
        pool.connection_class(**pool.connection_kwargs)
    except (ValueError, TypeError) as error:
        raise wrong(name, "it is not Redis's address, such as redis://host:6379/0") from error
    if parts.scheme != "unix" and not (parts.hostname and (parts.path[1:] or "0").isdigit()):
        raise wrong(name, "it names the host, and the database by its number")


def sender(name: str, default: str) -> str:
    """The address that mails come from, alone: `console@example.com`."""
    value = text(name, default)
    try:
        validate_email(value)
    except ValidationError as error:
        if value != default:  # which has no domain
            raise wrong(name, "it must be an e-mail address alone") from error
    return value


def email(name: str, default: str) -> dict[str, Any]:
    value = text(name, default)
    scheme = urlsplit(value).scheme
    if scheme not in environ.Env.EMAIL_SCHEMES:
        raise wrong(name, "it must begin with smtp://, smtp+tls:// or smtp+ssl://")
    try:
        found: dict[str, Any] = environ.Env.email_url_config(value)
    except (ValueError, ImproperlyConfigured) as error:
        raise wrong(name, "it is not a mail server's address") from error
    if scheme.startswith("smtp") and not found["EMAIL_HOST"]:
        raise wrong(name, "it names no mail server")
    return found

"""Where an API key could stand, and in which spellings it would be found there."""

import base64
import html
import io
import json
import logging
import traceback
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import redis
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.cache import caches
from django.core.cache.backends.dummy import DummyCache
from django.core.management import call_command
from django.db import connection
from huey.contrib.djhuey import HUEY

from batches.services.cache.memory import MemoryStore
from batches.services.cache.store import backend


def spellings(key: str) -> list[bytes]:
    """Raw, URL, HTML, JSON, hex; base64 and base32 in each way that it lies in a longer text."""
    raw = key.encode()
    plain = [key, quote(key, safe=""), quote(key), html.escape(key), json.dumps(key)[1:-1]]
    plain += [json.dumps(key)[1:-1].replace("/", "\\/"), repr(key)[1:-1], as_go(key)]
    found = [text.encode() for text in plain] + [raw.hex().encode(), raw.hex().upper().encode()]
    for shift in range(3):
        inside = base64.b64encode(b"x" * shift + raw)[4 if shift else 0 : len(raw) // 3 * 4 - 4]
        found += [inside, inside.replace(b"+", b"-").replace(b"/", b"_")]
    for shift in range(5):
        inside = base64.b32encode(b"x" * shift + raw)[8 if shift else 0 : len(raw) // 5 * 8 - 8]
        found += [inside, inside.lower()]
    return found


def as_go(key: str) -> str:
    """Within JSON, as Go writes it."""
    numbers = {ord(char): f"\\u{ord(char):04x}" for char in "&<>"}
    return json.dumps(key)[1:-1].translate(numbers)


def leaks(text: bytes, keys: list[str]) -> bool:
    return any(spelling in text for key in keys for spelling in spellings(key))


class Listener(logging.Handler):
    """Hears every logger at DEBUG, as the log would write it, with the locals of every frame."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.heard: list[str] = []
        self.tracebacks: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.heard.append(f"{record.getMessage()} {record.args!r} {vars(record)!r}")
        if record.exc_info and record.exc_info[1]:
            self.tracebacks.append(told(record.exc_info[1]))


def told(error: BaseException) -> str:
    """An error with its causes and the locals of all their frames."""
    whole = traceback.TracebackException.from_exception(error, capture_locals=True)
    return "".join(whole.format())


def bytes_of_database() -> bytes:
    """The file with its WAL, as it lies on the disk; elsewhere every cell."""
    if connection.vendor == "sqlite":
        path = Path(connection.settings_dict["NAME"])
        return b"".join(p.read_bytes() for p in path.parent.glob(f"{path.name}*"))
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        rows = []
        for table in tables:
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            rows += cursor.fetchall()
    return repr(rows).encode()


def backup(folder: Path) -> bytes:
    target = folder / "backup.sqlite3"
    call_command("backup_database", str(target), stdout=io.StringIO())
    return target.read_bytes()


def dump() -> bytes:
    written = io.StringIO()
    call_command("dumpdata", stdout=written)
    return written.getvalue().encode()


def sessions() -> bytes:
    return repr([session.get_decoded() for session in Session.objects.all()]).encode()


def cached() -> bytes:
    """Django's caches as they hold it, and the readings of the vendor's answers."""
    kept = [caches[name] for name in settings.CACHES]
    held = [repr(vars(one)["_cache"]) for one in kept if not isinstance(one, DummyCache)]
    if settings.REDIS_URL:
        return "".join(held).encode() + b"".join(in_redis())
    readings = backend()
    assert isinstance(readings, MemoryStore)
    return "".join(held).encode() + repr(readings.memory.items()).encode()


def in_redis() -> Iterator[bytes]:
    """Names and values, of whatever kind: the cache's, the readings', the queue's."""
    with redis.Redis.from_url(settings.REDIS_URL) as server:
        read = {
            b"string": server.get,
            b"list": lambda name: server.lrange(name, 0, -1),
            b"hash": server.hgetall,
            b"zset": lambda name: server.zrange(name, 0, -1),
            b"set": server.smembers,
        }
        for name in server.scan_iter():
            value = read[server.type(name)](name)
            yield name + (value if isinstance(value, bytes) else repr(value).encode())


def queue() -> bytes:
    return b"".join(HUEY.storage.enqueued_items()) + repr(HUEY.storage.peek_data).encode()


def mails() -> bytes:
    return "".join(str(m.message().as_bytes()) + m.body for m in mail.outbox).encode()

"""Logging: one JSON object a line, with the id of the request and the operation it belongs to.

JSON escapes newlines, so that no input can forge a line. What Django attaches to a record beside
its message (the request, whose repr holds the query string) is left out. What other libraries say
goes out without queries, credentials and the headers that carry them; those that speak of the calls
to Refonte say nothing at all, as each call has its own line.
"""

import logging
import re
import sys
import threading
from typing import Any

from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.json import JsonFormatter

from batches.trace import operation, request_id

# What gunicorn writes before it quotes what it was sent.
QUOTING = re.compile("[:'\"]")

NOT_WRITTEN = [*RESERVED_ATTRS, "request", "status_code", "server_time", "taskName", "csp_nonce"]

OURS = frozenset({"batches", "dashboard"})
# They print addresses, headers and bodies, also of answers that repeat the key.
SILENCED = ("charset_normalizer", "http.client", "requests", "urllib3")
_QUERY = re.compile(r"(?<=[\w/%~.-])\?[^\s\"'<>]+")
_CREDENTIALS = re.compile(r"\b(Basic|Bearer)\s+[\w+/=.~-]+", re.IGNORECASE)
_HEADER = re.compile(r"\b(authorization|cookie|set-cookie)\b['\"]?\s*[:=,].*", re.IGNORECASE)


class BelongsFilter(logging.Filter):
    """Puts the id of the current request on each record, and of the operation if there is one."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get()
        if under_way := operation.get():
            record.operation = under_way
        return True


class Line(JsonFormatter):
    """A record as JSON; what others than this product say is redacted, and so is any traceback."""

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        fields = {"exc_info", "stack_info"}
        if str(log_data.get("logger")).partition(".")[0] not in OURS:
            fields.add("message")
        redacted = {name: redact(str(log_data[name])) for name in fields & log_data.keys()}
        return log_data | redacted


def redact(text: str) -> str:
    """`text` without queries of addresses, credentials and the values of headers that hold any."""
    text = _HEADER.sub(r"\1: [hidden]", text)
    text = _CREDENTIALS.sub(r"\1 [key]", text)
    return _QUERY.sub("?[query]", text)


def log_uncaught() -> None:
    """Errors that nothing catches, and warnings, become lines like all others of this process."""
    logging.captureWarnings(capture=True)
    logger = logging.getLogger("dashboard.uncaught")

    def write(error: BaseException | None, where: str) -> None:
        if error is not None and not isinstance(error, KeyboardInterrupt):
            logger.error("%s failed", where, exc_info=error)

    sys.excepthook = lambda kind, error, trace: write(error, "The process")
    sys.unraisablehook = lambda args: write(args.exc_value, "Tidying up")
    threading.excepthook = lambda args: write(args.exc_value, "A thread")


class FaultsFilter(logging.Filter):
    """Lets pass what was raised. An answer of 503 that a view meant stands in the access line, and
    why the vendor gave nothing in the vendor call's; beside a traceback they would be noise.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno < logging.ERROR or bool(record.exc_info)


class RefusalsFilter(logging.Filter):
    """Takes the traceback off a request that was refused, as of a foreign host or too large: the
    line says what was wrong with it, and nothing broke here.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith("django.security."):
            record.exc_info = record.exc_text = None
        return True


class QueueFilter(logging.Filter):
    """One line for each time that Redis is away: the worker's loops fail each second meanwhile, and
    Huey logs a traceback for each failure.
    """

    SILENCE = 60.0  # seconds without a failure, after which the next one is another outage

    def __init__(self) -> None:
        super().__init__()
        self._lock, self._last = threading.Lock(), float("-inf")

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        # by its name: without Redis its client need not be loaded
        if not type(error).__module__.startswith("redis."):
            return True
        with self._lock:
            is_first = record.created - self._last > self.SILENCE
            self._last = record.created
        record.levelno, record.levelname = logging.WARNING, "WARNING"
        record.msg = "The queue cannot reach Redis (%s); its tasks run once it is back"
        record.args, record.exc_info, record.exc_text = (type(error).__name__,), None, None
        return is_first


class ServerFilter(logging.Filter):
    """Keeps what was sent out of gunicorn's own lines on a request that failed: it names the whole
    address, with its query, and of a request that it refuses the line that it could not read.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        words = record.getMessage()
        if words.startswith("Error handling request"):
            record.msg, record.args = "Error handling a request", ()
        elif words.startswith("Invalid request from ip="):
            sender, _, error = words.partition(": ")
            record.msg, record.args = f"{sender}: {QUOTING.split(error)[0]}", ()
        return True


def config(*, debug: bool) -> dict[str, Any]:
    """For Django's `LOGGING` and for gunicorn, so that all lines of a process look alike."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {
            "belongs": {"()": BelongsFilter},
            "faults": {"()": FaultsFilter},
            "refusals": {"()": RefusalsFilter},
            "queue": {"()": QueueFilter},
            "server": {"()": ServerFilter},
        },
        "formatters": {
            "json": {
                "()": Line,
                "format": "{asctime}{levelname}{name}{message}{request_id}",
                "style": "{",
                "rename_fields": {"asctime": "time", "levelname": "level", "name": "logger"},
                "reserved_attrs": NOT_WRITTEN,
                "datefmt": "%Y-%m-%dT%H:%M:%S%z",
            }
        },
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": "json",
                "filters": ["belongs", "refusals"],
            },
            "queue": {
                "class": "logging.StreamHandler",
                "formatter": "json",
                "filters": ["belongs", "refusals", "queue"],
            },
            "nowhere": {"class": "logging.NullHandler"},
        },
        "root": {"handlers": ["stderr"], "level": "INFO"},
        "loggers": {
            # Django's own handlers mail tracebacks to admins; everything goes one way instead.
            "django": {"handlers": [], "level": "INFO", "propagate": True},
            "django.server": {"handlers": [], "level": "INFO", "propagate": True},
            # Wrong paths and foreign hosts are in the access lines already.
            "django.request": {"level": "INFO" if debug else "ERROR", "filters": ["faults"]},
            # Without a handler here the worker would add one of its own, that writes no JSON.
            "huey": {"handlers": ["queue"], "level": "INFO", "propagate": False},
            "gunicorn.error": {
                "handlers": [],
                "level": "INFO",
                "propagate": True,
                "filters": ["server"],
            },
            "gunicorn.access": {"handlers": [], "level": "ERROR", "propagate": True},
            **{name: {"handlers": ["nowhere"], "propagate": False} for name in SILENCED},
        },
    }

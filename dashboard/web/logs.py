"""Logging: one JSON object a line, with the id of the request and of the operation it belongs to.

No input can forge a line, as JSON escapes newlines, and no secret gets into one.
"""

import logging
import re
import sys
import threading
from typing import Any

from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.json import JsonFormatter

from batches import personal_tokens
from batches.callback_tokens import hide_tokens
from batches.trace import operation, request_id

OUR_LOGGERS = frozenset({"batches", "dashboard"})
# They log addresses, headers and bodies, also of replies that repeat the key.
SILENCED = ("apprise", "charset_normalizer", "http.client", "requests", "urllib3")

# Django attaches the request to its records, and the repr of a request has the query.
NOT_WRITTEN = [*RESERVED_ATTRS, "request", "status_code", "server_time", "taskName", "csp_nonce"]
QUERY = re.compile(r"(?<=[\w/%~.-])\?[^\s\"'<>]+")
CREDENTIALS = re.compile(r"\b(Basic|Bearer)\s+[\w+/=.~-]+", re.IGNORECASE)
HEADER = re.compile(r"\b(authorization|cookie|set-cookie)\b['\"]?\s*[:=,].*", re.IGNORECASE)
# In gunicorn's messages the text after one of these was sent by the client.
BEFORE_QUOTE = re.compile("[:'\"]")


class JsonLine(JsonFormatter):
    """Redacts every traceback, and the messages of other loggers than this product's.

    Tokens of callbacks and of people are hidden wherever they are.
    """

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        fields = {"exc_info", "stack_info"}
        if str(log_data.get("logger")).partition(".")[0] not in OUR_LOGGERS:
            fields.add("message")
        redacted = {name: redact(str(log_data[name])) for name in fields & log_data.keys()}
        return hidden(log_data | redacted)


def hidden(log_data: dict[str, Any]) -> dict[str, Any]:
    """The same line, with tokens hidden in each text."""
    # the path of an access line has one of a callback, and so may the words of any library
    return {
        name: personal_tokens.hide_tokens(hide_tokens(value)) if isinstance(value, str) else value
        for name, value in log_data.items()
    }


def redact(text: str) -> str:
    """Without queries of addresses, credentials, and the values of headers that hold any."""
    text = HEADER.sub(r"\1: [hidden]", text)
    text = CREDENTIALS.sub(r"\1 [key]", text)
    return QUERY.sub("?[query]", text)


class IdsFilter(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get()
        if operation_id := operation.get():
            record.operation = operation_id
        return True


class TracebacksFilter(logging.Filter):
    """Drops errors without a traceback."""

    # a view that answers 503 on purpose has its access line already
    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno < logging.ERROR or bool(record.exc_info)


class RefusalsFilter(logging.Filter):
    """Drops the traceback of a refused request."""

    # a foreign host or a large body is the client's fault: the traceback shows no bug of this code
    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith("django.security."):
            record.exc_info = record.exc_text = None
        return True


class QueueFilter(logging.Filter):
    """One line for each outage of Redis."""

    # Huey logs a traceback every second while it lasts
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


class GunicornFilter(logging.Filter):
    """Drops what the client sent: the address of a failed request with its query, and the line that
    gunicorn could not read.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        if message.startswith("Error handling request"):
            record.msg, record.args = "Error handling a request", ()
        elif message.startswith("Invalid request from ip="):
            sender, _, error = message.partition(": ")
            record.msg, record.args = f"{sender}: {BEFORE_QUOTE.split(error)[0]}", ()
        return True


FILTERS = {
    "ids": {"()": IdsFilter},
    "tracebacks": {"()": TracebacksFilter},
    "refusals": {"()": RefusalsFilter},
    "queue": {"()": QueueFilter},
    "gunicorn": {"()": GunicornFilter},
}
JSON = {
    "()": JsonLine,
    "format": "{asctime}{levelname}{name}{message}{request_id}",
    "style": "{",
    "rename_fields": {"asctime": "time", "levelname": "level", "name": "logger"},
    "reserved_attrs": NOT_WRITTEN,
    "datefmt": "%Y-%m-%dT%H:%M:%S%z",
}
STDERR = {
    "class": "logging.StreamHandler",
    "formatter": "json",
    "filters": ["ids", "refusals"],
}
QUEUE = STDERR | {"filters": ["ids", "refusals", "queue"]}
TO_ROOT: dict[str, Any] = {"handlers": [], "level": "INFO", "propagate": True}
LOGGERS: dict[str, dict[str, Any]] = {
    # without this Django would mail tracebacks to admins, and write lines that are no JSON
    "django": TO_ROOT,
    "django.server": TO_ROOT,
    # wrong paths and foreign hosts have their access lines already
    "django.request": {"level": "ERROR", "filters": ["tracebacks"]},
    # without a handler here the worker would add one that writes no JSON
    "huey": {"handlers": ["queue"], "level": "INFO", "propagate": False},
    "gunicorn.error": TO_ROOT | {"filters": ["gunicorn"]},
    "gunicorn.access": TO_ROOT | {"level": "ERROR"},
} | {name: {"handlers": ["null"], "propagate": False} for name in SILENCED}


def config(*, debug: bool) -> dict[str, Any]:
    """For Django's `LOGGING` and for gunicorn, so that all lines of a process have one form."""
    for_debugging = {"django.request": LOGGERS["django.request"] | {"level": "INFO"}}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": FILTERS,
        "formatters": {"json": JSON},
        "handlers": {"stderr": STDERR, "queue": QUEUE, "null": {"class": "logging.NullHandler"}},
        "root": {"handlers": ["stderr"], "level": "INFO"},
        "loggers": LOGGERS | for_debugging if debug else LOGGERS,
    }


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

"""Every line of every process is one JSON object, and no library's line tells too much."""

import io
import json
import logging
import logging.config
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from redis.exceptions import ConnectionError as RedisGone

from dashboard.web import logs
from tests.support.stack import running_stack

ROOT = Path(__file__).resolve().parents[3]
KEY = "live_4fQ9zK7bXw2mPd"
REFUSED = "Invalid request from ip="


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What the log's own handler writes, under the configuration of every process."""
    stream = io.StringIO()
    settings = logs.config(debug=False)
    handler = logging.StreamHandler(stream)
    formatter = dict(settings["formatters"]["json"])
    make, fmt = formatter.pop("()"), formatter.pop("format")
    handler.setFormatter(make(fmt=fmt, **formatter))
    root = logging.getLogger()
    root.addHandler(handler)
    yield stream
    root.removeHandler(handler)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.mark.parametrize("name", ["urllib3.connection", "urllib3.x", "requests", "http.client"])
def test_what_speaks_of_calls_to_refonte_says_nothing(name: str, written: io.StringIO) -> None:
    for level in (logging.DEBUG, logging.WARNING, logging.CRITICAL):
        logging.getLogger(name).log(level, "Failed to parse headers (url=%s)", f"/?q={KEY}")
    assert written.getvalue() == ""


@pytest.mark.parametrize(
    ("name", "said", "kept"),
    [
        ("gunicorn.error", "Error handling request /x/?q=hush&key=1", "Error handling a request"),
        ("gunicorn.error", f"{REFUSED}::1: Invalid HTTP Header: 'X: hush'", "::1: Invalid HTTP"),
        ("gunicorn.error", f"{REFUSED}10.0.0.1: Invalid line: 'GET /hush'", "0.1: Invalid line"),
        ("huey", "failed with {'Authorization': 'Basic hushhush'}", "failed with"),
        ("other", "sent as Basic hushhush=", "sent as Basic [key]"),
        ("other", "Bearer hush-hush", "Bearer [key]"),
        ("django.server", '"GET /x/?seen=hush HTTP/1.1" 200', 'GET /x/?[query] HTTP/1.1" 200'),
        ("other", "Cookie: sessionid=hush", "Cookie: [hidden]"),
        ("other", "Is it well? Yes", "Is it well? Yes"),
    ],
)
def test_a_librarys_line_is_written_without_query_and_credentials(
    name: str, said: str, kept: str, written: io.StringIO
) -> None:
    logging.getLogger(name).propagate = True
    logging.getLogger(name).error(said)
    line = lines(written)[-1]
    assert kept in line["message"]
    assert "hush" not in written.getvalue()


def failure_of_the_queue(error: Exception, at: float) -> logging.LogRecord:
    record = logging.LogRecord(
        "huey.consumer", logging.ERROR, "", 1, "Error reading from queue", (), None
    )
    record.exc_info, record.created = (type(error), error, None), at
    return record


def test_an_outage_of_redis_is_one_line_of_the_worker_and_no_traceback() -> None:
    gone, kept = RedisGone("Error 111 connecting to 10.0.0.1:6379"), logs.QueueFilter()
    records = [failure_of_the_queue(gone, at) for at in (0, 1, 2, 61, 122)]

    assert [kept.filter(record) for record in records] == [True, False, False, False, True]
    assert (records[0].levelname, records[0].exc_info) == ("WARNING", None)
    assert "cannot reach Redis (ConnectionError)" in records[0].getMessage()


def test_what_else_fails_in_the_worker_keeps_its_traceback() -> None:
    record = failure_of_the_queue(ValueError("a bug"), 0)

    assert logs.QueueFilter().filter(record)
    assert record.exc_info


def test_a_traceback_is_redacted_whoever_logs_it(written: io.StringIO) -> None:
    try:
        raise RuntimeError("GET /batches/?q=hush with Basic hushhush")
    except RuntimeError:
        logging.getLogger("batches.x").exception("failed")
    [line] = lines(written)
    assert "RuntimeError: GET /batches/?[query] with Basic [key]" in line["exc_info"]
    assert "hush" not in line["exc_info"].rpartition("RuntimeError")[2]


UNCAUGHT = """
import logging.config, threading, warnings
from dashboard.web import logs
logging.config.dictConfig(logs.config(debug=False))
logs.log_uncaught()
warnings.warn("a warning\\nof two lines")
thread = threading.Thread(target=lambda: 1 / 0)
thread.start(); thread.join()
raise RuntimeError("at /x?q=hush")
"""


def test_what_nothing_catches_is_a_line_too() -> None:
    command = [sys.executable, "-W", "default", "-c", UNCAUGHT]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    told = [json.loads(line) for line in done.stderr.splitlines()]
    assert [line["logger"] for line in told] == ["py.warnings", *["dashboard.uncaught"] * 2]
    assert done.returncode == 1
    assert "hush" not in told[-1]["exc_info"].rpartition("RuntimeError")[2]


@pytest.mark.slow
def test_every_line_of_every_process_is_json(tmp_path: Path, static_root: Path) -> None:
    with running_stack(tmp_path, static_root=static_root) as stack:
        pass
    for name in ("dashboard.log", "worker.log"):
        told = (stack.home / name).read_text().splitlines()
        assert told
        for line in told:
            assert {"time", "level", "logger", "message"} <= json.loads(line).keys()

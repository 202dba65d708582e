"""Lines of the log as they are written."""

import json
import logging
from typing import Any

from dashboard.web import logs


def json_of(record: logging.LogRecord) -> dict[str, Any]:
    """As it was written: its ids were put on it at that moment."""
    options = dict(logs.config(debug=False)["formatters"]["json"])
    make = options.pop("()")
    line = make(fmt=options.pop("format"), **options).format(record)
    assert "\n" not in line
    found: dict[str, Any] = json.loads(line)
    return found

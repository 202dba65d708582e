"""Files that are sent while they are made."""

import contextvars
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime

from django.http import HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header

from batches.views.request import Request

PART_BYTES = 48  # a file name has 255 bytes at most, and this one up to three free parts
DASHES = re.compile(r"-{2,}")


class Stream:
    """The lines of the file, produced in the context of the request (log lines, time zone)."""

    def __init__(self, lines: Iterator[str], close: Callable[[], object]) -> None:
        self._lines, self._close = lines, close
        # the middlewares end before the first line is sent, and reset these values
        self._context = contextvars.copy_context()

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        return self._context.run(next, self._lines)

    def close(self) -> None:
        # Django calls it also where the browser closed the connection
        self._context.run(self._close)


def stream_file(
    request: Request,
    *,
    name: str,
    content_type: str,
    lines: Iterator[str],
    close: Callable[[], object],
) -> HttpResponseBase:
    """close: what the file holds as long as it is made; called in any case."""
    headers = {
        "Content-Type": content_type,
        "Content-Disposition": content_disposition_header(as_attachment=True, filename=name) or "",
        # the compressor would keep a page back until it had more of them
        "Content-Encoding": "identity",
    }
    if request.method == "HEAD":
        close()
        # streaming like the file itself: CommonMiddleware would add `Content-Length: 0`
        return StreamingHttpResponse(headers=headers)
    return StreamingHttpResponse(Stream(lines, close), headers=headers)


def file_name(parts: Iterable[str], *, now: datetime, ending: str) -> str:
    """Like `batches-live-in_progress-2026-11-26T1402Z.csv`, in UTC."""
    made_at = now.astimezone(UTC).strftime("%Y-%m-%dT%H%MZ")
    return "-".join([*filter(None, map(_safe, parts)), made_at]) + f".{ending}"


def _safe(text: str) -> str:
    """Letters and digits of any script; a dash for what shells and file systems may not take."""
    composed = unicodedata.normalize("NFC", text)
    plain = "".join(char if _is_plain(char) else "-" for char in composed)
    # `ignore`, as the limit may cut a character of several bytes in two
    cut = plain.encode()[:PART_BYTES].decode(errors="ignore")
    return DASHES.sub("-", cut).strip("-")


def _is_plain(char: str) -> bool:
    # marks too: many scripts write vowels with them
    return char == "_" or unicodedata.category(char)[0] in "LMN"

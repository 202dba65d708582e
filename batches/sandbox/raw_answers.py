"""Answers as they are sent, whole or broken: a series of bytes, pauses and endings."""

import json
import zlib
from collections.abc import Iterator
from datetime import datetime
from email.utils import format_datetime
from enum import Enum
from http import HTTPStatus
from uuid import uuid4

from .replies import Reply

MEGABYTE = 1024 * 1024


class Ending(Enum):
    """How the server ends a connection."""

    CLOSE = "close"
    RESET = "reset"
    HANG = "hang"  # nothing more is sent, and nothing closed


Part = bytes | float | Ending  # a float is a pause in seconds
Parts = Iterator[Part]


def encode(reply: Reply, moment: datetime, **more: str) -> tuple[bytes, bytes]:
    """Head and body. `more` replaces or adds headers, with `_` for `-`."""
    headers = {
        "Date": format_datetime(moment, usegmt=True),
        "Content-Type": reply.content_type,
        "Content-Length": str(len(reply.body)),
        "X-Request-Id": f"req_{uuid4().hex[:16]}",
        **reply.headers,
        **{name.replace("_", "-"): value for name, value in more.items()},
    }
    # HTTP allows no length with a 204, and none beside chunks
    if reply.status == HTTPStatus.NO_CONTENT or "Transfer-Encoding" in headers:
        headers.pop("Content-Length")
    lines = [f"HTTP/1.1 {reply.status} {_phrase(reply.status)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    body = b"" if reply.status == HTTPStatus.NO_CONTENT else reply.body
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"), body


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def whole(reply: Reply, moment: datetime) -> Parts:
    head, body = encode(reply, moment)
    yield head + body


def reset_mid_body(reply: Reply, moment: datetime) -> Parts:
    head, body = encode(reply, moment)
    yield head + body[: len(body) // 2]
    yield 0.05  # a reset discards what the client has not read yet
    yield Ending.RESET


def drip_body(reply: Reply, moment: datetime, seconds: float) -> Parts:
    head, body = encode(reply, moment)
    yield head
    yield from _drip(body, seconds)


def drip_headers(reply: Reply, moment: datetime, seconds: float) -> Parts:
    head, body = encode(reply, moment)
    yield from _drip(head, seconds)
    yield body


def _drip(content: bytes, seconds: float) -> Parts:
    # each byte starts the timeout of a socket again, so only a total deadline ends this
    for index in range(len(content)):
        yield seconds
        yield content[index : index + 1]


def continues(reply: Reply, moment: datetime, seconds: float, count: int) -> Parts:
    """`100 Continue` again and again before the answer."""
    for _ in range(count):
        yield b"HTTP/1.1 100 Continue\r\n\r\n"
        yield seconds
    yield from whole(reply, moment)


def long_content_length(reply: Reply, moment: datetime) -> Parts:
    head, body = encode(reply, moment, Content_Length=str(len(reply.body) + 100))
    yield head + body
    yield Ending.CLOSE


def missing_last_chunk(reply: Reply, moment: datetime) -> Parts:
    head, body = encode(reply, moment, Transfer_Encoding="chunked")
    # all of the body came: only the missing `0` shows that the answer may have been longer
    yield head + f"{len(body):x}\r\n".encode() + body + b"\r\n"
    yield Ending.CLOSE


def truncated_json(reply: Reply, moment: datetime) -> Parts:
    yield from whole(_with_body(reply, reply.body[: len(reply.body) // 2]), moment)


def nested(reply: Reply, moment: datetime, depth: int) -> Parts:
    yield from whole(_with_body(reply, b"[" * depth + b"]" * depth), moment)


def not_utf8(reply: Reply, moment: datetime) -> Parts:
    broken = json.dumps({"name": "kittens-?"}).encode().replace(b"?", b"\xff\xfe")
    yield from whole(_with_body(reply, broken), moment)


def endless_body(reply: Reply, moment: datetime) -> Parts:
    head, _ = encode(reply, moment, Transfer_Encoding="chunked")
    yield head
    chunk = b" " * 65536
    while True:  # until the client closes the connection or the server is stopped
        yield f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n"


def gzip_bomb(reply: Reply, moment: datetime, megabytes: int) -> Parts:
    # in pieces: the unpacked body would take as much memory here as in a careless client
    compressor = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    body = (
        b"".join(compressor.compress(bytes(MEGABYTE)) for _ in range(megabytes))
        + compressor.flush()
    )
    head, _ = encode(_with_body(reply, body), moment, Content_Encoding="gzip")
    yield head + body


def garbage_status_line(_: Reply, __: datetime) -> Parts:
    yield b"HTTP/1.1 abc WHAT\r\nContent-Length: 0\r\n\r\n"
    yield Ending.CLOSE


def _with_body(reply: Reply, body: bytes) -> Reply:
    return Reply(reply.status, body, reply.content_type, reply.headers)

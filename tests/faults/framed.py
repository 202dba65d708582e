"""Faults of where an answer begins and ends: something before it, within its frame or behind it.

Where a client reuses the connection all the same, they give the next question another one's answer.
"""

from base64 import b64decode
from collections.abc import Callable

from tests.faults.exchange import Exchange, head

Fault = Callable[[Exchange], bool]

EARLY_HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n"
LATE = 0.05  # seconds at most until the next request comes on the connection


def _whole(exchange: Exchange) -> bytes:
    return head(exchange.status, length=len(exchange.answer)) + exchange.answer


def _interim(*statuses: str) -> Fault:
    """Interim answers, the last of them as if it were the final one; a moment later that one."""

    def fault(exchange: Exchange) -> bool:
        for status in statuses:
            exchange.send(f"HTTP/1.1 {status}\r\nLink: </style.css>\r\n\r\n".encode())
        exchange.wait_for_next(LATE)
        exchange.send(_whole(exchange))
        return True

    return fault


def _interim_headers_dripped(exchange: Exchange) -> bool:
    exchange.drip(b"HTTP/1.1 103 Early Hints\r\n" + b"Link: </style.css>\r\n" * 1000)
    return False


def _interim_endless(exchange: Exchange) -> bool:
    exchange.repeat(EARLY_HINTS)
    return False


def _interim_huge(exchange: Exchange) -> bool:
    exchange.send(b"HTTP/1.1 103 Early Hints\r\n")
    exchange.repeat(b"Link: </" + b"x" * 1000 + b">\r\n")
    return False


def _interim_cut(exchange: Exchange) -> bool:
    exchange.send(b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n")
    return False


def _second_answer(exchange: Exchange) -> bool:
    """The whole answer, and the same again as soon as another question comes."""
    exchange.send(_whole(exchange))
    exchange.wait_for_next(LATE)
    exchange.send(_whole(exchange))
    return True


def _second_at_once(exchange: Exchange) -> bool:
    exchange.send(_whole(exchange) * 2)
    return True


def _second_unasked(exchange: Exchange) -> bool:
    """The same again a moment later, whether or not a question comes."""
    exchange.send(_whole(exchange))
    exchange.wait(0.02)
    exchange.send(_whole(exchange))
    return True


def _length_too_short(exchange: Exchange) -> bool:
    whole = _whole(exchange)
    exchange.send(whole + whole[: len(whole) // 2])
    exchange.wait_for_next(LATE)
    exchange.send(whole[len(whole) // 2 :])
    return True


def _chunked(exchange: Exchange, *behind: bytes, size: str = "") -> None:
    body = exchange.answer
    chunks = f"{size or hex(len(body))[2:]}\r\n".encode() + body + b"\r\n0\r\n\r\n"
    exchange.send(head(exchange.status, "Transfer-Encoding: chunked") + chunks + b"".join(behind))


def _chunked_whole(exchange: Exchange) -> bool:
    _chunked(exchange)
    return True


def _chunked_garbage(exchange: Exchange) -> bool:
    _chunked(exchange, b"garbage\r\n\r\n", _whole(exchange))
    return True


def _chunk_below_zero(exchange: Exchange) -> bool:
    exchange.status = "200 OK"  # an error's would stand without its body
    _chunked(exchange, size="-1")
    exchange.repeat(b"kitten" * 1000)
    return False


def _length_and_chunked(exchange: Exchange) -> bool:
    """Which of the two holds is not said: what is read by the one leaves bytes by the other."""
    body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(exchange.answer), exchange.answer)
    headers = ("Transfer-Encoding: chunked", f"Content-Length: {len(body) + 400}")
    exchange.send(head(exchange.status, *headers) + body)
    exchange.wait_for_next(LATE)
    exchange.send(_whole(exchange))
    return True


def _204_with_body(exchange: Exchange) -> bool:
    exchange.send(head("204 No Content"))
    exchange.wait_for_next(LATE)
    exchange.send(_whole(exchange))
    return True


def _switching(exchange: Exchange) -> bool:
    exchange.send(head("101 Switching Protocols", "Upgrade: h2c", "Connection: Upgrade"))
    exchange.wait_for_next(LATE)
    exchange.send(_whole(exchange))
    return True


def _header_malformed(exchange: Exchange) -> bool:
    """A line that is no header, and repeats the request: address, query and key."""
    basic = exchange.received.headers.get("authorization", "")
    key = b64decode(basic.removeprefix("Basic ")).decode().removesuffix(":")
    lines = f"no header, for {exchange.received.target}\r\nX: {key}, {basic}\r\n\r\n"
    start = head(exchange.status, length=len(exchange.answer)).removesuffix(b"\r\n")
    exchange.send(start + lines.encode() + exchange.answer)
    return True


FRAMED: dict[str, Fault] = {
    "interim_103": _interim("103 Early Hints"),
    "interim_many": _interim("100 Continue", "102 Processing", "103 Early Hints", "199 Soon"),
    "second_answer": _second_answer,
    "second_at_once": _second_at_once,
    "second_unasked": _second_unasked,
    "length_too_short": _length_too_short,
    "length_and_chunked": _length_and_chunked,
    "chunked": _chunked_whole,
    "chunked_garbage": _chunked_garbage,
    "header_malformed": _header_malformed,
    # no answer, or none that ends
    "interim_headers_dripped": _interim_headers_dripped,
    "interim_endless": _interim_endless,
    "interim_huge": _interim_huge,
    "interim_cut": _interim_cut,
    "chunk_below_zero": _chunk_below_zero,
    "204_with_body": _204_with_body,
    "101": _switching,
}

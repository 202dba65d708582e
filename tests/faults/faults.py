"""Every byte-level fault, by name. Each answers one request and tells if the connection goes on."""

import zlib
from functools import cache, partial

from tests.faults.exchange import DRIP_EVERY, Exchange, head
from tests.faults.framed import FRAMED, Fault

HTML = b"<!doctype html><html><head><title>Sign in</title></head><body>Sign in</body></html>"
BAD_GATEWAY = b"<html><head><title>502</title></head><body><h1>502 Bad Gateway</h1></body></html>"
CHALLENGE = b"<!doctype html><title>Attention</title><h1>Are you a person?</h1>"
OPEN_ENDS = b"<![foo[ " + b"<a " * 6_000  # as a proxy's page that was cut, only worse


def _ok(exchange: Exchange) -> bool:
    exchange.send_json("200 OK", exchange.answer)
    return True


def _slow(exchange: Exchange) -> bool:
    exchange.wait(0.3)
    return _ok(exchange)


def _never_answers(exchange: Exchange) -> bool:
    exchange.wait()
    return False


def _body_dripped(exchange: Exchange) -> bool:
    exchange.send(head("200 OK", length=len(exchange.answer) + 10_000))
    exchange.drip(exchange.answer + b" " * 10_000)
    return False


def _body_dripped_unframed(exchange: Exchange) -> bool:
    exchange.send(head("200 OK", "Connection: close"))
    exchange.drip(exchange.answer)
    return False


def _headers_dripped(exchange: Exchange) -> bool:
    exchange.drip(head("200 OK", "X-Long: " + "x" * 10_000))
    return False


def _continues_dripped(exchange: Exchange) -> bool:
    exchange.repeat(b"HTTP/1.1 100 Continue\r\n\r\n", every=DRIP_EVERY)
    return False


def _closed(_: Exchange) -> bool:
    return False


def _reset(exchange: Exchange) -> bool:
    exchange.reset()
    return False


def _headers_cut(exchange: Exchange) -> bool:
    exchange.send(b"HTTP/1.1 200 OK\r\nContent-Ty")
    return False


def _reset_mid_body(exchange: Exchange) -> bool:
    exchange.send(head("200 OK", length=1000) + exchange.answer)
    exchange.wait(0.1)  # else the bytes would be thrown away with the connection
    exchange.reset()
    return False


def _length_too_long(exchange: Exchange) -> bool:
    exchange.send(head("200 OK", length=len(exchange.answer) + 100) + exchange.answer)
    return False


def _last_chunk_missing(exchange: Exchange) -> bool:
    chunk = b"%x\r\n%s\r\n" % (len(exchange.answer), exchange.answer)
    exchange.send(head("200 OK", "Transfer-Encoding: chunked") + chunk)
    return False


def _endless_body(exchange: Exchange) -> bool:
    exchange.send(head("200 OK", "Connection: close") + b'{"docs": [')
    exchange.repeat(b'{"name": "kitten"},' * 1000)
    return False


def _endless_error(exchange: Exchange) -> bool:
    exchange.send(head("500 Internal Server Error", "Connection: close"))
    exchange.repeat(b"sorry " * 1000)
    return False


def _endless_redirect(exchange: Exchange) -> bool:
    exchange.send(head("302 Found", "Location: http://127.0.0.1:9/", "Connection: close"))
    exchange.repeat(b"moved " * 1000)
    return False


@cache
def _bomb() -> bytes:
    """16 MB of zeros: four times what is read, and quickly made on a busy machine."""
    packer = zlib.compressobj(1, wbits=31)
    zeros = bytes(1024 * 1024)
    return b"".join(packer.compress(zeros) for _ in range(16)) + packer.flush()


def _gzip_bomb(exchange: Exchange) -> bool:
    bomb = _bomb()
    exchange.send(head("200 OK", "Content-Encoding: gzip", length=len(bomb)) + bomb)
    return False


def _gzip_garbage(exchange: Exchange) -> bool:
    exchange.send(head("200 OK", "Content-Encoding: gzip", length=9) + b"not gzip!")
    return False


def _garbage_status(exchange: Exchange) -> bool:
    exchange.send(b"\x15\x03\x01 what is this\r\n\r\n")
    return False


def _empty_unframed(exchange: Exchange) -> bool:
    exchange.send(head("200 OK", "Connection: close"))
    return False


def _error_body_cut(exchange: Exchange) -> bool:
    exchange.send(head("400 Bad Request", length=1000) + b"name is too lo")
    return False


def _json(status: str, body: bytes, *headers: str) -> Fault:
    def fault(exchange: Exchange) -> bool:
        exchange.send_json(status, body, *headers)
        return True

    return fault


def _error(status: str, *headers: str, words: str | None = None) -> Fault:
    text = words or f"the vendor says {status}"
    body = f'{{"status_code": {status[:3]}, "error": "{text}"}}'.encode()
    return _json(status, body, *headers)


def _bare(status: str, *headers: str) -> Fault:
    def fault(exchange: Exchange) -> bool:
        length = None if status.startswith("204") else 0
        exchange.send(head(status, *headers, length=length))
        return True

    return fault


def _page(status: str, body: bytes) -> Fault:
    def fault(exchange: Exchange) -> bool:
        exchange.send(head(status, "Content-Type: text/html", length=len(body)) + body)
        return True

    return fault


_answer_200 = partial(_json, "200 OK")

FAULTS: dict[str, Fault] = {
    "ok": _ok,
    "slow": _slow,
    **FRAMED,
    # no answer, or none that ends
    "never_answers": _never_answers,
    "body_dripped": _body_dripped,
    "body_dripped_unframed": _body_dripped_unframed,
    "headers_dripped": _headers_dripped,
    "continues_dripped": _continues_dripped,
    "reset_before_answer": _reset,
    "closed_after_acting": _closed,
    "closed_before_acting": _closed,
    "headers_cut": _headers_cut,
    "reset_mid_body": _reset_mid_body,
    "length_too_long": _length_too_long,
    "last_chunk_missing": _last_chunk_missing,
    "garbage_status": _garbage_status,
    # errors
    "500": _error("500 Internal Server Error"),
    "500_endless": _endless_error,
    "502_html": _page("502 Bad Gateway", BAD_GATEWAY),
    "502_open_ends": _page("502 Bad Gateway", OPEN_ENDS),
    "503_retry_3600": _error("503 Service Unavailable", "Retry-After: 3600"),
    "408": _error("408 Request Timeout"),
    "429_retry_2": _error("429 Too Many Requests", "Retry-After: 2"),
    "429_nonsense_date": _error("429 Too Many Requests", "Retry-After: Thu, 99 Foo 2023 25:61"),
    "429": _error("429 Too Many Requests"),
    "401": _error("401 Unauthorized"),
    "403": _error("403 Forbidden"),
    # of something on the way: without the vendor's reason they are no word on the key
    "403_html": _page("403 Forbidden", CHALLENGE),
    "401_empty": _bare("401 Unauthorized"),
    "403_html_after_acting": _page("403 Forbidden", CHALLENGE),
    "404": _error("404 Not Found"),
    "409": _error("409 Conflict"),
    "400": _error("400 Bad Request"),
    "400_body_cut": _error_body_cut,
    "402": _error("402 Payment Required"),
    "418": _error("418 I'm a teapot"),
    "422": _error("422 Unprocessable Entity"),
    "530": _error("530 Site frozen"),
    # refusals by whatever stands on the way, though the vendor acts
    "acted_429": _error("429 Too Many Requests", "Retry-After: 2"),
    "acted_409": _error("409 Conflict"),
    "acted_400": _error("400 Bad Request"),
    # answers that are none
    "302_other_host": _bare("302 Found", "Location: http://127.0.0.1:9/stolen"),
    "302_endless": _endless_redirect,
    "307": _bare("307 Temporary Redirect", "Location: /v1/elsewhere"),
    "200_login_page": _page("200 OK", HTML),
    "200_empty": _bare("200 OK"),
    "200_empty_unframed": _empty_unframed,
    "204": _bare("204 No Content"),
    "200_encoded_nothing": _bare("200 OK", "Content-Encoding: gzip"),
    "200_failure": _answer_200(b'{"result": "failure"}'),
    "200_other_batch": _answer_200(b'{"name": "another-batch", "project": "dogs"}'),
    "truncated_json": _answer_200(b'{"name": "kitten-07", "sta'),
    "nan": _answer_200(b'{"name": "kitten-07", "tasks_pending": NaN}'),
    "nested": _answer_200(b"[" * 100_000 + b"]" * 100_000),
    "long_integer": _answer_200(b'{"name": "kitten-07", "tasks_pending": ' + b"9" * 5000 + b"}"),
    "not_utf8": _answer_200(b'{"name": "kitten-\xff\xfe"}'),
    "endless_body": _endless_body,
    "gzip_bomb": _gzip_bomb,
    "gzip_garbage": _gzip_garbage,
    "other_shape": _answer_200(b'{"type": "annotation", "items": []}'),
    "null": _answer_200(b"null"),
    "names_missing": _answer_200(b'{"docs": [{"status": "staging"}, {"name": 7}, null]}'),
}

# the vendor refuses, or never gets to it: it does not act
REFUSING = frozenset(
    {"closed_before_acting", "garbage_status", "302_other_host", "302_endless", "307"}
) | {
    name for name in FAULTS if name[:2] in {"40", "41", "42"} and not name.endswith("_after_acting")
}

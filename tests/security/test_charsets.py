"""What names another charset than UTF-8 is refused on every address, before Django reads it."""

import encodings.aliases
import json
import logging
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.test import Client, RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from dashboard.web.charsets import is_utf8
from dashboard.wsgi import application
from tests.support.headers import ALWAYS
from tests.support.logs import json_of

aliases = encodings.aliases.aliases
CODECS = sorted({*aliases, *aliases.values(), "idna", "punycode", "undefined", "unicode_escape"})
OTHERS = [name for name in CODECS if name.replace("_", "-") not in {"utf-8", "utf8"}]
ADDRESSES = [
    "/healthz",
    "/static/none.css",
    "/accounts/login/",
    "/no-such-page",
    "/",
    "/favicon.ico",
]


def answer_to(request: WSGIRequest) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body, as gunicorn gets them."""
    told: list[Any] = []

    def start_answer(status: str, headers: list[tuple[str, str]], error: Any = None, /) -> Any:
        told.extend((int(status[:3]), dict(headers)))

    body = b"".join(application(request.environ, start_answer))
    return (*told, body)


def asked(path: str, content_type: str, method: str = "GET") -> tuple[int, dict[str, str], bytes]:
    request = RequestFactory().generic(method, path, b"a=b")
    request.environ["CONTENT_TYPE"] = content_type
    return answer_to(request)


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["GET", "POST", "HEAD"])
@pytest.mark.parametrize("path", ADDRESSES)
def test_every_address_refuses_it_with_our_headers_and_words(path: str, method: str):
    status, headers, body = asked(f"{path}?word=hush", "text/plain; charset=zlib", method)
    assert status == 400
    assert ALWAYS.items() <= headers.items()
    assert len(headers["X-Request-ID"]) == 16
    assert (b"not understood" in body) is (method != "HEAD")


@pytest.mark.django_db
def test_so_is_every_codec_that_python_knows():
    status = {name: asked("/healthz", f"text/plain; charset={name}")[0] for name in OTHERS}
    assert {name for name in OTHERS if status[name] != 400} == set()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("", 200),
        ("text/plain", 200),
        ("*/*", 200),
        ("text/plain; charset=utf-8", 200),
        ('text/plain; charset="UTF-8"', 200),
        ("text/plain;charset = utf8 ", 200),
        ("multipart/form-data; boundary=x; charset=utf-8", 200),
        ("text/plain; charset=ZLIB", 400),
        ('text/plain; Charset="zlib"', 400),
        ('text/plain; charset="zl\\ib"', 400),
        ('text/plain; charset="zlib', 400),
        ("text/plain; charset=utf-8; charset=zlib", 400),
        ("text/plain; charset=zlib; charset=utf-8", 400),
        ("; charset=zlib", 400),
        ("text/plain, text/html; charset=zlib", 400),
        ("multipart/form-data; boundary=x; charset=latin-1", 400),
        ("application/x-www-form-urlencoded; charset=utf-16", 400),
        ("text/plain; charset=no-such-charset", 400),
        ("text/plain; charset=a\0b", 400),
        ("text/plain; charset=", 400),
        ("text/plain; charset*=utf-8''zlib", 400),
        ("text/plain; name*=idna''x", 400),
        ("text/plain; charset*0*=zlib''ut; charset*1=f-8", 400),
        (f"text/plain; a*{'9' * 5000}=b", 400),
    ],
)
def test_however_it_is_spelt(content_type: str, status: int):
    assert asked("/healthz", content_type)[0] == status


@given(st.text(alphabet="abchrset=;*'\"\\ \t,()/-08%\0\xe9", max_size=60))
def test_django_can_read_whatever_is_let_through(parameters: str):
    content_type = f"text/plain;{parameters}"
    if is_utf8(content_type):
        environ = RequestFactory().get("/?word=%C3%A9").environ
        assert WSGIRequest(environ | {"CONTENT_TYPE": content_type}).GET["word"] == "é"


@pytest.mark.django_db
def test_neither_answer_nor_log_has_the_query(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    _, _, body = asked("/accounts/login/?word=hush", "text/plain; charset=zlib")
    lines = [json_of(record) for record in caplog.records]
    assert any(line.get("status") == 400 for line in lines)
    assert "hush" not in json.dumps(lines)
    assert b"hush" not in body


@pytest.mark.django_db
@pytest.mark.parametrize("charset", ["zlib", "hex", "undefined", "punycode", "idna", "utf-16"])
@pytest.mark.parametrize(
    "head",
    [
        "Content-Disposition: form-data; name=a\r\nContent-Type: text/plain; charset={}",
        "Content-Disposition: form-data; name=a; filename=b\r\nContent-Type: text/x; charset={}",
        "Content-Disposition: form-data; name=a; filename*={}''b",
        "Content-Disposition: form-data; name*={}''b",
        "Content-Disposition: form-data; name=_charset_\r\n\r\n{}\r\n--x\r\n"
        "Content-Disposition: form-data; name=a",
    ],
)
def test_the_charset_of_a_part_is_not_heeded(client: Client, head: str, charset: str):
    body = f"--x\r\n{head.format(charset)}\r\n\r\nabc\r\n--x--\r\n".encode()
    answer = client.post(
        "/accounts/login/?word=é", body, content_type="multipart/form-data; boundary=x"
    )
    assert answer.status_code == 200  # the form again: no name was typed

"""What browsers are told with every answer, and with every cookie."""

from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from tests.security.conftest import Console
from tests.security.routes import ROUTES, example
from tests.support.headers import ALWAYS

POLICY = {
    "default-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "object-src 'none'",
    "frame-ancestors 'none'",
}
OTHERS = ["/no-such", "/static/none.css", "/static/mark.svg", "/batches/%00/", "/static/"]
A_YEAR = 365 * 24 * 3600


def assert_told(answer: Any) -> None:
    assert set(answer["Content-Security-Policy"].split("; ")) == POLICY
    assert {name: answer[name] for name in ALWAYS} == ALWAYS
    assert answer["Strict-Transport-Security"] == f"max-age={A_YEAR}"
    assert len(answer["X-Request-ID"]) == 16
    assert not [name for name in answer.headers if name.startswith("Access-Control")]
    assert "X-Powered-By" not in answer


@pytest.fixture(autouse=True)
def _tls(settings: Settings) -> None:
    settings.SECURE_HSTS_SECONDS = A_YEAR


@pytest.mark.parametrize("name", ["nobody", "charlie", "ada"])
def test_every_answer_has_the_headers(name: str, console: Console):
    client = console.browser(name)
    for path in [example(route, console) for route in ROUTES] + OTHERS:
        for method in ("GET", "HEAD", "TRACE"):
            assert_told(client.generic(method, path))
        assert_told(client.post(path, {"key": console.ref(name)}))


def test_refusals_before_any_view_have_them_too(console: Console):
    client = console.browser("alice")
    assert_told(client.get("/", HTTP_HOST="evil.example"))
    assert_told(client.post("/preferences/", {"zone": "a" * 3_000_000}))
    strict = Client(enforce_csrf_checks=True)
    assert_told(strict.post("/accounts/login/", {}))


def test_an_error_of_ours_has_them_too(console: Console, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("batches.views.keys.listing.list_readable_keys", lambda user: 1 / 0)
    answer = console.browser("alice").get("/keys/")
    assert answer.status_code == 500
    assert_told(answer)


def test_no_cache_keeps_what_somebody_signed_in_was_shown(console: Console):
    client = console.browser("ada")
    for path in [example(route, console) for route in ROUTES]:
        answer = client.get(path, {"key": console.ref("ada")})
        # the session is over by then, or was never looked for
        if path not in {"/accounts/logout/", "/metrics"}:
            assert "no-store" in answer.get("Cache-Control", ""), path


def test_the_sign_in_page_is_in_no_cache_either(console: Console):
    assert "no-store" in console.browser("nobody").get("/accounts/login/")["Cache-Control"]


def test_text_names_its_charset_and_pages_their_type(console: Console):
    client = console.browser("ada")
    for path in ("/healthz", "/batches/", "/no-such", "/accounts/logout/", "/keys/"):
        answer = client.get(path, follow=path == "/batches/")
        assert answer.content, path
        assert "charset=utf-8" in answer["Content-Type"]


def test_cookies_are_tied_to_this_host_and_to_tls(console: Console, settings: Settings):
    settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    client = console.browser("nobody")
    client.get("/accounts/login/", secure=True)
    word = {"username": "alice", "password": "alice-has-a-password"}
    client.post("/accounts/login/", word, secure=True, headers={"Referer": "https://testserver/"})
    assert set(client.cookies) == {"__Host-sessionid", "__Host-csrftoken"}
    for cookie in client.cookies.values():
        assert (cookie["path"], cookie["domain"]) == ("/", "")
        assert (cookie["secure"], cookie["samesite"]) == (True, "Lax")
    assert client.cookies["__Host-sessionid"]["httponly"] is True

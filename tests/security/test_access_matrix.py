"""Every address × everybody × every method, from the URL configuration itself."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from pytest_django.fixtures import Settings

from tests.security.conftest import Console
from tests.security.routes import PEOPLE, ROUTES, example

pytestmark = pytest.mark.unmeasured  # other tests take these paths; measuring doubles the time

WITHDRAWN = ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "BREW")
FLEETING = re.compile(
    rb'data-now="[^"]*"|<code translate="no">[0-9a-f]{16}</code>|value="[A-Za-z0-9]{64}"'
)
GUARDED = [route for route in ROUTES if route != "admin/login/"]  # it is a sign-in itself
SIGN_IN, DOOR = "/accounts/login/?next=", "/admin/login/?next="


def routes(patterns: list[URLPattern | URLResolver], above: str = "") -> Iterator[str]:
    for pattern in patterns:
        route = above + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        else:
            yield route


def cells(console: Console, name: str, path: str) -> list[str]:
    """How one person is answered to GET, HEAD and POST, which comes last as it may sign out."""
    client, ref = console.browser(name), console.ref(name)
    path = f"{path}?key={ref}" if ref and not path.startswith("/admin/") else path
    return [cell(client, method, path, ref) for method in ("GET", "HEAD", "POST")]


def cell(client: Client, method: str, path: str, ref: str) -> str:
    """What it changed is undone."""
    with transaction.atomic():
        answer = client.post(path, {"key": ref}) if method == "POST" else send(client, method, path)
        answer.getvalue()  # a file is answered only when it has been read
        transaction.set_rollback(True)
    where = answer.get("Location", "")
    return (
        "in" if where.startswith(SIGN_IN) else "door" if where.startswith(DOOR) else words(answer)
    )


def send(client: Client, method: str, path: str) -> Any:
    return client.generic(method, path)


def words(answer: Any) -> str:
    """The status; a refusal must also say why."""
    if answer.status_code == 403 and answer.content:
        assert "may not" in answer.text or "administrators" in answer.text
    return str(answer.status_code)


def test_every_address_has_a_row_and_every_row_an_address():
    assert set(routes(get_resolver().url_patterns)) == set(ROUTES)


@pytest.mark.parametrize("route", ROUTES)
def test_everybody_gets_the_answer_of_the_table(route: str, console: Console, settings: Settings):
    settings.METRICS_TOKEN = "a-token"
    path = example(route, console)
    answers = [cells(console, name, path) for name in PEOPLE]
    got = [" ".join(answer) for answer in zip(*answers, strict=True)]
    read, written = ROUTES[route]
    assert got == [read, read, written]


@pytest.mark.parametrize("method", WITHDRAWN)
def test_no_address_takes_another_method(method: str, console: Console):
    paths = [example(route, console) for route in ROUTES]
    for name in ("nobody", "ada"):
        client = console.browser(name)
        assert {send(client, method, path).status_code for path in paths} == {405}


def test_metrics_open_with_their_token_and_are_not_there_without_one(
    console: Console, settings: Settings
):
    client = console.browser("nobody")
    assert client.get("/metrics").status_code == 404
    settings.METRICS_TOKEN = "a-token"
    assert client.get("/metrics", headers={"Authorization": "Bearer a-token"}).status_code == 200
    assert client.get("/metrics", headers={"Authorization": "Bearer a-toke"}).status_code == 401


@pytest.mark.parametrize("name", ["vera", "bob", "ada"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/keys/{}/replace/"),
        ("GET", "/keys/{}/share/"),
        ("GET", "/keys/{}/delete/"),
        ("POST", "/keys/{}/delete/"),
        ("POST", "/keys/{}/check/"),
    ],
)
def test_anothers_key_answers_exactly_as_an_unknown_one(
    console: Console, name: str, method: str, path: str
):
    assert_alike(console, name, method, path, str(console.keys["alice"].id))


@pytest.mark.parametrize("path", ["/operations/{}/", "/operations/{}/live/"])
def test_an_unseen_operation_answers_exactly_as_an_unknown_one(console: Console, path: str):
    assert_alike(console, "bob", "GET", path, str(console.operation.id))
    assert_alike(console, "bob", "POST", "/operations/{}/withdraw/", str(console.operation.id))


def test_anothers_view_answers_who_would_change_it_as_an_unknown_one(console: Console):
    for way in ("edit", "delete"):
        assert_alike(console, "bob", "GET", f"/views/{{}}/{way}/", console.view.slug)
    assert_alike(console, "bob", "POST", "/views/{}/update/", console.view.slug)


def assert_alike(console: Console, name: str, method: str, path: str, taken: str) -> None:
    client = console.browser(name)
    answers = [
        client.generic(method, path.format(one), content_type="application/x-www-form-urlencoded")
        for one in (taken, str(uuid4()))
    ]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert FLEETING.sub(b"", answers[0].content) == FLEETING.sub(b"", answers[1].content)
    kept = [{k: v for k, v in a.items() if k != "X-Request-ID"} for a in answers]
    assert kept[0] == kept[1]


def test_a_poll_of_somebody_signed_out_is_told_and_led_nowhere(console: Console):
    headers = {"HX-Request": "true", "X-Poll": "1"}
    for route in (r for r in GUARDED if "in" in ROUTES[r][0].split()):
        answer = console.browser("nobody").get(example(route, console), headers=headers)
        assert (answer.status_code, answer["HX-Trigger"]) == (204, "signed-out"), route
        assert "HX-Redirect" not in answer, route


def test_an_action_of_somebody_signed_out_leads_to_the_sign_in_of_this_host(console: Console):
    headers = {"HX-Request": "true", "HX-Current-URL": "https://evil.example//evil.example/a"}
    for route in (r for r in GUARDED if "in" in ROUTES[r][1].split()):
        answer = console.browser("nobody").post(example(route, console), headers=headers)
        assert answer.status_code == 204, route
        assert answer["HX-Redirect"] == "/accounts/login/?next=%2Fevil.example%2Fa", route


def test_there_is_one_sign_in_and_it_refuses_who_is_no_admin(console: Console):
    nobody = console.browser("nobody").get("/admin/", follow=True)
    assert nobody.redirect_chain[-1][0] == "/accounts/login/?next=/admin/"
    staff = console.people["bob"]
    staff.is_staff = True
    staff.save()
    refused = console.browser("bob").get("/admin/auth/user/", follow=True)
    assert refused.status_code == 403
    refused = console.browser("vera").get("/admin/", follow=True)
    assert "Only administrators" in refused.text
